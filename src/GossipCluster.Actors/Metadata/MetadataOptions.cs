using System.ComponentModel.DataAnnotations;

namespace GossipCluster.Actors.Metadata;

/// <summary>How this node spreads ring, bucket types and node facts. Nodes need not agree.</summary>
public sealed record MetadataOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:metadata";

    /// <summary>How long the first seed waits for the others to say that they know a cluster, before it forms one.</summary>
    /// <value>0 to 10 minutes. Default: 2 s; seeds that answer are not waited for.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan SeedTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How soon a node without a ring asks its seeds again; each time the wait doubles.</summary>
    /// <value>10 ms to 1 minute. Default: 250 ms, so that nodes that start together find each other within a second.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ContactInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two questions to the seeds.</summary>
    /// <value>10 ms to 10 minutes. Default: 4 s: a seed may be away for hours, and asking costs a packet.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan ContactIntervalMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long after a change digests are compared with peers. The change itself is told at once; this finds what was lost.</summary>
    /// <value>10 ms to 1 minute. Default: 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ExchangeDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a digest goes to one peer although nothing has changed.</summary>
    /// <value>100 ms to 1 hour. Default: 15 s, the backstop: a digest is some 50 bytes.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ExchangeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>To how many peers digests go after a change.</summary>
    /// <value>1 to 1024. Default: 8: all of a small cluster, and enough for a rumour in a large one.</value>
    [Range(1, 1024)]
    public int ExchangeFanout { get; init; } = 8;

    /// <summary>How long a change of bucket types or bucket properties waits for the nodes that this one reaches, to say that it is in force there too.</summary>
    /// <value>0 to 1 minute. Default: 2 s, as long as it may take to see that a node is gone.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan SpreadWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After which a write that the storage has not confirmed is handed to it again.</summary>
    /// <value>1 s to 10 minutes. Default: 30 s, beyond the journal's own patience; writing twice does no harm.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WriteRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether metadata goes through Akka.DistributedData too, beside the links.</summary>
    /// <value>Default: on: another way for the same news, useful where two nodes have no link.</value>
    public bool DistributedData { get; init; } = true;
}
