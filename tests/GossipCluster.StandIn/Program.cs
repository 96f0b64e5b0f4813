// A process with a node's command line and a few of its answers, and nothing behind them: no replication, no disk but a counter file.
// The tests of the command line and of the test kit start it where they are about processes, ports and signals, not about data.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

var options = args.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
var name = options["--name"];
var remote = IPEndPoint.Parse(options["--remote"]);
var seeds = options["--seeds"].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPEndPoint.Parse).ToArray();
var counterFile = Path.Combine(Directory.CreateDirectory(options["--data"]).FullName, "counter");

if (options.TryGetValue("--parent", out var parent)) _ = WatchParentAsync(int.Parse(parent, CultureInfo.InvariantCulture));
if (Environment.GetEnvironmentVariable("STAND_IN_DIES") == name)
{
    Console.Error.WriteLine("This stand-in was told to die.");
    return 7;
}

// The other nodes learn a name by connecting: that is all there is of membership.
var listener = new TcpListener(remote);
listener.Start();
_ = TellNameAsync();

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls(options["--http"]);
var app = builder.Build();
var turn = new Lock();
var total = File.Exists(counterFile) ? long.Parse(await File.ReadAllTextAsync(counterFile), CultureInfo.InvariantCulture) : 0;

app.MapGet("/health/ready", () => "ready\n");
app.MapGet("/cluster/members", async () => (await Task.WhenAll(seeds.Select(AskNameAsync)))
    .OfType<string>().Select(member => new { name = member, reachable = true, http = (string?)null, remote = (string?)null }));
app.MapGet("/types/counters/buckets/{bucket}/datatypes/{key}", () => new { type = "counter", value = total });
app.MapPost("/types/counters/buckets/{bucket}/datatypes/{key}", (JsonElement operation) =>
{
    lock (turn)
    {
        total += operation.GetProperty("increment").GetInt64();
        File.WriteAllText(counterFile, total.ToString(CultureInfo.InvariantCulture));
    }

    return Results.NoContent();
});
app.MapPost("/batch", (JsonElement batch) => new { results = batch.GetProperty("operations").EnumerateArray().Select(_ => new { status = 204 }).ToArray() });

Console.WriteLine($"{name} serves {options["--http"]}");
await app.RunAsync();
Console.WriteLine($"{name} stopped");
return 0;

async Task TellNameAsync()
{
    while (true)
    {
        using var peer = await listener.AcceptTcpClientAsync();
        await peer.GetStream().WriteAsync(Encoding.UTF8.GetBytes(name));
    }
}

static async Task<string?> AskNameAsync(IPEndPoint seed)
{
    try
    {
        using var peer = new TcpClient();
        await peer.ConnectAsync(seed);
        using var reader = new StreamReader(peer.GetStream());
        return await reader.ReadToEndAsync();
    }
    catch (SocketException)
    {
        return null;
    }
}

static async Task WatchParentAsync(int pid)
{
    using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
    while (await timer.WaitForNextTickAsync())
    {
        try
        {
            Process.GetProcessById(pid).Dispose();
        }
        catch (ArgumentException)
        {
            Environment.Exit(0);
        }
    }
}
