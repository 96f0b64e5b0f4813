using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>Builds deltas. Keeps its scratch space; one owner, one thread.</summary>
internal sealed class DeltaBuilder(ReplicaTable table)
{
    private readonly WireWriter _items = new(256);
    private readonly WireWriter _groups = new(256);
    private readonly WireWriter _whole = new(512);
    private readonly LocalIds _ids = new(table);
    private readonly List<(int Id, long Counter)> _dots = [];
    private int _itemCount;
    private int _groupCount;

    public bool IsEmpty => _itemCount == 0 && _groupCount == 0;

    public void Start(int writerSlot)
    {
        _items.Clear();
        _groups.Clear();
        _ids.Clear();
        _dots.Clear();
        _ids.IndexOf(writerSlot);
        (_itemCount, _groupCount) = (0, 0);
    }

    /// <summary>Adds an item; its dot is the next one.</summary>
    public void Add(ReadOnlySpan<byte> path, ReadOnlySpan<byte> payload)
    {
        _items.WritePrefixed(path);
        _items.WritePrefixed(payload);
        _itemCount++;
    }

    /// <summary>Notes a dot of the group that <see cref="EndGroup"/> closes.</summary>
    public void Supersede(int slot, long counter) => _dots.Add((_ids.IndexOf(slot), counter));

    /// <summary>Takes back the dots noted since the last group.</summary>
    public void ForgetGroup() => _dots.Clear();

    /// <summary>Closes a group of superseded dots; nothing where no dot was noted. Gives the number of dots.</summary>
    public int EndGroup(ReadOnlySpan<byte> path, bool isBelow)
    {
        var count = _dots.Count;
        if (count == 0) return 0;
        _groupCount++;
        _groups.WriteByte(isBelow ? (byte)1 : (byte)0);
        _groups.WritePrefixed(path);
        var dots = CollectionsMarshal.AsSpan(_dots);
        if (count > 1) dots.Sort();
        WriteRuns(dots);
        _dots.Clear();
        return count;
    }

    /// <summary>Adds a group of dots that stand for nothing (any more), so that clocks close over them.</summary>
    public void SupersedeVoid(DotSet dots)
    {
        if (dots.IsEmpty) return;
        _groupCount++;
        _groups.WriteByte(0);
        _groups.WritePrefixed([]);
        _ids.WriteDots(_groups, dots);
    }

    /// <summary>The delta, with the dots from <paramref name="first"/> on.</summary>
    public Delta Build(Key key, long first)
    {
        var hasEvent = _groupCount > 0;
        _whole.Clear();
        _whole.WriteByte(Delta.Version);
        _whole.WritePrefixed(key.Flat);
        _ids.Write(_whole);
        _whole.WriteVarint((ulong)first);
        _whole.WriteCount((_itemCount * 2) + (hasEvent ? 1 : 0));
        var itemsOffset = _whole.Length;
        _whole.WriteBytes(_items.Written);
        var groupsOffset = _whole.Length;
        _whole.WriteCount(_groupCount);
        _whole.WriteBytes(_groups.Written);
        return new Delta(_whole.ToArray(), key, _ids.ToSlots(), first, _itemCount, hasEvent, itemsOffset, groupsOffset);
    }

    private void WriteRuns(ReadOnlySpan<(int Id, long Counter)> dots)
    {
        var runs = 1;
        for (var i = 1; i < dots.Length; i++) runs += dots[i].Id != dots[i - 1].Id ? 1 : 0;
        _groups.WriteCount(runs);
        for (var from = 0; from < dots.Length;)
        {
            var to = from + 1;
            var ranges = 1;
            for (; to < dots.Length && dots[to].Id == dots[from].Id; to++) ranges += dots[to].Counter != dots[to - 1].Counter + 1 ? 1 : 0;
            _groups.WriteCount(dots[from].Id);
            _groups.WriteCount(ranges);
            long previous = -1;
            while (from < to)
            {
                var first = dots[from].Counter;
                while (from + 1 < to && dots[from + 1].Counter == dots[from].Counter + 1) from++;
                _groups.WriteVarint((ulong)(first - previous - 2));
                _groups.WriteVarint((ulong)(dots[from].Counter - first));
                previous = dots[from].Counter;
                from++;
            }
        }
    }
}
