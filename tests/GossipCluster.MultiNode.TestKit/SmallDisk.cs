using System.Diagnostics;
using Xunit;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A disk of some megabytes under a node's data: a file system in memory, for which one must be root on Linux.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _folder;
    private readonly string _filler;

    private SmallDisk(string folder) => (_folder, _filler) = (folder, Path.Combine(folder, "filler"));

    /// <summary>Skips the test, and says why, where there can be none.</summary>
    public static void RequireRoot() => Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "A small disk is a mount, for which one must be root on Linux.");

    /// <summary>Puts an empty disk where a node's data will be; the node must not have been started.</summary>
    /// <param name="node">Whose data.</param>
    /// <param name="megabytes">How large.</param>
    public static SmallDisk Under(ClusterNode node, int megabytes)
    {
        ArgumentNullException.ThrowIfNull(node);
        Directory.CreateDirectory(node.DataFolder);
        Run("mount", "-t", "tmpfs", "-o", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"size={megabytes}m"), "tmpfs", node.DataFolder);
        return new SmallDisk(node.DataFolder);
    }

    /// <summary>Takes every byte that is free.</summary>
    public void Fill()
    {
        using var filler = File.Create(_filler);
        var zeros = new byte[4096];
        try
        {
            while (true) filler.Write(zeros);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives them back.</summary>
    public void Free() => File.Delete(_filler);

    /// <summary>Takes the disk away; nobody may use it any more.</summary>
    public void Dispose() => Run("umount", _folder);

    private static void Run(string command, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
