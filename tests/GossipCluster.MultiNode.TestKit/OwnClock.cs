using System.Globalization;
using Xunit;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A clock of its own for a node's process, which a test sets: libfaketime between the process and the system. Monotonic time stays what it is.</summary>
public sealed class OwnClock : IDisposable
{
    private static readonly string[] Places = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime", "/usr/lib/faketime"];
    private readonly string _file = Path.GetTempFileName();

    /// <summary>A clock that is off by so much.</summary>
    public OwnClock(TimeSpan offset) => Set(offset);

    /// <summary>What the node's process needs in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["LD_PRELOAD"] = Library!,
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };

    /// <summary>Skips the test, and says why, where there can be none.</summary>
    public static void Require() => Assert.SkipUnless(Library is not null, "Clocks are moved by libfaketime (apt-get install faketime), which is not here.");

    /// <summary>From now on the clock is off by so much: it jumps.</summary>
    public void Set(TimeSpan offset)
    {
        // The process reads the file whenever it asks for the time: never half of it.
        var next = _file + ".next";
        File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? "-" : "+")}{(long)offset.Duration().TotalSeconds}\n"));
        File.Move(next, _file, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(_file);

    private static string? Library => OperatingSystem.IsLinux() ? Places.Select(place => Path.Combine(place, "libfaketimeMT.so.1")).FirstOrDefault(File.Exists) : null;
}
