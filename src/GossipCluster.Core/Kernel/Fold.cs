using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>
/// The dots of a node's abandoned ids get new names: consecutive ones under the id that the node has now. So a thousand lives leave one run in a clock.
/// </summary>
/// <remarks>
/// A renaming and nothing else: no item is added or superseded, and whoever gets to know of it translates what comes in under old names. The new names
/// are dots that the folding replica sets aside for it, so that two folds can never mean different dots by one name. The event says that the receiver
/// knows the renaming.
/// <code>
/// version(1) id varint(event) varint count, each: old id, varint(first old counter), varint(dots), varint(first new counter)
/// </code>
/// </remarks>
/// <param name="By">The present id of the node that folds.</param>
/// <param name="Event">The counter of the event dot, behind the new names.</param>
/// <param name="Ids">What is folded.</param>
internal sealed record Fold(ReplicaId By, long Event, IReadOnlyList<FoldedId> Ids)
{
    private const byte Version = 1;

    public Record ToRecord()
    {
        var writer = new WireWriter(64);
        writer.WriteByte(Version);
        By.Write(writer);
        writer.WriteVarint((ulong)Event);
        writer.WriteCount(Ids.Count);
        foreach (var id in Ids)
        {
            id.Old.Write(writer);
            writer.WriteVarint((ulong)id.First);
            writer.WriteVarint((ulong)id.Count);
            writer.WriteVarint((ulong)id.FirstNew);
        }

        return new Record(RecordKind.Fold, writer.ToArray());
    }

    public static Fold Read(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail("a fold of version 1");
        var by = ReplicaId.Read(ref reader);
        var happened = reader.ReadLong();
        var ids = new FoldedId[reader.ReadCount(ReplicaId.WireBytesMin + 3)];
        for (var i = 0; i < ids.Length && !reader.Failed; i++)
        {
            ids[i] = new FoldedId(ReplicaId.Read(ref reader), reader.ReadLong(), reader.ReadLong(), reader.ReadLong());
            if (ids[i].Old.Node != by.Node || ids[i].Old == by) reader.Fail("another id of the same node");
            if (ids[i].First is < 1 or > DotSet.CounterMax || ids[i].Count is < 1 or > DotSet.CounterMax || ids[i].FirstNew is < 1 or > DotSet.CounterMax) reader.Fail("a count and a counter from 1 on");
            if (!reader.Failed && ids[i].FirstNew + ids[i].Count > happened) reader.Fail("new names below the event");
        }

        if (happened is < 1 or > DotSet.CounterMax) reader.Fail("a counter from 1 on");
        return new Fold(by, happened, ids);
    }
}

/// <summary>Of one abandoned id: as many dots from First on are called FirstNew and on.</summary>
internal readonly record struct FoldedId(ReplicaId Old, long First, long Count, long FirstNew)
{
    /// <summary>The last of the old counters.</summary>
    public long Last => First + Count - 1;
}
