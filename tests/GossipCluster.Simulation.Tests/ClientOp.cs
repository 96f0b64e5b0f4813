using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <summary>A client's write while it is under way, and as it is remembered afterwards.</summary>
internal sealed class ClientOp(ulong number, int partition, DataType type, Key key, Operation operation, DotSet? observed)
{
    public ulong Number { get; } = number;

    public int Partition { get; } = partition;

    public DataType Type { get; } = type;

    public Key Key { get; } = key;

    public Operation Operation { get; } = operation;

    /// <summary>The clock of the token that the client sent, less what turned out to be nowhere any more.</summary>
    public DotSet? Observed { get; set; } = observed;

    /// <summary>For a remove of one element: the path that must be clear of all that was observed.</summary>
    public byte[]? RemovedPath { get; init; }

    public Write? Write { get; set; }

    /// <summary>What its coordinator had, durable or staged, before it.</summary>
    public DotSet? Before { get; set; }

    /// <summary>The writes of the key in that: what it may build on.</summary>
    public IReadOnlyList<Write> Past { get; set; } = [];

    /// <summary>The nodes that hold it and whose word counts.</summary>
    public HashSet<NodeName> Copies { get; } = [];

    public int CopiesNeeded { get; set; }

    public bool IsAcknowledged { get; set; }

    public bool IsShort { get; set; }

    public HashSet<NodeName> Asked { get; } = [];

    public Delta? Delta { get; set; }

    public bool IsRefused { get; set; }

    /// <summary>Members that have yet to be asked for what the context has seen.</summary>
    public HashSet<NodeName>? PullsOpen { get; set; }

    /// <summary>Answers to questions up to this number do not count.</summary>
    public long PullsFrom { get; set; }
}
