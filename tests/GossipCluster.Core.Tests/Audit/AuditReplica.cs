using System.Text;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;

namespace GossipCluster.Core.Tests.Audit;

/// <summary>A replica reduced to what an audit sees: keys with items, a tree kept beside them, a clock.</summary>
internal sealed class AuditReplica(int leafCount = MerkleTree.LeafCountDefault) : IAuditSource
{
    private readonly Dictionary<string, (ulong KeyHash, AuditKey Key)> _keys = new(StringComparer.Ordinal);

    private ILookup<int, AuditKey>? _byLeaf;

    public UInt128 ClockFingerprint { get; set; } = 77;

    public MerkleTree Tree { get; private set; } = new(leafCount);

    public void Put(string key, long item)
    {
        _byLeaf = null;
        Tree.Add(HashOf(key), ItemOf(key, item));
        var before = _keys.GetValueOrDefault(key).Key.StateHash;
        _keys[key] = (HashOf(key), new AuditKey(Encoding.UTF8.GetBytes(key), before + ItemOf(key, item)));
    }

    /// <summary>The tree hears of an item that the keys do not have: the tree is wrong.</summary>
    public void PutInTreeAlone(string key, long item) => Tree.Add(HashOf(key), ItemOf(key, item));

    public void Reshape(int newLeafCount) => Tree = new MerkleTree(newLeafCount);

    // Not in order, on purpose.
    public IEnumerable<AuditKey> KeysOf(int leaf) => ByLeaf[leaf];

    private ILookup<int, AuditKey> ByLeaf => _byLeaf ??= _keys.Values.ToLookup(entry => Tree.LeafOf(entry.KeyHash), entry => entry.Key);

    public int KeyCountOf(int leaf) => ByLeaf[leaf].Count();

    private static ulong HashOf(string key) => KeyHash.Of(Encoding.UTF8.GetBytes(key));

    private static UInt128 ItemOf(string key, long item) => ItemHash.Of(Encoding.UTF8.GetBytes(key), [], NodeName.Of("n1"), 1, item, []);
}
