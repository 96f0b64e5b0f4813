using System.ComponentModel;
namespace GossipCluster.Actors.Storage;

/// <summary>Which database holds a node's log and snapshots.</summary>
public enum StorageProvider
{
    /// <summary>Two files in the node's own directory: nothing to install, nothing to run.</summary>
    Sqlite,

    /// <summary>A server, for those who have one and its backups.</summary>
    PostgreSql,
}

/// <summary>Settings of a node's storage; nodes need not agree. What is not browsable, the node's own options say.</summary>
public sealed record StorageOptions
{
    /// <summary>Where these settings are found.</summary>
    public const string Section = "gossip-cluster:storage";

    private const int KiB = 1 << 10;
    private const int MiB = 1 << 20;

    /// <summary>Which database.</summary>
    /// <value>Default: <see cref="StorageProvider.Sqlite"/>, which is there already.</value>
    [Browsable(false)]
    public StorageProvider Provider { get; init; } = StorageProvider.Sqlite;

    /// <summary>Where the files are, with SQLite; made where it is missing. One node's alone: a lock in it says so.</summary>
    /// <value>A path. Default: <c>data</c> in the working directory.</value>
    [Browsable(false)]
    public string DataDirectory { get; init; } = "data";

    /// <summary>How to reach PostgreSQL, as Npgsql has it. SQLite needs none.</summary>
    [Browsable(false)]
    public string ConnectionString { get; init; } = "";

    /// <summary>Whose rows these are, where nodes share a database: a prefix of every id in it. With SQLite nobody shares.</summary>
    /// <value>Up to 64 characters. Default: none. With PostgreSQL: the node's name.</value>
    [Browsable(false)]
    public string Owner { get; init; } = "";

    /// <summary>Where one event of the log ends; a single append may go beyond.</summary>
    /// <value>1 KiB to 64 MiB. Default: 1 MiB: ten thousand small deltas, and still a row that a database likes.</value>
    public int EventBytesMax { get; init; } = MiB;

    /// <summary>How long after an event the next one waits for more, under load.</summary>
    /// <value>0 to 1 second. Default: 1 ms: a third fewer events, each fuller, and so more throughput and less latency where the processors are busy.</value>
    public TimeSpan GatherTime { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Load is where an event had this many batches.</summary>
    /// <value>1 to 1 million. Default: 8: a handful of clients are answered as fast as the disk allows.</value>
    public int GatherBatchesMin { get; init; } = 8;

    /// <summary>Bytes that may wait for the disk before shards are told to refuse writes. What was sent before is still taken.</summary>
    /// <value>64 KiB to 4 GiB. Default: 64 MiB, half a second of a fast disk and a minute of a slow one.</value>
    public long AppendBytesMax { get; init; } = 64 * MiB;

    /// <summary>How long one write may take before shards are told to refuse writes.</summary>
    /// <value>10 ms to 1 minute. Default: 2 seconds, a thousand times what a write takes on a healthy disk.</value>
    public TimeSpan WriteOverdueAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>When the journal gives a call up, with an outcome that nobody knows.</summary>
    /// <value>100 ms to 10 minutes. Default: 30 seconds: a disk that hangs shorter than that costs waiting and nothing else.</value>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>With PostgreSQL: how often a node that writes nothing makes sure that its connection is there, and with it its lock. Each event does so, too.</summary>
    /// <value>100 ms to 1 hour. Default: 5 seconds.</value>
    public TimeSpan LockCheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long reading back waits for the next event.</summary>
    /// <value>100 ms to 1 hour. Default: 2 minutes, for a database that has to recover itself first.</value>
    public TimeSpan RecoveryEventTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long to wait before the first new attempt after a failure; doubled for each one after it.</summary>
    /// <value>10 ms up to <see cref="BackoffMax"/>. Default: 200 ms.</value>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between attempts.</summary>
    /// <value>From <see cref="BackoffMin"/> to 10 minutes. Default: 10 seconds: what an operator repairs is noticed soon.</value>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most bytes that all facts together may have.</summary>
    /// <value>64 KiB to 256 MiB. Default: 8 MiB. All of them are written anew with each snapshot.</value>
    public int FactsBytesMax { get; init; } = 8 * MiB;

    /// <summary>Where one chunk of a snapshot ends; one record may go beyond.</summary>
    /// <value>1 KiB to 64 MiB. Default: 1 MiB.</value>
    public int SnapshotChunkBytesMax { get; init; } = MiB;

    /// <summary>Snapshots begin when the log is longer than this, in bytes, and than <see cref="TailPercentOfSnapshots"/> says.</summary>
    /// <value>16 KiB to 1 TiB. Default: 64 MiB, one or two seconds of the next start.</value>
    public long TailBytesMax { get; init; } = 64 * MiB;

    /// <summary>How long the log may be for what the snapshots have in bytes: a share of it, in percent.</summary>
    /// <value>0 to 10,000. Default: 100: each byte logged is written at most once more, however large the store is.</value>
    public int TailPercentOfSnapshots { get; init; } = 100;

    /// <summary>Snapshots begin, too, when the log has more events than this.</summary>
    /// <value>100 to 100 million. Default: 200,000, some seconds of the next start.</value>
    public long TailEventsMax { get; init; } = 200_000;

    /// <summary>How long a shard may take for the next chunk of a snapshot before that snapshot is dropped.</summary>
    /// <value>100 ms to 1 hour. Default: 1 minute.</value>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait before the next chunk of a snapshot where the log has work: snapshots are for slack time, though never for no time.</summary>
    /// <value>0 to 10 seconds. Default: 20 ms.</value>
    public TimeSpan SnapshotPause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The most bytes that are cut off the log, or given back to the file system, in one step. Appends wait for a step.</summary>
    /// <value>64 KiB to 1 GiB. Default: 16 MiB, some ten milliseconds.</value>
    public int CutBytesMax { get; init; } = 16 * MiB;

    /// <summary>Free bytes that a file keeps for later before it gives any back.</summary>
    /// <value>From 0. Default: 64 MiB: a log that is cut and grows again uses the same pages.</value>
    public long FreeBytesMax { get; init; } = 64 * MiB;

    /// <summary>How many replicas are rebuilt at once when a node starts.</summary>
    /// <value>0 to 64. Default: 0, one a processor, at most 8.</value>
    public int RecoveryLaneCount { get; init; }

    /// <summary>About how many bytes of the log are asked for at once when a node starts; two such windows may be in memory.</summary>
    /// <value>64 KiB to 1 GiB. Default: 16 MiB.</value>
    public int RecoveryWindowBytes { get; init; } = 16 * MiB;

    /// <summary>What is wrong with these settings, as sentences; empty where nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Provider is not (StorageProvider.Sqlite or StorageProvider.PostgreSql)) problems.Add($"{nameof(Provider)}: Sqlite or PostgreSql, not {Provider}.");
        if (Provider == StorageProvider.Sqlite && string.IsNullOrWhiteSpace(DataDirectory)) problems.Add($"{nameof(DataDirectory)}: SQLite needs a directory.");
        if (Provider == StorageProvider.PostgreSql && string.IsNullOrWhiteSpace(ConnectionString)) problems.Add($"{nameof(ConnectionString)}: PostgreSQL needs one.");
        if (Owner.Length > 64) problems.Add($"{nameof(Owner)}: up to 64 characters, not {Owner.Length}.");
        Check(EventBytesMax, KiB, 64 * MiB, nameof(EventBytesMax));
        Check(AppendBytesMax, 64 * KiB, 4096L * MiB, nameof(AppendBytesMax));
        CheckTime(WriteOverdueAfter, 0.01, 60, nameof(WriteOverdueAfter));
        CheckTime(CallTimeout, 0.1, 600, nameof(CallTimeout));
        CheckTime(LockCheckInterval, 0.1, 3600, nameof(LockCheckInterval));
        CheckTime(RecoveryEventTimeout, 0.1, 3600, nameof(RecoveryEventTimeout));
        CheckTime(BackoffMin, 0.01, BackoffMax.TotalSeconds, nameof(BackoffMin));
        CheckTime(BackoffMax, 0.01, 600, nameof(BackoffMax));
        Check(FactsBytesMax, 64 * KiB, 256 * MiB, nameof(FactsBytesMax));
        Check(SnapshotChunkBytesMax, KiB, 64 * MiB, nameof(SnapshotChunkBytesMax));
        Check(TailBytesMax, 16 * KiB, 1L << 40, nameof(TailBytesMax));
        Check(TailPercentOfSnapshots, 0, 10_000, nameof(TailPercentOfSnapshots));
        Check(TailEventsMax, 100, 100_000_000, nameof(TailEventsMax));
        CheckTime(SnapshotTimeout, 0.1, 3600, nameof(SnapshotTimeout));
        CheckTime(SnapshotPause, 0, 10, nameof(SnapshotPause));
        Check(CutBytesMax, 64 * KiB, 1024 * MiB, nameof(CutBytesMax));
        Check(FreeBytesMax, 0, long.MaxValue, nameof(FreeBytesMax));
        CheckTime(GatherTime, 0, 1, nameof(GatherTime));
        Check(GatherBatchesMin, 1, 1_000_000, nameof(GatherBatchesMin));
        Check(RecoveryLaneCount, 0, 64, nameof(RecoveryLaneCount));
        Check(RecoveryWindowBytes, 64 * KiB, 1024 * MiB, nameof(RecoveryWindowBytes));
        return problems;

        void Check(long value, long min, long max, string name)
        {
            if (value < min || value > max) problems.Add($"{name}: {min} to {max}, not {value}.");
        }

        void CheckTime(TimeSpan value, double min, double max, string name)
        {
            if (value.TotalSeconds < min || value.TotalSeconds > max) problems.Add(FormattableString.Invariant($"{name}: {min} to {max} seconds, not {value.TotalSeconds}."));
        }
    }

    /// <summary>These settings, where nothing is wrong with them.</summary>
    /// <exception cref="InvalidOperationException">Something is; the message says all of it.</exception>
    public StorageOptions Validated() =>
        Problems() is { Count: > 0 } problems ? throw new InvalidOperationException($"{Section}: {string.Join(' ', problems)}") : this;
}
