using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;
using GossipCluster.Core.Wire;

namespace GossipCluster.Simulation.Tests;

/// <summary>Rule 3, broken where several writes are joined: a joined delta as who joins wrongly would have sent it.</summary>
internal static class BrokenJoins
{
    public static PeerMessage In(PeerMessage message, Mutant mutant, Oracle oracle) => message switch
    {
        PeerMessage.Replicate replicate => replicate with { Records = [.. replicate.Records.Select(record => Broken(record, mutant, oracle))] },
        PeerMessage.SyncPart part => part with { Records = [.. part.Records.Select(record => Broken(record, mutant, oracle))] },
        _ => message,
    };

    private static Record Broken(Record record, Mutant mutant, Oracle oracle)
    {
        var table = new ReplicaTable();
        if (record.Kind != RecordKind.JoinedDelta || !JoinedDelta.TryRead(record.Bytes, table, null, out var joined, out _)) return record;
        var (dots, live) = (new DotSet.Builder(), new Dictionary<Dot, (byte[] Path, byte[] Payload)>());
        var pieces = joined.Pieces;
        while (pieces.MoveNext())
        {
            var replica = table[pieces.Slot];
            if (pieces.IsLive) live[new Dot(replica, pieces.First)] = (pieces.Path.ToArray(), pieces.Payload.ToArray());
            for (var counter = pieces.First; counter <= pieces.Last; counter++)
            {
                var isForgotten = !pieces.IsLive && mutant switch
                {
                    Mutant.JoinedWithoutSuperseded => !oracle.IsEvent(new Dot(replica, counter)),
                    Mutant.JoinedWithoutEvents => oracle.IsEvent(new Dot(replica, counter)),
                    _ => false,
                };
                if (!isForgotten) dots.Add(replica, counter, counter);
            }
        }

        return dots.IsEmpty ? record : new Record(RecordKind.JoinedDelta, Bytes(joined, dots.ToSet(), live, withPlaces: mutant != Mutant.JoinedWithoutPlaces));
    }

    private static byte[] Bytes(JoinedDelta joined, DotSet dots, Dictionary<Dot, (byte[] Path, byte[] Payload)> live, bool withPlaces)
    {
        var (writer, items, places) = (new WireWriter(), new WireWriter(), new WireWriter());
        writer.WriteByte(JoinedDelta.Version);
        writer.WritePrefixed(joined.Key.Flat);
        writer.WriteCount(dots.ReplicaCount);
        foreach (var replica in dots.Replicas) replica.Write(writer);
        foreach (var replica in dots.Replicas) DotSet.WriteRanges(writer, dots.RangesOf(replica));
        var skipped = 0;
        foreach (var dot in dots.Dots())
        {
            if (!live.TryGetValue(dot, out var item))
            {
                skipped++;
                continue;
            }

            items.WriteCount(skipped);
            items.WritePrefixed(item.Path);
            items.WritePrefixed(item.Payload);
            skipped = 0;
        }

        writer.WriteCount(live.Count);
        writer.WriteBytes(items.Written);
        var reader = joined.Places;
        while (withPlaces && reader.MoveNext())
        {
            places.WriteByte(reader.IsBelow ? (byte)1 : (byte)0);
            places.WritePrefixed(reader.Path.Span);
        }

        writer.WriteCount(withPlaces ? joined.Places.Count : 0);
        writer.WriteBytes(places.Written);
        return writer.ToArray();
    }
}
