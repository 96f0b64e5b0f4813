using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Npgsql;

namespace GossipCluster.Actors.Storage;

/// <summary>A node's claim to its rows in PostgreSQL: an advisory lock, held by the connection that events are written over.</summary>
/// <remarks>
/// The server lets go of the lock when that connection has ended, and takes nothing more over it: whoever gets the lock next sees all that was written before, and
/// nobody writes beside it.
/// </remarks>
internal static class StorageServer
{
    /// <summary>Makes sure that no other process writes rows of this owner, for as long as the connection lives. Dispose of it to let go.</summary>
    /// <param name="options">Which server, and whose rows.</param>
    /// <param name="life">
    /// Of whoever asks. A connection that broke on our side may live on at the server, with the lock, until that notices: one of the same life is ended at once.
    /// </param>
    /// <exception cref="IOException">Another process has them.</exception>
    public static NpgsqlConnection Lock(StorageOptions options, Guid life)
    {
        var key = KeyOf(options.Owner);
        var name = string.Create(CultureInfo.InvariantCulture, $"gossip-cluster-{life:N}");

        // Whole seconds are what it takes.
        var seconds = Math.Max(1, (int)options.CallTimeout.TotalSeconds);
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false, ApplicationName = name, CommandTimeout = seconds };

        // A call that takes too long is cancelled over a connection of its own. Where the server answers nobody that one is waited for, too, as long as this says.
        settings.Timeout = settings.Timeout == 0 ? seconds : Math.Min(settings.Timeout, seconds);
        var connection = new NpgsqlConnection(settings.ToString());
        try
        {
            connection.Open();
            if (TryLock(connection, key)) return connection;
            if (EndEarlier(connection, name)) throw new IOException($"An earlier connection of this node still has the rows of '{options.Owner}' and is being ended.");
            throw new IOException($"The rows of '{options.Owner}' are in use by another process: stop it, or give each node an owner of its own ({nameof(StorageOptions.Owner)}).");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static bool TryLock(NpgsqlConnection connection, long key)
    {
        using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = key });
        return command.ExecuteScalar() is true;
    }

    private static bool EndEarlier(NpgsqlConnection connection, string name)
    {
        using var command = new NpgsqlCommand("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return command.ExecuteScalar() is > 0L;
    }

    private static long KeyOf(string owner) => BinaryPrimitives.ReadInt64LittleEndian(XxHash3.Hash(Encoding.UTF8.GetBytes("gossip-cluster/" + owner)));
}
