using System.Numerics;
using GossipCluster.Core.Audit;

namespace GossipCluster.Core.Kernel;

/// <summary>The independent proof (DESIGN 4.6): a hash tree over the live items, kept as they change, and views of the items for comparison with peers of equal clock.</summary>
public sealed partial class Replica
{
    /// <summary>The most views at once: one for the own audit and one for each of three peers that audit.</summary>
    public const int ViewsMax = 4;

    private readonly List<AuditView> _views = [];
    private MerkleTree _audit = new();

    /// <summary>What was told of the state as it is now. Good until the next commit.</summary>
    public IAuditSource AuditSource => new Source(this);

    /// <summary>The state as it is now, for an audit; null where there are <see cref="ViewsMax"/> already. To be given back with <see cref="Release"/>.</summary>
    public AuditView? View()
    {
        if (_views.Count >= ViewsMax) return null;
        var view = new AuditView(this, _audit.Leaves());
        _views.Add(view);
        return view;
    }

    /// <summary>A view is not needed any more. Once is enough; more often does no harm.</summary>
    public void Release(AuditView view)
    {
        if (!_views.Remove(view)) return;
        view.Break();
    }

    /// <summary>
    /// Where the items of a walked view are not what the tree was told, the tree is told from here on what the items are: whether they are right is for the peers to say.
    /// </summary>
    /// <returns>The leaves.</returns>
    public IReadOnlyList<int> CorrectTree(AuditView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        (int Leaf, UInt128 Drift)[] drifts = [.. view.Drifts()];
        foreach (var (leaf, drift) in drifts)
        {
            _audit.Add((ulong)leaf, drift);
            foreach (var other in _views) other.Correct(leaf, drift);
        }

        return [.. drifts.Select(drift => drift.Leaf)];
    }

    internal IReadOnlyDictionary<Key, ItemTree> WalkStep(ulong position, out HashRange range, out ulong next) => _trees.Walk(position, out range, out next);

    internal IEnumerable<KeyValuePair<Key, ItemTree>> KeysOfLeaf(int leaf) =>
        _trees.Of(new HashRange((uint)leaf, BitOperations.Log2((uint)_audit.LeafCount)));

    internal ItemTree TreeOf(Key key) => _trees.GetValueOrDefault(key);

    private void KeepForViews(Key key)
    {
        foreach (var view in _views) view.Keep(key, _trees.GetValueOrDefault(key));
    }

    private void BreakViews()
    {
        foreach (var view in _views) view.Break();
    }

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
        public UInt128 ClockFingerprint => AuditView.Fingerprint(replica.Clock);

        public MerkleTree Tree => replica._audit;

        public int KeyCountOf(int leaf) => replica.KeysOfLeaf(leaf).Count();

        public IEnumerable<AuditKey> KeysOf(int leaf) =>
            from entry in replica.KeysOfLeaf(leaf)
            select new AuditKey(entry.Key.Flat.ToArray(), StateHash.Of(entry.Key, entry.Value, replica._table));
    }
}
