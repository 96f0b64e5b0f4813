using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>The replica ids that one message names, numbered in the order in which they first occur, so that each is spelt once.</summary>
internal sealed class LocalIds(ReplicaTable table)
{
    /// <summary>The most ids that one message may name: many times what a group of nodes has before folding.</summary>
    public const int CountMax = 10_000;

    private readonly List<int> _slots = [];

    public int Count => _slots.Count;

    public void Clear() => _slots.Clear();

    /// <summary>The message's number for a slot.</summary>
    public int IndexOf(int slot)
    {
        for (var i = _slots.Count - 1; i >= 0; i--)
        {
            if (_slots[i] == slot) return i;
        }

        _slots.Add(slot);
        return _slots.Count - 1;
    }

    /// <summary>The slots, by message number.</summary>
    public int[] ToSlots() => _slots.Count == 1 ? table.Alone(_slots[0]) : [.. _slots];

    public void Write(WireWriter writer)
    {
        writer.WriteCount(_slots.Count);
        foreach (var slot in _slots) table[slot].Write(writer);
    }

    /// <summary>Reads the ids of a message as slots of the table; at most <see cref="CountMax"/>.</summary>
    public static int[] Read(ref WireReader reader, ReplicaTable table)
    {
        var count = reader.ReadInt(Math.Min(CountMax, reader.Remaining / ReplicaId.WireBytesMin), "at most 10,000 replica ids");
        if (count == 1)
        {
            var slot = table.Read(ref reader);
            return reader.Failed ? [] : table.Alone(slot);
        }

        var slots = new int[count];
        for (var i = 0; i < slots.Length && !reader.Failed; i++) slots[i] = table.Read(ref reader);
        return slots;
    }

    /// <summary>Writes dots as runs of message numbers and ranges.</summary>
    public void WriteDots(WireWriter writer, DotSet dots)
    {
        writer.WriteCount(dots.ReplicaCount);
        foreach (var replica in dots.Replicas)
        {
            writer.WriteCount(IndexOf(table.SlotOf(replica)));
            DotSet.WriteRanges(writer, dots.RangesOf(replica));
        }
    }

    /// <summary>Reads dots that <see cref="WriteDots"/> wrote, under their present names.</summary>
    public static DotSet ReadDots(ref WireReader reader, int[] slots, ReplicaTable table)
    {
        var builder = new DotSet.Builder();
        var count = reader.ReadCount(4);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var index = reader.ReadInt(slots.Length - 1, "the number of a replica id of this message");
            foreach (var range in DotSet.ReadRanges(ref reader)) builder.Add(table[slots[index]], range.First, range.Last);
        }

        return table.Resolve(builder.ToSet());
    }
}
