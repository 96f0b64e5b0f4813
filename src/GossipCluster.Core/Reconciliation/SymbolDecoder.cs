using System.Runtime.InteropServices;

namespace GossipCluster.Core.Reconciliation;

/// <summary>Finds in what two sets differ from the coded symbols of both, as soon as there are enough. One use, one thread.</summary>
/// <remarks>
/// Peeling: a symbol of the difference with one entry in it, which its checksum shows, gives that entry away; taken out of its other symbols it leaves others with one.
/// About 1.35 symbols a difference do for large ones, up to 1.72 on average for small ones.
/// <para>
/// Symbols may be hostile. An honest difference never has more entries than there are symbols, nor one entry twice: what says so is refused. Each entry
/// costs as many steps as it has symbols, so the work is bounded by symbols x log symbols, whatever they hold.
/// </para>
/// </remarks>
public sealed class SymbolDecoder(SipHash key)
{
    private readonly List<CodedSymbol> _symbols = [];
    private readonly Dictionary<SetEntry, int> _found = [];
    private readonly List<(SetEntry Entry, ulong Hash, int Sign, IndexMapping Mapping)> _entries = [];
    private readonly PriorityQueue<int, int> _next = new();
    private readonly Stack<int> _pure = new();
    private int _filled;

    /// <summary>True where all symbols so far are explained: the difference is complete, but for a chance of 2^-64 a symbol.</summary>
    public bool IsDecoded => _symbols.Count > 0 && _filled == 0;

    /// <summary>True where the symbols are not those of two sets.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>How many symbols were taken in.</summary>
    public int SymbolCount => _symbols.Count;

    /// <summary>What the first set has and the second lacks, as far as it is found.</summary>
    public IEnumerable<SetEntry> OnlyFirst => _found.Where(found => found.Value > 0).Select(found => found.Key);

    /// <summary>What the second set has and the first lacks, as far as it is found.</summary>
    public IEnumerable<SetEntry> OnlySecond => _found.Where(found => found.Value < 0).Select(found => found.Key);

    /// <summary>Takes in the next symbol of both sets: those of one index, starting at 0.</summary>
    public void Add(CodedSymbol first, CodedSymbol second)
    {
        if (IsRefused) return;
        var index = _symbols.Count;
        var symbol = first.Without(second);

        // What was found before is in the symbols that come, too.
        while (_next.TryPeek(out var number, out var due) && due == index)
        {
            var entry = CollectionsMarshal.AsSpan(_entries)[number];
            symbol = symbol.With(entry.Entry, entry.Hash, -entry.Sign);
            entry.Mapping.Next();
            _entries[number] = entry;
            _next.DequeueEnqueue(number, entry.Mapping.Index);
        }

        _symbols.Add(symbol);
        if (!symbol.IsEmpty) _filled++;
        if (IsPure(symbol)) _pure.Push(index);
        Peel();
    }

    private bool IsPure(CodedSymbol symbol) => symbol.Count is 1 or -1 && symbol.Hash == symbol.Sum.HashUnder(key);

    private void Peel()
    {
        while (_pure.TryPop(out var index))
        {
            var symbol = _symbols[index];
            if (!IsPure(symbol)) continue;
            var sign = (int)symbol.Count;
            if (_found.Count >= _symbols.Count || !_found.TryAdd(symbol.Sum, sign))
            {
                Refuse();
                return;
            }

            var mapping = new IndexMapping(symbol.Hash);
            for (; mapping.Index < _symbols.Count; mapping.Next()) TakeOut(mapping.Index, symbol, sign);
            _entries.Add((symbol.Sum, symbol.Hash, sign, mapping));
            _next.Enqueue(_entries.Count - 1, mapping.Index);

            // An entry that is not mapped to the symbol that gave it away was never put there by an encoder.
            if (!_symbols[index].IsEmpty)
            {
                Refuse();
                return;
            }
        }
    }

    private void TakeOut(int index, CodedSymbol entry, int sign)
    {
        var before = _symbols[index];
        var after = before.With(entry.Sum, entry.Hash, -sign);
        _symbols[index] = after;
        if (before.IsEmpty) _filled++;
        if (after.IsEmpty) _filled--;
        else if (IsPure(after)) _pure.Push(index);
    }

    private void Refuse()
    {
        IsRefused = true;
        _found.Clear();
        _pure.Clear();
    }
}
