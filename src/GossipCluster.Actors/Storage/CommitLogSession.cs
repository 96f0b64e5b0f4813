using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace GossipCluster.Actors.Storage;

/// <summary>The one connection over which a node's events go into the journal's table, with one prepared statement. One thread at a time.</summary>
/// <remarks>
/// The row is the one that Akka.Persistence.Sql would write (<c>CommitLogJournalSpec</c> compares them), in one statement, which is its own transaction: either
/// it is on disk when <see cref="Insert"/> returns, or, after an exception, nobody knows.
/// <para>
/// With PostgreSQL this connection holds the node's lock (<see cref="StorageServer"/>). A server that has lost the connection has let go of the lock, and takes
/// no more events over it: so nobody writes who does not hold the lock.
/// </para>
/// </remarks>
internal sealed class CommitLogSession : IDisposable
{
    private const string InsertSql =
        "INSERT INTO commit_log (created, deleted, persistence_id, sequence_number, message, tags, manifest, identifier) VALUES (@created, @deleted, @id, @position, @message, '', @manifest, @identifier)";

    // SQLITE_TOOBIG.
    private const int TooBig = 18;

    private readonly DbConnection _connection;
    private DbCommand? _insert;

    private CommitLogSession(DbConnection connection) => _connection = connection;

    /// <summary>Opens it; with PostgreSQL takes the lock, too.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="life">Whose lock: what an earlier connection of the same life has left is ended.</param>
    /// <param name="opened">Sees the connection first; for tests.</param>
    /// <exception cref="IOException">Another process has the lock.</exception>
    public static CommitLogSession Open(StorageOptions options, Guid life, Action<DbConnection>? opened)
    {
        DbConnection connection = options.Provider == StorageProvider.Sqlite ? StorageFiles.OpenLog(options) : StorageServer.Lock(options, life);
        opened?.Invoke(connection);
        return new CommitLogSession(connection);
    }

    /// <summary>Whether the database takes no such event, today or later: it is too large. Anything else may have been written in spite of the error.</summary>
    public static bool IsRefusal(Exception exception) => exception is SqliteException { SqliteErrorCode: TooBig } or PostgresException { SqlState: PostgresErrorCodes.ProgramLimitExceeded };

    /// <summary>Puts an event on disk.</summary>
    /// <exception cref="DbException">Whether it is on disk nobody knows.</exception>
    public void Insert(string id, long position, CommitLogEvent written)
    {
        var parameters = (_insert ??= Prepare(id)).Parameters;
        parameters["@created"].Value = DateTime.UtcNow.Ticks;
        parameters["@position"].Value = position;
        parameters["@message"].Value = written.Bytes;
        _insert.ExecuteNonQuery();
        parameters["@message"].Value = DBNull.Value;
    }

    /// <summary>Makes sure that the connection is there, and with it the lock.</summary>
    /// <exception cref="DbException">It is not, or the server does not answer.</exception>
    public void Check()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT 1";
        command.ExecuteScalar();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _insert?.Dispose();
        _connection.Dispose();
    }

    private DbCommand Prepare(string id)
    {
        var command = _connection.CreateCommand();
        command.CommandText = InsertSql;
        Add("@created", DbType.Int64, 0L);
        Add("@deleted", DbType.Boolean, false);
        Add("@id", DbType.String, id);
        Add("@position", DbType.Int64, 0L);
        Add("@message", DbType.Binary, Array.Empty<byte>());
        Add("@manifest", DbType.String, StorageSerializer.EventManifest);
        Add("@identifier", DbType.Int32, StorageSerializer.Id);
        command.Prepare();
        return command;

        void Add(string name, DbType type, object value)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value);
            command.Parameters.Add(parameter);
        }
    }
}

/// <summary>For tests: sees each connection that events are written over, before it is used.</summary>
internal sealed class CommitLogSessionSetup(Action<DbConnection> opened) : Akka.Actor.Setup.Setup
{
    public Action<DbConnection> Opened { get; } = opened;
}
