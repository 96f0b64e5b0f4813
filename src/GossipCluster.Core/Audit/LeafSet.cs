using System.Collections.Immutable;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Core.Audit;

/// <summary>The keys of some leaves as a set that can be reconciled: a digest of the key and its state hash, 32 bytes each.</summary>
internal sealed class LeafSet
{
    private readonly SipHash _hash;
    private readonly SipHash _other;
    private readonly Dictionary<UInt128, AuditKey> _byDigest = [];

    /// <summary>The set.</summary>
    /// <param name="source">Whose.</param>
    /// <param name="leaves">Which leaves.</param>
    /// <param name="session">The key of all hashes.</param>
    public LeafSet(IAuditSource source, ImmutableArray<int> leaves, ulong session)
    {
        // Two independent halves out of one random number: what a hash of it gives is not it.
        _hash = new SipHash(session, new SipHash(session, 1).Of([]));
        _other = new SipHash(_hash.K1, session);
        foreach (var leaf in leaves)
        {
            foreach (var key in source.KeysOf(leaf))
            {
                _byDigest[DigestOf(key.Key.Span)] = key;
                ListBytes += key.Key.Length + 2 + 16;
            }
        }
    }

    public int KeyCount => _byDigest.Count;

    /// <summary>What the keys would take as lists.</summary>
    public long ListBytes { get; }

    public SymbolDecoder Decoder() => new(_hash);

    public AuditKey? Find(UInt128 digest) => _byDigest.TryGetValue(digest, out var key) ? key : null;

    public SetEntry EntryOf(AuditKey key) => new(DigestOf(key.Key.Span), key.StateHash);

    public ImmutableArray<CodedSymbol> Symbols(int from, int count)
    {
        var encoder = new SymbolEncoder([.. _byDigest.Select(entry => new SetEntry(entry.Key, entry.Value.StateHash))], _hash);
        var symbols = new CodedSymbol[from + count];
        encoder.Next(symbols);
        return [.. symbols.AsSpan(from)];
    }

    private UInt128 DigestOf(ReadOnlySpan<byte> key) => new(_other.Of(key), _hash.Of(key));
}
