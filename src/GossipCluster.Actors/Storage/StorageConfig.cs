using System.Globalization;
using Akka.Configuration;
using Microsoft.Data.Sqlite;

namespace GossipCluster.Actors.Storage;

/// <summary>What Akka.Persistence.Sql is told, made out of <see cref="StorageOptions"/>.</summary>
public static class StorageConfig
{
    /// <summary>The journal's place in the configuration.</summary>
    public const string JournalPluginId = "gossip-cluster.storage.journal";

    /// <summary>The snapshot store's place in the configuration.</summary>
    public const string SnapshotPluginId = "gossip-cluster.storage.snapshots";

    internal const string LogFile = "log.db";
    internal const string SnapshotFile = "snapshots.db";

    /// <summary>The configuration of both plugins and of our serializer, to be put before the rest of a node's.</summary>
    /// <exception cref="InvalidOperationException">The options are wrong; the message says all of it.</exception>
    public static Config Hocon(StorageOptions options)
    {
        options.Validated();
        return ConfigurationFactory.ParseString($$"""
            akka.actor {
              serializers.gossip-storage = "{{NameOf<StorageSerializer>()}}"
              serialization-bindings {
                "{{NameOf<CommitLogEvent>()}}" = gossip-storage
                "{{NameOf<SnapshotChunkRow>()}}" = gossip-storage
                "{{NameOf<SnapshotCatalogueRow>()}}" = gossip-storage
              }
            }
            gossip-cluster.storage {
              # Snapshots are read and written in large pieces while SQLite keeps a thread waiting: a thread of their own.
              dispatcher {
                type = ForkJoinDispatcher
                throughput = 16
                dedicated-thread-pool { thread-count = 1, threadtype = background }
              }
              journal {
                class = "{{NameOf<CommitLogJournal>()}}"
                plugin-id = "{{JournalPluginId}}"
                # An event crosses two actors before it is on disk. On the threads of the rest that costs less than on threads of their own; for
                # the one that waits for the disk the storage makes room (StorageActor).
                plugin-dispatcher = "akka.actor.default-dispatcher"
                materializer-dispatcher = "akka.actor.default-dispatcher"
                {{Database(options, options.Provider == StorageProvider.Sqlite ? LogFile : null)}}
                # For what takes the plugin's own way in, which is nothing of ours (CommitLogJournal).
                parallelism = 1
                batch-size = 1
                buffer-size = 16
                # One round trip of reading back.
                replay-batch-size = {{ReplayBatchSize}}
                # No tags, no table of them.
                tag-write-mode = Csv
                delete-compatibility-mode = false
                # We tell doubled events by our own numbers. The filter would drop events of a writer whose last write came late, without a word.
                replay-filter { mode = off }
                circuit-breaker { max-failures = 10, call-timeout = {{Time(options.CallTimeout)}}, reset-timeout = 1s }
                recovery-event-timeout = {{Time(options.RecoveryEventTimeout)}}
                default {
                  journal { table-name = "commit_log", use-writer-uuid-column = false }
                  metadata { table-name = "commit_log_metadata" }
                }
              }
              snapshots {
                class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                plugin-id = "{{SnapshotPluginId}}"
                plugin-dispatcher = "gossip-cluster.storage.dispatcher"
                {{Database(options, options.Provider == StorageProvider.Sqlite ? SnapshotFile : null)}}
                circuit-breaker { max-failures = 10, call-timeout = {{Time(options.CallTimeout)}}, reset-timeout = 1s }
                default.snapshot.table-name = "snapshots"
              }
            }
            """);
    }

    internal const int ReplayBatchSize = 64;

    /// <summary>How the plugins and our own housekeeping reach the database.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="file">With SQLite: which file.</param>
    internal static string ConnectionString(StorageOptions options, string? file) => file is null
        ? options.ConnectionString
        : new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(Path.GetFullPath(options.DataDirectory), file),
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = true,

            // How long a locked file is waited for. Below the circuit breaker, so that the answer is a clear one.
            DefaultTimeout = Math.Max(1, (int)(options.CallTimeout.TotalSeconds * 0.8)),
        }.ToString();

    private static string Database(StorageOptions options, string? file) =>
        $"""
        provider-name = "{(options.Provider == StorageProvider.Sqlite ? "SQLite.MS" : "PostgreSQL.15")}"
        connection-string = "{ConnectionString(options, file).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}"
        """.ReplaceLineEndings("\n");

    private static string Time(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");

    // Without a version, so that a new one reads the configuration of an old one.
    private static string NameOf<T>() => $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}";
}
