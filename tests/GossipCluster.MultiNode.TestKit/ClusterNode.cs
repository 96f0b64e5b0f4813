using GossipCluster.Cli.Processes;
using GossipCluster.Client;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>One node of a cluster under test: a real process, and what a test may do to it.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly NodeBinary _binary;
    private readonly string _logFile;
    private NodeSettings _settings;
    private PortLease _http;
    private PortLease _remote;
    private NodeProcess? _process;
    private GossipClusterClient _client;

    internal ClusterNode(NodeBinary binary, string name, string folder, NetworkHost? host = null)
    {
        _binary = binary;
        _logFile = Path.Combine(folder, $"{name}.log");
        _http = PortLease.Take();
        _remote = PortLease.Take();
        _settings = new NodeSettings(name, _http.Port, _remote.Port, [], Path.Combine(folder, name));
        if (host is not null) _settings = _settings with { Host = host.Address, Launcher = host.Launcher };
        Host = host;
        _client = new GossipClusterClient(_settings.Http);
    }

    /// <summary>The node's name in the ring; the same for life.</summary>
    public string Name => _settings.Name;

    /// <summary>Base address for clients; another one after a restart on other ports.</summary>
    public Uri Url => new(_settings.Http);

    /// <summary>Where the other nodes find it: host:port.</summary>
    public string Remote => _settings.Remote;

    /// <summary>Where its data are.</summary>
    public string DataFolder => _settings.DataFolder;

    /// <summary>The host that it is, in a network of the test; null on loopback.</summary>
    public NetworkHost? Host { get; }

    /// <summary>Process id of the last start.</summary>
    public int ProcessId => Process.Id;

    /// <summary>Whether its process is there, paused or not.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>A client of this node and no other. Another one after a restart on other ports.</summary>
    public GossipClusterClient Client => _client;

    /// <summary>Ends with its exit code when the process ends.</summary>
    public Task<int> Exited => Process.Exited;

    internal string LogFile => _logFile;

    private NodeProcess Process => _process ?? throw new InvalidOperationException($"{Name} was never started.");

    /// <summary>SIGKILL: no goodbye, no flush.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>SIGTERM, and waits for the end. Fails where the node does not end by itself.</summary>
    public async Task StopAsync()
    {
        if (!await Process.StopAsync(StopPatience)) throw new InvalidOperationException($"{Name} did not stop within {StopPatience.TotalSeconds} s of SIGTERM and was killed.");
    }

    /// <summary>SIGSTOP: to others it looks like a machine that hangs; connections stay open and nothing answers.</summary>
    public async Task PauseAsync()
    {
        Process.Pause();

        // The signal is on its way; the process is stopped when the kernel says so, after its name in parentheses.
        if (!OperatingSystem.IsLinux()) return;
        await Eventually.TrueAsync(
            async token => (await File.ReadAllTextAsync($"/proc/{Process.Id}/stat", token)) is var stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T') ? null : "it still runs",
            TimeSpan.FromSeconds(5));
    }

    /// <summary>SIGCONT: goes on as if nothing had been.</summary>
    public Task ResumeAsync()
    {
        Process.Continue();
        return Task.CompletedTask;
    }

    /// <summary>Starts it again with the same name and data.</summary>
    /// <param name="otherPorts">Under another address, as a container that moved.</param>
    /// <param name="emptyDisk">Without its data, as a machine that was replaced.</param>
    /// <param name="disk">With this data, from <see cref="CopyDisk"/>, as from a backup.</param>
    /// <param name="host">On another address of the loopback range, as a container that moved.</param>
    public async Task RestartAsync(bool otherPorts = false, bool emptyDisk = false, string? disk = null, string? host = null)
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} is running; kill or stop it first.");
        if (_process is not null) await _process.DisposeAsync();
        if ((emptyDisk || disk is not null) && Directory.Exists(_settings.DataFolder)) Directory.Delete(_settings.DataFolder, recursive: true);
        if (disk is not null) CopyFolder(disk, _settings.DataFolder);
        if (otherPorts)
        {
            _http.Dispose();
            _remote.Dispose();
            _http = PortLease.Take();
            _remote = PortLease.Take();
            _settings = _settings with { HttpPort = _http.Port, RemotePort = _remote.Port };
        }

        if (host is not null) _settings = _settings with { Host = host };
        if (otherPorts || host is not null)
        {
            _client.Dispose();
            _client = new GossipClusterClient(_settings.Http);
        }

        Start();
    }

    /// <summary>A copy of its data, beside it. It must not be running.</summary>
    public string CopyDisk()
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} is running; kill or stop it first.");
        var copy = $"{_settings.DataFolder}-copy-{Guid.NewGuid():n}";
        CopyFolder(_settings.DataFolder, copy);
        return copy;
    }

    /// <summary>Waits until it serves. Fails at once where the process ends instead.</summary>
    public Task WaitReadyAsync(TimeSpan within, CancellationToken cancel = default) => Eventually.TrueAsync(
        async token =>
        {
            if (!IsRunning) throw new InvalidOperationException($"{Name} ended with exit code {await Exited}.");
            var readiness = await _client.ReadinessAsync(token);
            return readiness.IsReady ? null : $"{Name}: {readiness.Sentence}";
        },
        within,
        cancel);

    /// <summary>The last lines that it wrote.</summary>
    public IReadOnlyList<string> LogTail(int lines) => _process?.Tail(lines) ?? [];

    /// <summary>Kills the process, by its id, and lets its ports go.</summary>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is not null) await _process.DisposeAsync();
        _http.Dispose();
        _remote.Dispose();
    }

    /// <summary>Everything that it wrote since it was first started.</summary>
    public async Task<string> LogAsync(CancellationToken cancel = default)
    {
        using var log = new StreamReader(new FileStream(_logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return await log.ReadToEndAsync(cancel);
    }

    internal Func<IReadOnlyDictionary<string, string>> EnvironmentAtStart { get; set; } = () => new Dictionary<string, string>(StringComparer.Ordinal);

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    /// <summary>With what it is started, each time.</summary>
    internal void Prepare(IReadOnlyList<string> seeds, IReadOnlyList<string> extra) => _settings = _settings with { Seeds = seeds, Extra = extra };

    internal void Start() => _process = NodeProcess.Start(_binary, _settings with { Environment = EnvironmentAtStart() }, _logFile);
}
