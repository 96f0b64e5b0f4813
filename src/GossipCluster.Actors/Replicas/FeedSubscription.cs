using GossipCluster.Actors.Feeds;
using GossipCluster.Core.Causality;

namespace GossipCluster.Actors.Replicas;

/// <summary>A stream of changes that comes in.</summary>
internal abstract class FeedInlet
{
    /// <summary>What says where it comes from.</summary>
    public abstract FeedSubscription Subscription { get; }

    /// <summary>Its number; 0 while it does not run.</summary>
    public ulong Call { get; set; }

    /// <summary>Of the last part.</summary>
    public int Number { get; set; }

    public TimeSpan HeardAt { get; set; }

    public TimeSpan AckedAt { get; set; }
}

/// <summary>One scope in one partition, as it changes.</summary>
internal sealed class FeedSubscription(FeedHub hub, ReplicaAddress address) : FeedInlet
{
    private readonly Dictionary<NodeName, TimeSpan> _avoided = [];

    public FeedHub Hub { get; } = hub;

    public ReplicaAddress Address { get; } = address;

    public override FeedSubscription Subscription => this;

    /// <summary>Whose replica is followed; null where there is none.</summary>
    public NodeName? Source { get; set; }

    /// <summary>It has said where it is.</summary>
    public bool IsHeard { get; set; }

    /// <summary>The effect of every dot in it has come; null before the first word of the first source.</summary>
    public DotSet? Position { get; set; }

    /// <summary>And what was told of beyond that, perhaps in part.</summary>
    public DotSet? Seen { get; set; }

    /// <summary>Catch-ups that run beside it.</summary>
    public HashSet<FeedCatchUp> Running { get; } = [];

    /// <summary>When a source is looked for again.</summary>
    public TimeSpan RetryAt { get; set; }

    public void Avoid(NodeName node, TimeSpan until) => _avoided[node] = until;

    public bool Avoids(NodeName node, TimeSpan now) => _avoided.TryGetValue(node, out var until) && now < until;
}

/// <summary>What one watcher is told before it only hears of changes, out of one partition.</summary>
internal sealed class FeedCatchUp(FeedSubscription subscription, FeedWatch watch, FeedWish wish) : FeedInlet
{
    public override FeedSubscription Subscription { get; } = subscription;

    public FeedWatch Watch { get; } = watch;

    public FeedWish Wish { get; } = wish;

    /// <summary>All was told.</summary>
    public bool IsDone { get; set; }
}
