namespace GossipCluster.Core.Reconciliation;

/// <summary>The coded symbols of a set, one after another, without an end: who has as many of them as the difference needs has the difference.</summary>
/// <remarks>
/// A heap by next index says which entries are in the symbols that come. Where most of them are, at the beginning, all are looked at in their order instead and the heap
/// is made anew: that is many times faster than as many steps in a heap.
/// </remarks>
public sealed class SymbolEncoder
{
    private readonly Slot[] _heap;

    /// <summary>An encoder at index 0.</summary>
    /// <param name="entries">Each once.</param>
    /// <param name="key">The session's; both sides must use the same.</param>
    public SymbolEncoder(IReadOnlyCollection<SetEntry> entries, SipHash key)
    {
        _heap = new Slot[entries.Count];
        var i = 0;
        foreach (var entry in entries)
        {
            var hash = entry.HashUnder(key);
            _heap[i++] = new Slot(entry, hash, new IndexMapping(hash));
        }
    }

    /// <summary>The index of the next symbol.</summary>
    public int Index { get; private set; }

    /// <summary>The next symbols.</summary>
    /// <param name="symbols">Filled.</param>
    /// <exception cref="ArgumentException">Beyond <see cref="IndexMapping.IndexMax"/>.</exception>
    public void Next(Span<CodedSymbol> symbols)
    {
        if (symbols.Length > IndexMapping.IndexMax - Index) throw new ArgumentException($"There are {IndexMapping.IndexMax} symbols.", nameof(symbols));
        symbols.Clear();
        var end = Index + symbols.Length;

        // Of an entry, 2 ln((end + 2) / (index + 2)) of these symbols are expected.
        if (2 * Math.Log((end + 2.0) / (Index + 2.0)) > 0.25) TakeAll(symbols, end);
        else TakeDue(symbols, end);
        Index = end;
    }

    private void TakeAll(Span<CodedSymbol> symbols, int end)
    {
        for (var i = 0; i < _heap.Length; i++)
        {
            ref var slot = ref _heap[i];
            while (slot.Mapping.Index < end) Put(ref slot, symbols);
        }

        for (var i = (_heap.Length / 2) - 1; i >= 0; i--) SiftDown(i);
    }

    private void TakeDue(Span<CodedSymbol> symbols, int end)
    {
        while (_heap.Length > 0 && _heap[0].Mapping.Index < end)
        {
            Put(ref _heap[0], symbols);
            SiftDown(0);
        }
    }

    private void Put(ref Slot slot, Span<CodedSymbol> symbols)
    {
        ref var symbol = ref symbols[slot.Mapping.Index - Index];
        symbol = symbol.With(slot.Entry, slot.Hash, 1);
        slot.Mapping.Next();
    }

    private void SiftDown(int at)
    {
        var moved = _heap[at];
        for (int child; (child = (2 * at) + 1) < _heap.Length; at = child)
        {
            if (child + 1 < _heap.Length && _heap[child + 1].Mapping.Index < _heap[child].Mapping.Index) child++;
            if (moved.Mapping.Index <= _heap[child].Mapping.Index) break;
            _heap[at] = _heap[child];
        }

        _heap[at] = moved;
    }

    private struct Slot(SetEntry entry, ulong hash, IndexMapping mapping)
    {
        public readonly SetEntry Entry = entry;
        public readonly ulong Hash = hash;
        public IndexMapping Mapping = mapping;
    }
}
