using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <summary>A client's write: what it asked for, what became of it, and what it was told.</summary>
internal sealed class ClientOp(ulong number, int partition, DataType type, Key key, Operation operation, DotSet? observed)
{
    public ulong Number { get; } = number;

    public int Partition { get; } = partition;

    public DataType Type { get; } = type;

    public Key Key { get; } = key;

    public Operation Operation { get; } = operation;

    /// <summary>The clock of the token that the client sent.</summary>
    public DotSet? Observed { get; } = observed;

    /// <summary>For a remove of one element: the path that must be clear of all that was observed.</summary>
    public byte[]? RemovedPath { get; init; }

    public required WriteQuorum Quorum { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The nodes that took it in hand, the one that the client turned to first.</summary>
    public List<WriteAttempt> Attempts { get; } = [];

    /// <summary>What the client was told; null as long as it waits.</summary>
    public WriteOutcome? Outcome { get; set; }

    /// <summary>What is wrong with the operation itself, where the client was told that.</summary>
    public OperationProblem? Problem { get; set; }

    public bool IsAcknowledged => Attempts.Exists(attempt => attempt.IsAcknowledged);

    public bool IsRefused => Problem is not null || Outcome is WriteOutcome.NoCoordinator;

    public Delta? Delta => Attempts.Find(attempt => attempt.Delta is not null)?.Delta;

    public Write? Write => Attempts.Find(attempt => attempt.Write is not null)?.Write;

    /// <summary>Twice is as good as once.</summary>
    public bool IsRepeatable => Operation switch
    {
        Core.DataTypes.Operation.Increment or Core.DataTypes.Operation.Delete or Core.DataTypes.Operation.UpdateMap => false,
        _ => !Operation.Removes || Observed is not null,
    };
}

/// <summary>One node's part in a client's write: it brings it to its quorum, or has another node do so.</summary>
internal sealed class WriteAttempt(ulong number, ClientOp op, SimNode at, WriteAttempt? origin)
{
    /// <summary>What peers know it by; never given twice.</summary>
    public ulong Number { get; } = number;

    public ClientOp Op { get; } = op;

    public SimNode At { get; } = at;

    /// <summary>The attempt from which it was forwarded; null where the client asked here.</summary>
    public WriteAttempt? Origin { get; } = origin;

    public required WriteCoordination Machine { get; init; }

    /// <summary>How often others were asked to coordinate in this one's place, and which of those asked last has begun.</summary>
    public int TimesAsked { get; set; }

    public int LastBegun { get; set; }

    public HashSet<int> RefusedLate { get; } = [];

    public required int Life { get; init; }

    /// <summary>The preference list as the node saw it when it began.</summary>
    public required IReadOnlyList<NodeName> Members { get; init; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<NodeName> Primaries => [.. Members.Take(Op.Quorum.N)];

    /// <summary>The clock of the token, less what turned out to be nowhere any more.</summary>
    public DotSet? Observed { get; set; } = origin is null ? op.Observed : origin.Observed;

    /// <summary>What its node had, durable or staged, before it: what of the key is in that it may build on.</summary>
    public DotSet Before { get; set; } = DotSet.Empty;

    /// <summary>Handed to the own replica, which has not said how it went.</summary>
    public bool IsStaging { get; set; }

    /// <summary>Durable here.</summary>
    public bool IsCommitted { get; set; }

    public Delta? Delta { get; set; }

    public Write? Write { get; set; }

    /// <summary>The nodes that hold it and whose word counts.</summary>
    public HashSet<NodeName> Copies { get; } = [];

    /// <summary>The nodes that were sent it; with a fallback, the primary that it stands in for.</summary>
    public Dictionary<NodeName, NodeName?> Asked { get; } = [];

    /// <summary>Nodes whose first answer did not count.</summary>
    public HashSet<NodeName> AskedAgain { get; } = [];

    /// <summary>Nodes that refused a connection.</summary>
    public HashSet<NodeName> Shut { get; } = [];

    /// <summary>Its own coordination, not that of another node, has answered that it is written.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>When the next tick is due.</summary>
    public TimeSpan TickAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>Members that have yet to be asked for what the context has seen.</summary>
    public HashSet<NodeName>? PullsOpen { get; set; }

    /// <summary>Answers to questions up to this number do not count.</summary>
    public long PullsFrom { get; set; }
}
