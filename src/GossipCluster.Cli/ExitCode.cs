namespace GossipCluster.Cli;

/// <summary>What the process ends with; documented in docs/cli.md and stable.</summary>
internal static class ExitCode
{
    /// <summary>Done as asked.</summary>
    public const int Done = 0;

    /// <summary>It could not be done; a sentence on standard error says why and what to do next.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>Done, but not without failures: operations that failed (bench), a node that ended by itself (dev), a cluster that is not whole (status).</summary>
    public const int WithFailures = 3;

    /// <summary>The change of the ring is made, and the data had not followed it when the time was over (leave, join, weight with --wait).</summary>
    public const int NotYet = 4;

    /// <summary>Interrupted before its end (bench); what was measured until then is printed.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a command with a sentence for the user in place of a stack trace.</summary>
internal sealed class CommandException(string sentence, int exitCode = ExitCode.Failed) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;
}
