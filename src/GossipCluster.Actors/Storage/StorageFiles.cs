using System.Globalization;
using Microsoft.Data.Sqlite;

namespace GossipCluster.Actors.Storage;

/// <summary>The SQLite files of a node: made before the plugins open them, and kept in shape. The log and the snapshots have one each: one file has one writer.</summary>
internal static class StorageFiles
{
    private const string LockFile = "lock";

    /// <summary>Makes sure that the directory is this process's alone. Dispose of it to let go.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static IDisposable Lock(StorageOptions options)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var path = Path.Combine(options.DataDirectory, LockFile);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new IOException($"{Path.GetFullPath(options.DataDirectory)} is in use by another process: stop it, or give each node a directory of its own. ({exception.Message})", exception);
        }
    }

    /// <summary>Makes the files, or checks that they are as we make them.</summary>
    public static void Create(StorageOptions options)
    {
        foreach (var file in Files(options)) Create(file);
    }

    /// <summary>Brings what is in the write-ahead file to where it belongs, and gives pages back that the file has no use for, one step.</summary>
    /// <returns>True where there is more to give back.</returns>
    public static bool Tidy(StorageOptions options, string file)
    {
        using var connection = Open(StorageConfig.ConnectionString(options, file));
        var pageBytes = Number(connection, "PRAGMA page_size");
        var free = Number(connection, "PRAGMA freelist_count") * pageBytes;
        var wal = new FileInfo(connection.DataSource + "-wal");
        var walIsLarge = wal.Exists && wal.Length > options.CutBytesMax;
        Run(connection, walIsLarge ? "PRAGMA wal_checkpoint(TRUNCATE)" : "PRAGMA wal_checkpoint(PASSIVE)");
        if (free <= options.FreeBytesMax) return false;
        var pages = Math.Max(1, Math.Min(free - options.FreeBytesMax, options.CutBytesMax) / pageBytes);
        Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({pages})"));
        return free - (pages * pageBytes) > options.FreeBytesMax;
    }

    /// <summary>Leaves the files whole in themselves, and lets go of them.</summary>
    public static void Close(StorageOptions options)
    {
        foreach (var file in Files(options))
        {
            using var connection = Open(file);
            Run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            SqliteConnection.ClearPool(connection);
        }
    }

    /// <summary>The connection that events are written over. It waits for the disk, whatever the library's default is.</summary>
    public static SqliteConnection OpenLog(StorageOptions options)
    {
        var connection = Open(new SqliteConnectionStringBuilder(StorageConfig.ConnectionString(options, StorageConfig.LogFile)) { Pooling = false }.ToString());
        Run(connection, "PRAGMA synchronous = FULL");
        return connection;
    }

    private static string[] Files(StorageOptions options) =>
        [StorageConfig.ConnectionString(options, StorageConfig.LogFile), StorageConfig.ConnectionString(options, StorageConfig.SnapshotFile)];

    private static void Create(string connectionString)
    {
        using var connection = Open(connectionString);

        // In this order: the first is heeded only before the first page is written, and the second writes it.
        Run(connection, "PRAGMA auto_vacuum = INCREMENTAL");
        Run(connection, "PRAGMA journal_mode = WAL");
        Require(connection, "PRAGMA auto_vacuum", "2", "was not made by this program");
        Require(connection, "PRAGMA journal_mode", "wal", "cannot have a write-ahead log here: is the directory on a network file system?");

        // Durable means that the disk has it. This is a property of each connection, and the plugins' connections are plain ones: it has to be the default.
        Require(connection, "PRAGMA synchronous", "2", "is opened by a SQLite library that does not wait for the disk (synchronous is not FULL)");
    }

    private static void Require(SqliteConnection connection, string pragma, string expected, string otherwise)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        var actual = Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (actual != expected) throw new InvalidOperationException($"{connection.DataSource} {otherwise}: {pragma} gives {actual}, not {expected}.");
    }

    private static SqliteConnection Open(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        return connection;
    }

    // To the last row: some of these do their work a row at a time.
    private static void Run(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
        }
    }

    private static long Number(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
