namespace GossipCluster.Core.Feeds;

/// <summary>Bounds and times of the sources of feeds.</summary>
public sealed record FeedLimits
{
    /// <summary>Where one message of changes ends; one key's state may go beyond.</summary>
    /// <value>Bytes. Default: 64 KiB.</value>
    public int PartBytesMax { get; init; } = 64 << 10;

    /// <summary>Messages of one stream on their way that were not acknowledged; meanwhile changes gather, each key once.</summary>
    /// <value>Default: 4.</value>
    public int WindowParts { get; init; } = 4;

    /// <summary>The most keys that wait for one stream; beyond, it starts again from where it was.</summary>
    /// <value>Default: 100,000.</value>
    public int PendingKeysMax { get; init; } = 100_000;

    /// <summary>How many runs of dots a watched replica remembers the keys of.</summary>
    /// <value>Default: 4,096.</value>
    public int JournalEntriesMax { get; init; } = 4096;

    /// <summary>How long they are remembered after nobody watches any more.</summary>
    /// <value>Default: 10 minutes.</value>
    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A stream with nothing to say says so this often.</summary>
    /// <value>Default: 5 s.</value>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A stream whose reader has said nothing for so long ends.</summary>
    /// <value>Default: 20 s.</value>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a replica that has not seen all that a reader has seen waits until it has; then it says what it has.</summary>
    /// <value>Default: 2 s.</value>
    public TimeSpan CoverPatience { get; init; } = TimeSpan.FromSeconds(2);
}
