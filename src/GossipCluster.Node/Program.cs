using GossipCluster.Node;

var command = NodeSettings.Command(async (parsed, cancel) =>
{
    List<string> errors = [];
    if (NodeSettings.Load(parsed, Environment.GetEnvironmentVariables(), errors) is not { } settings) return Complain(errors);

    if (Preflight.ErrorsOf(settings.Options).ToList() is { Count: > 0 } obstacles) return Complain(obstacles, ExitCode.Failed);

    var exit = new ExitCode();
    await using var app = NodeHost.Build(settings, exit);
    await app.RunAsync(cancel);
    return exit.Value;
});

var result = command.Parse(args);
if (result.Errors.Count > 0) return Complain(result.Errors.Select(error => error.Message));

// SIGTERM and Ctrl-C are the host's, which stops in order.
return await result.InvokeAsync(new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });

static int Complain(IEnumerable<string> errors, int exitCode = ExitCode.BadOptions)
{
    foreach (var error in errors) Console.Error.WriteLine(error);
    return exitCode;
}
