using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>How a key's items travel: varint count, then per item path, number of the replica id, counter, payload.</summary>
internal static class ItemCodec
{
    public static void Write(WireWriter writer, ItemTree tree, LocalIds ids)
    {
        var count = 0;
        foreach (ref readonly var _ in tree) count++;
        writer.WriteCount(count);
        foreach (ref readonly var item in tree)
        {
            writer.WritePrefixed(item.Path);
            writer.WriteCount(ids.IndexOf(item.Slot));
            writer.WriteVarint((ulong)item.Counter);
            writer.WritePrefixed(item.Payload);
        }
    }

    /// <summary>Reads items as edits that add them, in the order of their paths. Dots have their present names. They share the memory of the input.</summary>
    public static ItemEdit[] Read(ref WireReader reader, ReadOnlyMemory<byte> input, int[] slots, ReplicaTable table)
    {
        var items = new ItemEdit[reader.ReadCount(4)];
        var before = ReadOnlyMemory<byte>.Empty;
        for (var i = 0; i < items.Length && !reader.Failed; i++)
        {
            var path = Slice(input, reader.ReadPrefixed(OperationLimits.PathBytesMax).Length, reader.Position);
            var slot = slots.Length == 0 ? -1 : slots[reader.ReadInt(slots.Length - 1, "the number of a replica id of this message")];
            var counter = reader.ReadLong();
            var payload = Slice(input, reader.ReadPrefixed().Length, reader.Position);
            if (slot < 0 || counter is < 1 or > DotSet.CounterMax) reader.Fail("an item with a dot");
            if (!reader.Failed && !ItemPath.IsValid(path.Span, payload.Span)) reader.Fail("an item with a path and payload of this version");
            if (before.Span.SequenceCompareTo(path.Span) > 0) reader.Fail("items in the order of their paths");
            before = path;
            if (!reader.Failed) table.Resolve(ref slot, ref counter);
            items[i] = ItemEdit.Add(path, slot, counter, payload);
        }

        return reader.Failed ? [] : items;
    }

    public static Key ReadKey(ref WireReader reader)
    {
        var flat = reader.ReadPrefixed(Key.FlatBytesMax);
        if (!reader.Failed && !Key.IsFlat(flat)) reader.Fail("the flat form of a key");
        return reader.Failed ? default : Key.OfFlat(flat);
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> input, int length, int end) => input.Slice(end - length, length);
}
