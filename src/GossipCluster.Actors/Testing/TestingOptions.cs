using System.ComponentModel.DataAnnotations;

namespace GossipCluster.Actors.Testing;

/// <summary>What only tests of GossipCluster may switch on; refused where the process was not started for one.</summary>
public sealed record TestingOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:testing";

    /// <summary>The environment variable that must be 1.</summary>
    public const string Variable = "GOSSIPCLUSTER_TESTING";

    /// <summary>Whether everything between nodes goes through an adapter that tests can cut and throttle.</summary>
    /// <value>Default: off: no adapter, no door. The same on all nodes: addresses change with it.</value>
    public bool LinkFaults { get; init; }

    /// <summary>Nodes from which this one is cut off, both ways, from its start on.</summary>
    /// <value>HOST:PORT, separated by commas. Default: none.</value>
    public string Cut { get; init; } = string.Empty;

    /// <summary>Which promise this node breaks on purpose, so that checks of histories have something to find.</summary>
    /// <value>none, drop-acknowledged or resurrect. Default: none: then the store is not wrapped at all.</value>
    public Mutant Mutant { get; init; }

    /// <summary>How many pages of 4 KiB the commit log's file may have: beyond, this node's disk is full. With SQLite only. See <see cref="SmallLog"/>.</summary>
    /// <value>0 to 1 million. Default: 0: no bound but the disk's.</value>
    [Range(0, 1_000_000)]
    public int LogPagesMax { get; init; }
}

/// <summary>A promise that a node breaks on purpose. See <see cref="MutantStore"/>.</summary>
public enum Mutant
{
    /// <summary>None.</summary>
    None,

    /// <summary>Some writes are answered as written and not done.</summary>
    DropAcknowledged,

    /// <summary>Elements that were removed are added again a while later.</summary>
    Resurrect,
}
