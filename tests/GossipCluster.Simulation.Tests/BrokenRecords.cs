using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>
/// Rule 3, broken: a delta as a replica would join it that drops what is superseded where it has it, and forgets that the rest was ever superseded.
/// </summary>
internal static class BrokenRecords
{
    public static PeerMessage In(PeerMessage message, Replica receiver) => message switch
    {
        PeerMessage.Replicate replicate => replicate with { Records = [.. replicate.Records.Select(record => Broken(record, receiver))] },
        PeerMessage.SyncPart part => part with { Records = [.. part.Records.Select(record => Broken(record, receiver))] },
        _ => message,
    };

    private static Record Broken(Record record, Replica receiver)
    {
        var seen = receiver.StagedClock;
        if (record.Kind != RecordKind.Delta || seen.IsEmpty || !Delta.TryRead(record.Bytes, receiver.Table, null, out var delta, out _) || !delta.HasEvent) return record;
        var builder = new DeltaBuilder(receiver.Table);
        builder.Start(delta.WriterSlot);
        for (var items = delta.Items; items.MoveNext();) builder.Add(items.Path.Span, items.Payload.Span);
        var groups = delta.Groups;
        while (groups.MoveNext())
        {
            while (groups.MoveNextRun(out var index, out var ranges))
            {
                long previous = -1;
                for (var i = 0; i < ranges; i++)
                {
                    var range = groups.ReadRange(ref previous);
                    for (var counter = range.First; counter <= range.Last; counter++)
                    {
                        if (seen.Contains(receiver.Table[delta.Slots[index]], counter)) builder.Supersede(delta.Slots[index], counter);
                    }
                }
            }

            builder.EndGroup(groups.Path, groups.IsBelow);
        }

        // The event stays, and a delta with an event supersedes something: here what is superseded nowhere.
        builder.SupersedeVoid(DotSet.Of(seen.Dots().First()));
        return new Record(RecordKind.Delta, builder.Build(delta.Key, delta.First).Bytes);
    }
}
