using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Core.Kernel;

/// <summary>What a quorum read asks of a replica. Durable state only (rule 5).</summary>
public sealed partial class Replica
{
    /// <summary>
    /// A key's durable state as it is now, to be read later, on the thread that owns the replica: O(1), for trees are immutable.
    /// </summary>
    public KeySnapshot SnapshotOf(Key key) => new(this, key, _trees.GetValueOrDefault(key), Clock);

    /// <summary>
    /// What a digest read answers: the hash of the key's live items, 0 where it does not exist. Equal where neither replica has anything of the key to give to
    /// the other, whatever else their clocks have seen: in a partition under load these always differ. O(items of the key).
    /// </summary>
    public UInt128 DigestOf(Key key) => StateHash.Of(key, _trees.GetValueOrDefault(key), _table);

    /// <summary>One key as it was at one moment.</summary>
    public readonly struct KeySnapshot
    {
        private readonly Replica _replica;
        private readonly ItemTree _tree;

        internal KeySnapshot(Replica replica, Key key, ItemTree tree, DotSet clock) => (_replica, Key, _tree, Clock) = (replica, key, tree, clock);

        /// <summary>Which key.</summary>
        public Key Key { get; }

        /// <summary>All dots that were durable.</summary>
        public DotSet Clock { get; }

        /// <summary>True where the key existed.</summary>
        public bool Exists => !_tree.IsEmpty;

        /// <summary>As <see cref="DigestOf"/>.</summary>
        public UInt128 Digest => StateHash.Of(Key, _tree, _replica._table);

        /// <summary>As <see cref="StateOf"/> would have given it.</summary>
        public Record State
        {
            get
            {
                var states = new KeyStates.Builder(_replica._table, Clock, DotSet.Empty);
                states.Add(Key, _tree, DotSet.Empty);
                return states.Build();
            }
        }

        /// <summary>The value; null where the key did not exist.</summary>
        public DataValue? Value => ValueReader.Read(_tree, _replica._table);
    }
}
