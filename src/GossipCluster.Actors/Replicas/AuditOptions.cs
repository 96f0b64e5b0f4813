using System.ComponentModel.DataAnnotations;
using GossipCluster.Core.Audit;

namespace GossipCluster.Actors.Replicas;

/// <summary>Settings of the audit, which compares replicas of equal clocks item by item. Nodes need not agree.</summary>
public sealed record AuditOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:audit";

    /// <summary>Whether replicas are audited now and then. Audits that somebody asks for are done all the same.</summary>
    /// <value>Default: on.</value>
    public bool Enabled { get; init; } = true;

    /// <summary>How often each partition is audited, whichever of its replicas starts it.</summary>
    /// <value>1 s to 30 days. Default: 1 hour. An audit reads all items of a partition on every replica: some 0.3 microseconds of processor time each.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Audits that one shard has under way; others wait for their turn.</summary>
    /// <value>1 to 1,000. Default: 2: one works while another waits for an answer.</value>
    [Range(1, 1_000)]
    public int AuditsMax { get; init; } = 2;

    /// <summary>How many keys are looked at in one step, of which there are at most four in 20 ms; requests wait so long.</summary>
    /// <value>1 to 1 million. Default: 4,096, about two milliseconds.</value>
    [Range(1, 1_000_000)]
    public int KeysPerStep { get; init; } = AuditorOptions.Default.KeysPerStep;

    /// <summary>With more requests of clients under way than this a shard takes only one step in eight.</summary>
    /// <value>0 to 1 million. Default: 64.</value>
    [Range(0, 1_000_000)]
    public int SlackRequestsMax { get; init; } = 64;

    /// <summary>How long a moment is sought at which the clocks are equal; then those are compared that are.</summary>
    /// <value>10 ms to 1 hour. Default: 10 s: under load there are many such moments in a second.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan AgreementTimeout { get; init; } = AuditorOptions.Default.AgreementTimeout;

    /// <summary>How long an answer is waited for before the question is repeated; after three times a peer is left out.</summary>
    /// <value>10 ms to 10 minutes. Default: 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan AnswerTimeout { get; init; } = AuditorOptions.Default.AnswerTimeout;

    /// <summary>The most keys that one audit repairs; what is beyond is left to the next.</summary>
    /// <value>1 to 1 million. Default: 10,000.</value>
    [Range(1, 1_000_000)]
    public int FindingsMax { get; init; } = AuditorOptions.Default.FindingsMax;

    /// <summary>The same for the core.</summary>
    internal AuditorOptions Core => AuditorOptions.Default with
    {
        KeysPerStep = KeysPerStep,
        AgreementTimeout = AgreementTimeout,
        AnswerTimeout = AnswerTimeout,
        FindingsMax = FindingsMax,
    };
}
