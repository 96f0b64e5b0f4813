using System.Data.Common;
using System.Globalization;
using Akka.Actor.Setup;
using GossipCluster.Actors.Storage;

namespace GossipCluster.Actors.Testing;

/// <summary>A bound for the file of the commit log: to the node it is a disk that is full, and nobody must be root to make one.</summary>
/// <remarks>
/// SQLite answers an event that would need a page more as it does on a full disk (<c>SQLITE_FULL</c>), and leaves the file as it was. The bound is a property of
/// the connection that events are written over; each new one gets it before it is used. What is in the file already stays, however much it is.
/// </remarks>
public static class SmallLog
{
    /// <summary>For the ActorSystem of a node: its log gets no page beyond so many.</summary>
    /// <param name="pages">Of 4 KiB, as SQLite makes them. From 1.</param>
    public static Setup Of(int pages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        return new CommitLogSessionSetup(connection => Bound(connection, pages));
    }

    private static void Bound(DbConnection connection, int pages)
    {
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}");
        command.ExecuteScalar();
    }
}
