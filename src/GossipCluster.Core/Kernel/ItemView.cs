namespace GossipCluster.Core.Kernel;

/// <summary>One live item as it lies in its leaf: where it is, who made it, what it holds. Copies nothing.</summary>
internal readonly struct ItemView
{
    private readonly byte[] _leaf;
    private readonly int _pathOffset;
    private readonly int _pathLength;
    private readonly int _payloadOffset;
    private readonly int _payloadLength;

    private ItemView(byte[] leaf, int pathOffset, int pathLength, int slot, long counter, int payloadOffset, int payloadLength)
    {
        _leaf = leaf;
        _pathOffset = pathOffset;
        _pathLength = pathLength;
        Slot = slot;
        Counter = counter;
        _payloadOffset = payloadOffset;
        _payloadLength = payloadLength;
    }

    /// <summary>The replica id's place in the replica's table.</summary>
    public int Slot { get; }

    /// <summary>The counter of the item's dot.</summary>
    public long Counter { get; }

    public ReadOnlySpan<byte> Path => _leaf.AsSpan(_pathOffset, _pathLength);

    public ReadOnlySpan<byte> Payload => _leaf.AsSpan(_payloadOffset, _payloadLength);

    public ReadOnlyMemory<byte> PathMemory => _leaf.AsMemory(_pathOffset, _pathLength);

    public ReadOnlyMemory<byte> PayloadMemory => _leaf.AsMemory(_payloadOffset, _payloadLength);

    /// <summary>Reads the item at an offset of a leaf and moves the offset behind it. Leaves are our own: nothing is checked.</summary>
    public static void Read(byte[] leaf, ref int offset, out ItemView item)
    {
        var pathLength = (int)ReadVarint(leaf, ref offset);
        var pathOffset = offset;
        offset += pathLength;
        var slot = (int)ReadVarint(leaf, ref offset);
        var counter = (long)ReadVarint(leaf, ref offset);
        var payloadLength = (int)ReadVarint(leaf, ref offset);
        item = new ItemView(leaf, pathOffset, pathLength, slot, counter, offset, payloadLength);
        offset += payloadLength;
    }

    private static ulong ReadVarint(byte[] leaf, ref int offset)
    {
        ulong value = leaf[offset++];
        if (value < 0x80) return value;
        value &= 0x7F;
        for (var shift = 7; ; shift += 7)
        {
            ulong group = leaf[offset++];
            value |= (group & 0x7F) << shift;
            if (group < 0x80) return value;
        }
    }
}

/// <summary>One change of a key's items. Edits are applied sorted by path.</summary>
internal readonly struct ItemEdit
{
    private ItemEdit(bool isAdd, ReadOnlyMemory<byte> path, int slot, long counter, ReadOnlyMemory<byte> payload)
    {
        IsAdd = isAdd;
        Path = path;
        Slot = slot;
        Counter = counter;
        Payload = payload;
    }

    public bool IsAdd { get; }

    public ReadOnlyMemory<byte> Path { get; }

    public int Slot { get; }

    public long Counter { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Adds an item; its dot is not in the tree.</summary>
    public static ItemEdit Add(ReadOnlyMemory<byte> path, int slot, long counter, ReadOnlyMemory<byte> payload) => new(true, path, slot, counter, payload);

    /// <summary>Drops an item that is in the tree.</summary>
    public static ItemEdit Drop(in ItemView item) => new(false, item.PathMemory, item.Slot, item.Counter, item.PayloadMemory);
}
