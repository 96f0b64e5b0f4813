using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Simulation.Tests;

/// <content>What a node says to others, and what its failure detector thinks of them: late to see a cut, and sometimes wrong for a while.</content>
internal sealed partial class SimNode
{
    private readonly HashSet<NodeName> _unreachable = [];
    private readonly HashSet<NodeName> _looks = [];

    public bool Suspects(NodeName other) => _unreachable.Contains(other);

    /// <summary>Where what the detector says is not so, it will see that after a while.</summary>
    public void Watch()
    {
        if (!IsAlive) return;
        foreach (var other in world.Nodes)
        {
            if (other != this && world.Reaches(this, other.Name) == Suspects(other.Name)) LookAt(other.Name, world.Plan.DetectorDelayMax);
        }
    }

    /// <summary>The detector takes a node that may well be there for gone, for a while.</summary>
    public void Suspect(NodeName other)
    {
        if (!IsAlive || other == Name) return;
        world.Trace($"{Name} suspects {other}");
        Judge(other, reachable: false);
        LookAt(other, 10 * world.Plan.DetectorDelayMax);
    }

    private void LookAt(NodeName other, int millisecondsMax)
    {
        if (millisecondsMax == 0)
        {
            Judge(other, world.Reaches(this, other));
            return;
        }

        if (!_looks.Add(other)) return;
        var life = Life;
        world.After(world.Delay(millisecondsMax), () =>
        {
            if (Life != life) return;
            _looks.Remove(other);
            Judge(other, world.Reaches(this, other));
        });
    }

    private void Judge(NodeName other, bool reachable)
    {
        if (reachable ? !_unreachable.Remove(other) : !_unreachable.Add(other)) return;
        if (!reachable) world.Interrupt(this, other);
        foreach (var attempt in _writes.Values.ToList()) Handle(attempt, WriteInput.ReachabilityChanged(other, reachable));
        foreach (var read in _reads.ToList()) Handle(read, ReadInput.ReachabilityChanged(other, reachable));
    }

    private void Send(NodeName to, object content, Action<SimNode> deliver) => world.Net.Send(new SimMessage(Name, to, content, deliver));

    /// <summary>Asks one life of a node, over one connection: it hears it once, or never; or nothing listens, and the asker may hear that.</summary>
    private void Request(NodeName to, object content, Action<SimNode> deliver, Action refused)
    {
        var receiver = world.Node(to);
        if (ConnectionRefused(receiver, refused)) return;
        var (session, isTold) = (receiver.Life, false);
        Send(to, content, node =>
        {
            if (isTold || node.Life != session) return;
            isTold = true;
            deliver(node);
        });
    }

    private bool ConnectionRefused(SimNode receiver, Action refused)
    {
        if (receiver.IsAlive || world.Net.IsCut(Name, receiver.Name) || world.Net.IsCut(receiver.Name, Name) || !world.Chance(world.Plan.RefusedConnections)) return false;
        var life = Life;
        world.After(world.Delay(3), () =>
        {
            if (Life == life) refused();
        });
        return true;
    }

    /// <summary>A new life knows nothing of what the last one was at.</summary>
    private void Forget()
    {
        foreach (var read in _reads) world.Forget(read);
        _writes.Clear();
        _reads.Clear();
        _unreachable.Clear();
        _looks.Clear();
    }
}
