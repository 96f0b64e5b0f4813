using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Audit;

/// <summary>Where an audit is.</summary>
internal enum AuditPhase
{
    /// <summary>A moment is sought at which all clocks are equal.</summary>
    Agreeing,

    /// <summary>The own tree is made of the items.</summary>
    Walking,

    /// <summary>One peer after another is compared with.</summary>
    Comparing,

    /// <summary>One key after another is repaired.</summary>
    Repairing,
}

/// <summary>What an <see cref="Auditor"/> remembers of an audit that it started.</summary>
internal sealed class RunningAudit(ulong session, IEnumerable<NodeName> peers, TimeSpan now)
{
    /// <summary>Random; each comparison has its own.</summary>
    public ulong Session { get; } = session;

    public TimeSpan StartedAt { get; } = now;

    public AuditPhase Phase { get; set; }

    /// <summary>Who is asked for a view.</summary>
    public List<NodeName> Peers { get; } = [.. peers];

    /// <summary>Who has not answered yet.</summary>
    public HashSet<NodeName> Open { get; } = [];

    /// <summary>Who has a view under the clock, in the order in which they are compared with.</summary>
    public List<NodeName> Pinned { get; } = [];

    /// <summary>Who is to be told when the views are needed no more.</summary>
    public HashSet<NodeName> Holders { get; } = [];

    /// <summary>With whom the comparison is complete.</summary>
    public List<NodeName> Compared { get; } = [];

    public AuditView? View { get; set; }

    public AuditSession? Comparison { get; set; }

    /// <summary>When something is due that nobody has answered.</summary>
    public TimeSpan DueAt { get; set; } = now;

    /// <summary>How often the question that is out was asked.</summary>
    public int Asks { get; set; }

    public long Number { get; set; }

    /// <summary>By key, what those have that differ from here.</summary>
    public Dictionary<Key, Dictionary<NodeName, UInt128>> Findings { get; } = new(Key.Comparer.Instance);

    public Queue<Key> ToRepair { get; } = new();

    public RunningRepair? Repair { get; set; }

    public bool IsCutShort { get; set; }

    public bool IsViewLost { get; set; }

    public long Repaired { get; set; }

    public int RottenLeaves { get; set; }

    public long Unexplained { get; set; }
}

/// <summary>One key that is being repaired.</summary>
internal sealed class RunningRepair(Key key, ulong op)
{
    public Key Key { get; } = key;

    /// <summary>Of the repair of the own replica.</summary>
    public ulong Op { get; } = op;

    /// <summary>What each replica that was compared has.</summary>
    public Dictionary<NodeName, UInt128> Votes { get; } = [];

    public bool HasMajority { get; set; }

    /// <summary>Whose states are still to come.</summary>
    public HashSet<NodeName> Asked { get; } = [];

    public List<Record> States { get; } = [];

    /// <summary>What the key is to be; null until the states are here.</summary>
    public Record? Record { get; set; }

    /// <summary>Who has to be repaired.</summary>
    public List<NodeName> Odd { get; } = [];

    /// <summary>Who has not said yet that it is.</summary>
    public HashSet<NodeName> Open { get; } = [];

    public List<NodeName> NotRepaired { get; } = [];
}
