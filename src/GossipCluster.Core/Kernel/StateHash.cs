using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>The hash of a key's live items: the sum of their <see cref="ItemHash"/>es, 0 where there are none.</summary>
internal static class StateHash
{
    public static UInt128 Of(Key key, ItemTree tree, ReplicaTable table)
    {
        UInt128 sum = 0;
        foreach (ref readonly var item in tree) sum = unchecked(sum + OfItem(key, item.Path, table[item.Slot], item.Counter, item.Payload));
        return sum;
    }

    public static UInt128 OfItem(Key key, ReadOnlySpan<byte> path, ReplicaId replica, long counter, ReadOnlySpan<byte> payload) =>
        ItemHash.Of(key.Flat, path, replica.Node, replica.Generation, counter, payload);
}
