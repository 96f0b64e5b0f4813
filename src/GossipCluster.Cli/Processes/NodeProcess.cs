using System.Diagnostics;
using System.Text;

namespace GossipCluster.Cli.Processes;

/// <summary>One node as a child process, its output in a file.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int TailLinesMax = 200;
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Queue<string> _tail = new();

    private NodeProcess(Process process, NodeSettings settings, string logFile, StreamWriter log)
    {
        _process = process;
        _log = log;
        Settings = settings;
        LogFile = logFile;
        Exited = WaitAsync();
    }

    public NodeSettings Settings { get; }

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Ends with the exit code; 128 + n for signal n.</summary>
    public Task<int> Exited { get; }

    public static NodeProcess Start(NodeBinary binary, NodeSettings settings, string logFile)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(logFile)!);
        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite), new UTF8Encoding(false)) { AutoFlush = true };
        var start = binary.StartInfo(settings);
        log.WriteLine($"--- {DateTimeOffset.Now:O} dotnet {string.Join(' ', start.ArgumentList)}");
        var process = Process.Start(start) ?? throw new CommandException($"{start.FileName} could not be started.");
        process.StandardInput.Close();
        return new NodeProcess(process, settings, logFile, log);
    }

    /// <summary>The last lines that the process wrote.</summary>
    public IReadOnlyList<string> Tail(int lines)
    {
        lock (_tail) return [.. _tail.TakeLast(lines)];
    }

    /// <summary>SIGKILL: no goodbye, no flush.</summary>
    public async Task KillAsync()
    {
        if (!HasExited) _process.Kill();
        await Exited;
    }

    /// <summary>Asks the process to end (SIGTERM), and kills it when it has not within <paramref name="patience"/>.</summary>
    /// <returns>False where it had to be killed.</returns>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        if (!HasExited && !OperatingSystem.IsWindows()) Signal.Terminate(Id);
        if (await Task.WhenAny(Exited, Task.Delay(patience)) == Exited) return true;
        await KillAsync();
        return false;
    }

    public void Pause()
    {
        if (!HasExited) Signal.Pause(Id);
    }

    public void Continue()
    {
        if (!HasExited) Signal.Continue(Id);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await Task.WhenAll(PumpAsync(_process.StandardOutput), PumpAsync(_process.StandardError), _process.WaitForExitAsync());
        await _log.DisposeAsync();
        return _process.ExitCode;
    }

    private async Task PumpAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_tail)
            {
                _log.WriteLine(line);
                _tail.Enqueue(line);
                if (_tail.Count > TailLinesMax) _tail.Dequeue();
            }
        }
    }
}
