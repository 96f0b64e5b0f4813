using System.Globalization;
using GossipCluster.Cli.Processes;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A port that belongs to this test run until disposed, also while nothing listens on it.</summary>
/// <remarks>
/// Asking the system for a free port and passing on its number is a race: until the node listens, any process may be given the same one, and after a
/// kill -9 it is free again. So ports come from below the range that systems give out by themselves, and each is held by a locked file that the system
/// lets go when this process ends, however it ends.
/// </remarks>
internal sealed class PortLease : IDisposable
{
    private const int First = 21_000;
    private const int Count = 9_000;
    private static int _next = Random.Shared.Next(Count);
    private readonly FileStream _lock;

    private PortLease(int port, FileStream @lock)
    {
        Port = port;
        _lock = @lock;
    }

    public int Port { get; }

    public static PortLease Take()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "gossip-test-ports")).FullName;
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (TryLock(Path.Combine(folder, port.ToString(CultureInfo.InvariantCulture))) is not { } held) continue;
            if (Ports.IsFree(port)) return new PortLease(port, held);
            held.Dispose();
        }

        throw new InvalidOperationException($"None of the ports {First} to {First + Count - 1} is free.");
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
