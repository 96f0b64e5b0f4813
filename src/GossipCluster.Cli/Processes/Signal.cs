using System.Runtime.InteropServices;

namespace GossipCluster.Cli.Processes;

/// <summary>Unix signals to one process by its id.</summary>
internal static partial class Signal
{
    public static void Terminate(int pid) => Send(pid, 15);

    public static void Kill(int pid) => Send(pid, 9);

    /// <summary>Stops the process where it is, until <see cref="Continue"/>: to its peers it looks like a machine that hangs.</summary>
    public static void Pause(int pid) => Send(pid, OperatingSystem.IsLinux() ? 19 : 17);

    public static void Continue(int pid) => Send(pid, OperatingSystem.IsLinux() ? 18 : 19);

    // ESRCH, "no such process", is no error here: what was to be ended or stopped has ended.
    private static void Send(int pid, int signal) => _ = SendSignal(pid, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
