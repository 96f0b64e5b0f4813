using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>The real protocol, with one rule broken where the run asks for it.</summary>
internal sealed class SimProtocol(NodeName self, Replica replica, Func<ulong> random, Mutant mutant, ReplicationOptions options)
    : ReplicaProtocol(self, replica, random, options)
{
    private readonly Dictionary<NodeName, DotSet> _firstClock = [];
    private readonly Dictionary<NodeName, ulong> _streams = [];

    protected internal override bool TakesIn => IsPrimary || mutant == Mutant.AnyView;

    protected internal override bool Listen(NodeName from, Stamp stamp) => mutant == Mutant.AnyView
        ? Watermarks.Heard(from, stamp.Clock, Watermarks.RingVersion, isPrimary: true)
        : base.Listen(from, stamp);

    protected internal override bool TryPast(Delta delta, DotSet known, List<Delta> past) =>
        mutant == Mutant.NoPast || base.TryPast(delta, known, past);

    protected internal override Record? RepairOf(Key key, DotSet peerClock)
    {
        var tree = Replica.Trees.FirstOrDefault(entry => entry.Key == key).Value;
        var dots = mutant switch
        {
            Mutant.RepairNone => DotSet.Empty,
            Mutant.RepairLive => LiveDots(tree),
            Mutant.RepairLog => LiveDots(tree).Union(Replica.LoggedDotsOf(key)).Except(peerClock),
            _ => null,
        };
        if (dots is null) return base.RepairOf(key, peerClock);
        var states = new KeyStates.Builder(Replica.Table, Replica.Clock, DotSet.Empty);
        states.Add(key, tree, dots);
        return states.Build();
    }

    protected internal override FrozenReplica FrozenFor(NodeName peer, TransferAskKind kind)
    {
        if (mutant is not (Mutant.StreamEnd or Mutant.StreamStart)) return base.FrozenFor(peer, kind);

        // The stream's number stays; what it is made from is the replica as it is now.
        if (kind == TransferAskKind.New || !_streams.TryGetValue(peer, out var stream))
        {
            _streams[peer] = stream = base.FrozenFor(peer, TransferAskKind.New).Transfer;
            _firstClock[peer] = Replica.Clock;
        }

        return new FrozenReplica(stream, mutant == Mutant.StreamStart ? _firstClock[peer] : Replica.Clock, Replica.Table, Replica.Trees, []);
    }

    private DotSet LiveDots(ItemTree tree)
    {
        var dots = new DotSet.Builder();
        foreach (ref readonly var item in tree) dots.Add(Replica.Table[item.Slot], item.Counter, item.Counter);
        return dots.ToSet();
    }
}
