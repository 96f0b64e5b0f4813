using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>The independent proof (DESIGN 4.6): a hash tree over the live items, kept as they change and compared with peers of equal clock.</summary>
public sealed partial class Replica
{
    private MerkleTree _audit = new();

    /// <summary>What an audit with a peer reads. Good until the next commit.</summary>
    public IAuditSource AuditSource => new Source(this);

    private void AuditEdits(Key key, ReadOnlySpan<ItemEdit> edits)
    {
        UInt128 difference = 0;
        foreach (ref readonly var edit in edits)
        {
            var hash = StateHash.OfItem(key, edit.Path.Span, _table[edit.Slot], edit.Counter, edit.Payload.Span);
            difference = unchecked(edit.IsAdd ? difference + hash : difference - hash);
        }

        _gathering.Audit.Add((key.Hash, difference));
    }

    private sealed class Source(Replica replica) : IAuditSource
    {
        public UInt128 ClockFingerprint => System.IO.Hashing.XxHash128.HashToUInt128(replica.Clock.ToBytes());

        public MerkleTree Tree => replica._audit;

        public IEnumerable<AuditKey> KeysOf(int leaf) =>
            from entry in replica._trees
            where replica._audit.LeafOf(entry.Key.Hash) == leaf
            select new AuditKey(entry.Key.Flat.ToArray(), StateHash.Of(entry.Key, entry.Value, replica._table));
    }
}
