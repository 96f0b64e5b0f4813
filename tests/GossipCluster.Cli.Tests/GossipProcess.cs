using System.Diagnostics;
using System.Text.Json;
using GossipCluster.Cli.Processes;

namespace GossipCluster.Cli.Tests;

/// <summary>The command <c>gossip</c> as a process, with stand-ins for nodes.</summary>
internal sealed class GossipProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly Task<string> _errors;

    public GossipProcess(string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in args.Prepend(StandIns.Gossip)) start.ArgumentList.Add(argument);
        start.Environment[NodeBinary.Variable] = StandIns.Binary;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>The next event of <c>dev --output json</c>.</summary>
    public async Task<JsonElement> EventAsync(string name, CancellationToken cancel)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Patience, cancel) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("event").GetString() == name) return json.RootElement.Clone();
        }

        throw new InvalidOperationException($"gossip ended without the event '{name}': {await _errors}");
    }

    /// <summary>Waits for the end: exit code, the rest of the output, errors.</summary>
    public async Task<(int Code, string Output, string Errors)> EndAsync(CancellationToken cancel)
    {
        var output = await _process.StandardOutput.ReadToEndAsync(cancel).WaitAsync(Patience, cancel);
        await _process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        return (_process.ExitCode, output, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
