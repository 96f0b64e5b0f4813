using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Npgsql;

namespace GossipCluster.Actors.Storage;

/// <summary>A node's claim to its rows in PostgreSQL.</summary>
internal static class StorageServer
{
    /// <summary>Makes sure that no other process writes rows of this owner, for as long as the connection lives. Dispose of it to let go.</summary>
    /// <exception cref="IOException">Another process has them.</exception>
    public static IDisposable Lock(StorageOptions options)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false, KeepAlive = 30 }.ToString());
        try
        {
            connection.Open();
            using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection);
            command.Parameters.Add(new NpgsqlParameter { Value = KeyOf(options.Owner) });
            if (command.ExecuteScalar() is true) return connection;
            throw new IOException($"The rows of '{options.Owner}' are in use by another process: stop it, or give each node an owner of its own ({nameof(StorageOptions.Owner)}).");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static long KeyOf(string owner) => BinaryPrimitives.ReadInt64LittleEndian(XxHash3.Hash(Encoding.UTF8.GetBytes("gossip-cluster/" + owner)));
}
