using Record = GossipCluster.Core.Kernel.Record;
using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <summary>A client's read, coordinated by the node that it turned to.</summary>
internal sealed class ClientRead(SimNode at, int partition, Key key, DataType type, ReadQuorum quorum, DotSet? token)
{
    public SimNode At { get; } = at;

    public int Partition { get; } = partition;

    public Key Key { get; } = key;

    public DataType Type { get; } = type;

    public ReadQuorum Quorum { get; } = quorum;

    /// <summary>The client wants to see at least what it has seen.</summary>
    public DotSet? Token { get; } = token;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    public ReadCoordination Machine { get; set; } = null!;

    /// <summary>When the next tick is due.</summary>
    public TimeSpan TickAt { get; set; } = TimeSpan.MaxValue;

    public ReadOutcome? Outcome { get; set; }

    /// <summary>The join of the answer's states; null before the answer.</summary>
    public KeyReader? Joined { get; set; }

    public DotSet Clock => Joined?.Clock ?? DotSet.Empty;

    /// <summary>What the nodes have said, in that order.</summary>
    public List<KeyAnswer> Answers { get; } = [];

    /// <summary>The primaries as the coordinator saw them when it began.</summary>
    public NodeName[] Primaries { get; set; } = [];

    /// <summary>Primaries that have had the datum, and have been reachable, since the read began.</summary>
    public HashSet<NodeName> Witnesses { get; set; } = [];

    /// <summary>The writes of the key that primaries had when the read began, and which did.</summary>
    public List<(Write Write, List<NodeName> Holders)> Held { get; } = [];

    /// <summary>What had been lost and let go of when it began.</summary>
    public int LossesBefore { get; set; }
}

/// <summary>What one node has of a key, durably.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Digest">Of clock and state.</param>
/// <param name="HasDatum">It has live items of the key.</param>
/// <param name="Behind">It knows that it lacks something.</param>
/// <param name="Clock">Its clock; null in a digest.</param>
/// <param name="State">Its state; null in a digest.</param>
/// <param name="Folds">The names that a reader needs to understand it.</param>
internal sealed record KeyAnswer(NodeName Node, UInt128 Digest, bool HasDatum, bool Behind, DotSet Clock, Record? State, IReadOnlyList<Record> Folds);

/// <summary>Answered by <see cref="KeyAnswer"/>.</summary>
internal sealed record KeyAsk(bool IsForState);

/// <summary>From a coordinator: send a primary what it was seen to lack of a key.</summary>
internal sealed record RepairAsk;
