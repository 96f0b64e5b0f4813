using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.DataTypes;

/// <summary>Computes the value of a key from its live items, in one pass.</summary>
internal static class ValueReader
{
    /// <summary>The value; null where no item is live: the key does not exist.</summary>
    public static DataValue? Read(ItemTree tree, ReplicaTable table)
    {
        if (tree.IsEmpty) return null;
        Node? root = null;
        foreach (ref readonly var item in tree)
        {
            // A key of two types is a fault of its writers; every reader then sees the same one of the two.
            root ??= new Node((DataType)item.Path[0]);
            if (item.Path[0] == (byte)root.Type) root.Take(item.Path[1..], item, table);
        }

        return root!.ToValue();
    }

    /// <summary>What has been gathered for a key or a field.</summary>
    private sealed class Node(DataType type)
    {
        public DataType Type => type;

        private Int128 _sum;
        private bool _enabled;
        private HllRegisters? _hll;
        private List<ReadOnlyMemory<byte>>? _elements;
        private List<RegisterVersion>? _versions;
        private Dictionary<FieldName, Node>? _fields;

        /// <summary>Takes an item in; <paramref name="rest"/> is its path from this node on.</summary>
        public void Take(ReadOnlySpan<byte> rest, in ItemView item, ReplicaTable table)
        {
            switch (rest[0])
            {
                case ItemPath.Value:
                    TakeValue(item, table);
                    break;
                case ItemPath.Element:
                    // Items of one path come one after another, so that a glance at the last element finds a duplicate.
                    _elements ??= [];
                    if (_elements.Count == 0 || !_elements[^1].Span.SequenceEqual(rest[1..])) _elements.Add(item.PathMemory[^(rest.Length - 1)..]);
                    break;
                case ItemPath.Field:
                    var reader = new WireReader(rest[1..]);
                    var fieldType = (DataType)reader.ReadByte();
                    var length = reader.ReadPrefixed().Length;
                    var name = item.PathMemory[^(rest.Length - 1 - (reader.Position - length))..][..length];
                    var field = new FieldName(fieldType, name);
                    _fields ??= [];
                    if (!_fields.TryGetValue(field, out var node)) _fields.Add(field, node = new Node(fieldType));
                    node.Take(rest[(1 + reader.Position)..], item, table);
                    break;
            }
        }

        public DataValue ToValue() => type switch
        {
            DataType.Counter => new DataValue.Counter(_sum),
            DataType.Set or DataType.GSet => new DataValue.Elements(type, _elements ?? []),
            DataType.Register => new DataValue.Register([.. _versions!.OrderByDescending(v => v.Timestamp).ThenByDescending(v => v.Dot)]),
            DataType.Flag => new DataValue.Flag(_enabled),
            DataType.Hll => new DataValue.Hll(_hll!.Estimate()),
            DataType.Map => new DataValue.Map(
            [
                .. (_fields ?? []).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.ToValue()))
                    .OrderBy(entry => entry.Key.ToString(), Utf8Order.Instance),
            ]),
            _ => throw new System.Diagnostics.UnreachableException($"No value of type {type}."),
        };

        private void TakeValue(in ItemView item, ReplicaTable table)
        {
            var reader = new WireReader(item.Payload);
            switch (type)
            {
                case DataType.Counter:
                    _sum += reader.ReadSigned();
                    break;
                case DataType.Register:
                    var timestamp = reader.ReadSigned();
                    (_versions ??= []).Add(new RegisterVersion(timestamp, new Dot(table[item.Slot], item.Counter), reader.ReadBytes(reader.Remaining).ToArray()));
                    break;
                case DataType.Flag:
                    _enabled = true;
                    break;
                case DataType.Hll:
                    (_hll ??= new HllRegisters()).Join(item.Payload);
                    break;
            }
        }
    }

    /// <summary>Orders texts by their UTF-8 bytes, which is by code point.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        public static readonly Utf8Order Instance = new();

        public int Compare(string? x, string? y)
        {
            var left = x!.EnumerateRunes();
            var right = y!.EnumerateRunes();
            while (true)
            {
                var (more, other) = (left.MoveNext(), right.MoveNext());
                if (!more || !other) return more.CompareTo(other);
                var order = left.Current.CompareTo(right.Current);
                if (order != 0) return order;
            }
        }
    }
}
