using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>A replica's durable state at one moment, for an audit, while the replica goes on. Costs nothing to take; its tree is made from the items, in steps.</summary>
/// <remarks>
/// Nothing is copied when it is taken. From then on the replica gives every view the old items of a key, an immutable tree, before it changes them for the first time;
/// all other keys are read where they are. A view that is given more than <see cref="KeptKeysMax"/> is broken: the replica changes faster than it is audited.
/// <para>
/// The replica also keeps a tree of what it was told (<see cref="MerkleTree"/>). Where the two differ the items are not those that were written: rot in memory, or a bug.
/// </para>
/// </remarks>
public sealed class AuditView : IAuditSource
{
    /// <summary>The most keys whose old items a view holds. A key changes in some 500 bytes: 50 MB.</summary>
    public const int KeptKeysMax = 100_000;

    private readonly Replica _replica;
    private readonly Dictionary<Key, ItemTree> _kept = new(Key.Comparer.Instance);
    private readonly MerkleTree _tree = new();
    private readonly UInt128[] _told;
    private readonly int[] _keyCounts;
    private ulong _position;

    internal AuditView(Replica replica, UInt128[] told)
    {
        _replica = replica;
        _told = told;
        _keyCounts = new int[told.Length];
        Clock = replica.Clock;
        ClockFingerprint = Fingerprint(Clock);
    }

    /// <summary>The clock of the state.</summary>
    public DotSet Clock { get; }

    /// <inheritdoc/>
    public UInt128 ClockFingerprint { get; }

    /// <summary>The tree of the items; complete once <see cref="IsWalked"/>.</summary>
    public MerkleTree Tree => _tree;

    /// <summary>True where all items were looked at.</summary>
    public bool IsWalked => _position == KeyTable.WalkEnd;

    /// <summary>True where the view can no longer be used: the replica forgot its state as a whole, or changed too many keys.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>How many keys were looked at so far.</summary>
    public long KeysWalked { get; private set; }

    /// <summary>A hash of a clock: equal for equal clocks.</summary>
    public static UInt128 Fingerprint(DotSet clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return System.IO.Hashing.XxHash128.HashToUInt128(clock.ToBytes());
    }

    /// <summary>Looks at more items, until some number of keys is reached or all are done.</summary>
    /// <param name="keysMax">One table of at most <see cref="KeyTable.BucketKeysMax"/> may go beyond.</param>
    /// <returns>How many keys it were.</returns>
    public int Walk(int keysMax)
    {
        var keys = 0;
        while (!IsWalked && keys < keysMax)
        {
            var step = _replica.WalkStep(_position, out var range, out _position);
            foreach (var (key, tree) in step)
            {
                if (!_kept.ContainsKey(key)) Take(key, tree);
                keys++;
            }

            foreach (var (key, tree) in _kept)
            {
                if (range.Contains(key)) Take(key, tree);
            }
        }

        return keys;
    }

    /// <summary>The leaves whose items are not what the replica was told, and by how much. Of a view that is walked.</summary>
    public IEnumerable<(int Leaf, UInt128 Drift)> Drifts()
    {
        for (var leaf = 0; leaf < _told.Length; leaf++)
        {
            var drift = unchecked(_tree.Node(_tree.LeafLevel, leaf) - _told[leaf]);
            if (drift != 0) yield return (leaf, drift);
        }
    }

    /// <inheritdoc/>
    public int KeyCountOf(int leaf) => _keyCounts[leaf];

    /// <inheritdoc/>
    public IEnumerable<AuditKey> KeysOf(int leaf)
    {
        foreach (var (key, tree) in _replica.KeysOfLeaf(leaf))
        {
            if (!_kept.ContainsKey(key)) yield return Of(key, tree);
        }

        foreach (var (key, tree) in _kept)
        {
            if (!tree.IsEmpty && _tree.LeafOf(key.Hash) == leaf) yield return Of(key, tree);
        }
    }

    /// <summary>The state hash of a key; 0 where it does not exist.</summary>
    public UInt128 HashOf(Key key) => StateHash.Of(key, TreeOf(key), _replica.Table);

    /// <summary>The state of a key, for a repair of others.</summary>
    public Record StateOf(Key key)
    {
        var states = new KeyStates.Builder(_replica.Table, Clock, DotSet.Empty);
        states.Add(key, TreeOf(key), DotSet.Empty);
        return states.Build();
    }

    /// <summary>A key is about to change.</summary>
    internal void Keep(Key key, ItemTree tree)
    {
        if (IsBroken || !_kept.TryAdd(key, tree) || _kept.Count <= KeptKeysMax) return;
        Break();
    }

    internal void Break()
    {
        IsBroken = true;
        _kept.Clear();
    }

    /// <summary>The replica's tree has been told the truth about a leaf, so this view was told it, too.</summary>
    internal void Correct(int leaf, UInt128 drift) => _told[leaf] = unchecked(_told[leaf] + drift);

    private AuditKey Of(Key key, ItemTree tree) => new(key.Flat.ToArray(), StateHash.Of(key, tree, _replica.Table));

    private ItemTree TreeOf(Key key) => _kept.TryGetValue(key, out var tree) ? tree : _replica.TreeOf(key);

    private void Take(Key key, ItemTree tree)
    {
        if (tree.IsEmpty) return;
        var hash = key.Hash;
        _tree.Add(hash, StateHash.Of(key, tree, _replica.Table));
        _keyCounts[_tree.LeafOf(hash)]++;
        KeysWalked++;
    }
}
