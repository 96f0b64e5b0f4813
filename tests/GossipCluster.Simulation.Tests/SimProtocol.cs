using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>The real protocol, with one rule broken where the run asks for it.</summary>
internal sealed class SimProtocol(NodeName self, Replica replica, Func<ulong> random, Func<Mutant> mutant, SimPlan plan)
    : ReplicaProtocol(self, replica, random, plan.Replication)
{
    private readonly Dictionary<NodeName, DotSet> _firstClock = [];
    private readonly Dictionary<NodeName, ulong> _streams = [];

    /// <summary>What is being received is read repair.</summary>
    public bool IsRepaired { get; set; }

    protected internal override bool TakesIn =>
        IsPrimary || (mutant() == Mutant.AnyView && !Replica.HasPending) || (mutant() == Mutant.RepairsFallbacks && IsRepaired);

    protected internal override bool MayRemove => mutant() switch
    {
        Mutant.UnsyncedRemoves => IsPrimary,
        Mutant.FallbackRemoves => HasSynced || !IsPrimary,
        _ => base.MayRemove,
    };

    protected internal override bool AllAgreeToFold() => mutant() == Mutant.FoldUnasked || base.AllAgreeToFold();

    protected internal override bool Listen(NodeName from, Stamp stamp)
    {
        if (mutant() == Mutant.AnyView) return Watermarks.Heard(from, stamp.Clock, Watermarks.RingVersion, isPrimary: true);
        if (!base.Listen(from, stamp)) return false;
        if (mutant() == Mutant.EmptiedOnW && !IsPrimary && Watermarks.CountHaving(Replica.Clock) >= plan.W)
        {
            foreach (var other in Watermarks.OtherPrimaries) Watermarks.Heard(other, Replica.Clock, Watermarks.RingVersion, isPrimary: true);
        }

        return true;
    }

    protected internal override bool TryPast(Delta delta, DotSet known, List<Record> past)
    {
        switch (mutant())
        {
            case Mutant.NoPast:
                return true;
            case Mutant.PastUnsure:
                base.TryPast(delta, known, past);
                return true;
            default:
                return base.TryPast(delta, known, past);
        }
    }

    protected internal override Record? RepairOf(Key key, DotSet peerClock)
    {
        var tree = Replica.Trees.GetValueOrDefault(key);
        switch (mutant())
        {
            case Mutant.RepairNone:
                return State(Replica.Clock, DotSet.Empty, DotSet.Empty);
            case Mutant.RepairLive:
                return State(Replica.Clock, DotSet.Empty, LiveDots(tree));
            case Mutant.RepairLog:
                return State(Replica.Clock, DotSet.Empty, LiveDots(tree).Union(Replica.LoggedDotsOf(key)).Except(peerClock));
            case Mutant.RepairBasis when base.RepairOf(key, peerClock) is not null:
                return State(Replica.Clock, DotSet.Empty, Replica.LoggedDotsOf(key).Except(peerClock));
            case Mutant.RepairAdds when base.RepairOf(key, peerClock) is not null:
                var dots = Replica.LoggedDotsOf(key).Except(peerClock);
                return State(LiveDots(tree).Union(dots), peerClock, dots);
            default:
                return base.RepairOf(key, peerClock);
        }

        Record State(DotSet clock, DotSet basis, DotSet dots)
        {
            var states = new KeyStates.Builder(Replica.Table, clock, basis);
            states.Add(key, tree, dots);
            return states.Build();
        }
    }

    protected internal override FrozenReplica FrozenFor(NodeName peer, TransferAskKind kind)
    {
        if (mutant() is not (Mutant.StreamEnd or Mutant.StreamStart)) return base.FrozenFor(peer, kind);

        // The stream's number stays; what it is made from is the replica as it is now.
        if (kind == TransferAskKind.New || !_streams.TryGetValue(peer, out var stream))
        {
            _streams[peer] = stream = base.FrozenFor(peer, TransferAskKind.New).Transfer;
            _firstClock[peer] = Replica.Clock;
        }

        return new FrozenReplica(stream, mutant() == Mutant.StreamStart ? _firstClock[peer] : Replica.Clock, Replica.Table, Replica.Trees, []);
    }

    private DotSet LiveDots(ItemTree tree)
    {
        var dots = new DotSet.Builder();
        foreach (ref readonly var item in tree) dots.Add(Replica.Table[item.Slot], item.Counter, item.Counter);
        return dots.ToSet();
    }
}
