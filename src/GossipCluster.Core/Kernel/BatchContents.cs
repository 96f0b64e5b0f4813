namespace GossipCluster.Core.Kernel;

/// <summary>What a batch holds. A replica's batches follow one another and use the same few of these in turn, so that a small batch costs no memory.</summary>
internal sealed class BatchContents
{
    /// <summary>Never added to.</summary>
    public static readonly BatchContents Nothing = new();

    // What once held a flood is left to the collector: a replica at rest is to be small.
    private const int ReusedRecordsMax = 256;

    public List<Record> Records { get; } = [];

    /// <summary>The keys that change, as they are then.</summary>
    public Dictionary<Key, ItemTree> Trees { get; } = new(Key.Comparer.Instance);

    /// <summary>For the log; their ranges are what the clock takes in.</summary>
    public List<LogEntry> LogEntries { get; } = [];

    public List<TransferChunk> Chunks { get; } = [];

    public List<(ulong KeyHash, UInt128 Difference)> Audit { get; } = [];

    /// <summary>These contents emptied where they are small enough to be kept, otherwise new ones.</summary>
    public BatchContents Reused()
    {
        if (Records.Count > ReusedRecordsMax || Trees.Count > ReusedRecordsMax || LogEntries.Count > ReusedRecordsMax || Audit.Count > ReusedRecordsMax || Chunks.Count > 0) return new BatchContents();
        Records.Clear();
        Trees.Clear();
        LogEntries.Clear();
        Audit.Clear();
        return this;
    }
}
