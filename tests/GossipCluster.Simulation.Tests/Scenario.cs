using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>A chain of events that is written down instead of drawn: the same nodes, network, disks and oracle, and nothing happens that is not asked for.</summary>
internal sealed class Scenario
{
    private readonly Simulation _world;

    /// <summary>A cluster of one partition in which all are up and every primary has synced.</summary>
    public Scenario(Mutant mutant, int nodes, int n, int logEntriesMax = 1000, int logDeltaBytesMax = 1 << 20, int partBytesMax = 64 << 10)
    {
        _world = new Simulation(new SimPlan(Seed: 1, mutant)
        {
            Nodes = nodes,
            FirstMembers = nodes,
            N = n,
            W = Math.Min(2, n),
            Loss = 0,
            Duplication = 0,
            DelayMax = 0,
            DetectorDelayMax = 0,
            Replica = new ReplicaOptions { LogEntriesMax = logEntriesMax, LogDeltaBytesMax = logDeltaBytesMax },
            Replication = new ReplicationOptions { PartBytesMax = partBytesMax },
        });
        foreach (var node in _world.Nodes) node.Start();
        _world.Advance(TimeSpan.FromSeconds(1));
        _world.Round();
    }

    /// <summary>The nodes as the first ring prefers them: the first n are the primaries.</summary>
    public SimNode this[int place] => _world.Node(_world.Rings[0].PreferenceList(0).Members[place]);

    public int MemberCount => _world.Rings[^1].Members.Length;

    public Key Set => _world.KeyOf(DataType.Set);

    public Key OtherSet => _world.KeyOf(DataType.Set, which: 1);

    public Key Counter => _world.KeyOf(DataType.Counter);

    public Key Map => _world.KeyOf(DataType.Map);

    /// <summary>Lets everything happen that is under way and not held.</summary>
    public void Settle() => _world.Advance(TimeSpan.FromMilliseconds(100));

    public void SettleUntil(Func<bool> isSo) => _world.AdvanceUntil(isSo);

    /// <summary>All becomes well, and everything is checked.</summary>
    public void End() => _world.End();

    public ClientOp Add(SimNode at, string element, Key? to = null)
    {
        var op = AddUnsettled(at, element, to);
        Settle();
        return op;
    }

    public ClientOp AddUnsettled(SimNode at, string element, Key? to = null) => Write(at, to ?? Set, DataType.Set, Operation.AddToSet(element));

    public ClientOp Remove(SimNode at, string element, DotSet token)
    {
        var op = _world.Write(at, Set, DataType.Set, Operation.RemoveFromSet(element), token, Simulation.PathOf(DataType.Set, element));
        Settle();
        return op;
    }

    public ClientOp Delete(SimNode at)
    {
        var op = _world.Write(at, Set, DataType.Set, Operation.Delete.Instance);
        Settle();
        return op;
    }

    /// <summary>Looks, waits for a message's lifetime, and looks again.</summary>
    public void Fold(SimNode node)
    {
        for (var look = 0; look < 4; look++)
        {
            node.Run(0, (protocol, effects) => protocol.TryFold(_world.Now, TimeSpan.FromMilliseconds(20), effects));
            Settle();
        }
    }

    public ClientOp Increment(SimNode at)
    {
        var op = Write(at, Counter, DataType.Counter, new Operation.Increment(1));
        Settle();
        return op;
    }

    /// <summary>By way of a node, which may not be the one to coordinate it.</summary>
    public ClientOp IncrementBy(SimNode client) => _world.Write(client, Counter, DataType.Counter, new Operation.Increment(1));

    public ClientOp UpdateMap(SimNode at, Operation update)
    {
        var op = Write(at, Map, DataType.Map, update);
        Settle();
        return op;
    }

    /// <summary>A token for the set, from what one node has.</summary>
    public DotSet Read(SimNode from) => ReadWith(from, r: 1).Clock;

    /// <summary>A client's read of the set at a node, with a quorum of its own.</summary>
    public ClientRead ReadWith(SimNode at, int r)
    {
        var read = _world.Read(at, Set, new ReadQuorum(_world.Plan.N, r, 0));
        Settle();
        return read;
    }

    /// <summary>The value as a node has it.</summary>
    public string Value(SimNode at, Key? key = null) => Simulation.Render(at.Protocols[0].Replica.Read(key ?? Set));

    public void Sync(SimNode asker, SimNode peer)
    {
        asker.Run(0, (protocol, effects) => protocol.SyncWith(peer.Name, effects));
        Settle();
    }

    public void Offer(SimNode fallback, SimNode to)
    {
        fallback.Run(0, (protocol, effects) => protocol.OfferTo(to.Name, effects));
        Settle();
    }

    /// <summary>A reader that has both answers has the one node repair the other.</summary>
    public void Repair(SimNode behind, SimNode by)
    {
        _world.Repair(Set, behind, by);
        Settle();
    }

    public void Crash(SimNode node)
    {
        node.Crash("is killed");
        _world.Watch();
    }

    public void StopCleanly(SimNode node)
    {
        node.StopCleanly();
        _world.Watch();
    }

    public void Start(SimNode node)
    {
        node.Start();
        Settle();
    }

    public void CopyDisk(SimNode node) => node.Backup = node.Disk.Copy();

    /// <summary>The node dies; when it starts, it is on the copy of its disk.</summary>
    public void PutCopyBack(SimNode node)
    {
        _world.Restore(node);
        _world.Watch();
    }

    /// <summary>The node dies; when it starts, its disk is empty.</summary>
    public void LoseDisk(SimNode node)
    {
        _world.LoseDisk(node);
        _world.Watch();
    }

    /// <summary>There is a newer ring, which prefers a node to all others. Nobody has heard of it.</summary>
    public int PreferredFromHereOn(SimNode node)
    {
        var ring = _world.Rings[^1];
        foreach (var member in ring.Members) ring = ring.WithWeight(member.Name, member.Name == node.Name ? RingMember.WeightMax : RingMember.WeightMin);
        _world.AddRing(ring);
        Assert.Equal(node.Name, ring.PreferenceList(0).Members[0]);
        return _world.Rings.Count - 1;
    }

    public HeldMessages Hold<T>(SimNode? from = null, SimNode? to = null) => _world.Net.Hold(message =>
        message.Content is T && (from is null || message.From == from.Name) && (to is null || message.To == to.Name));

    /// <summary>What is sent meanwhile, to one node or to all, is under way and stays so.</summary>
    public HeldMessages Late(Action what, SimNode? to = null)
    {
        var held = Hold<object>(to: to);
        what();
        held.Close();
        return held;
    }

    /// <summary>What is sent meanwhile, to one node or to all, is lost.</summary>
    public void Unheard(Action what, SimNode? by = null) => Assert.NotEqual(0, Late(what, by).Count);

    /// <summary>At a node that is no primary, as if the sender's ring had made it one: it stages what needs no state and replicates it.</summary>
    private ClientOp Write(SimNode at, Key key, DataType type, Operation operation) => _world.Write(at, key, type, operation, isChosen: !at.Protocols[0].IsPrimary);
}
