using GossipCluster.Core.Causality;

namespace GossipCluster.Simulation.Tests;

/// <summary>A network that loses, doubles, delays and reorders, that can be cut, also in one direction, and that keeps messages back on request.</summary>
internal sealed class SimNet(Simulation world)
{
    private readonly HashSet<(NodeName From, NodeName To)> _cuts = [];
    private readonly List<HeldMessages> _holds = [];

    public bool IsFaulty { get; set; } = true;

    public void Cut(NodeName from, NodeName to) => _cuts.Add((from, to));

    public void HealAll() => _cuts.Clear();

    public bool IsCut(NodeName from, NodeName to) => _cuts.Contains((from, to));

    /// <summary>Sends. A message outlives its sender; it does not outlive its receiver's absence.</summary>
    public void Send(SimMessage message)
    {
        if (_holds.Find(hold => hold.Takes(message)) is { } held)
        {
            held.Keep(message);
            return;
        }

        if (IsFaulty && world.Chance(world.Plan.Loss)) return;
        Post(message);
        if (IsFaulty && world.Chance(world.Plan.Duplication)) Post(message);
    }

    /// <summary>From here on, keeps back the messages that a test asks for.</summary>
    public HeldMessages Hold(Predicate<SimMessage> which)
    {
        var held = new HeldMessages(this, which);
        _holds.Add(held);
        return held;
    }

    public void StopHolding(HeldMessages held) => _holds.Remove(held);

    public void Post(SimMessage message) =>
        world.After(world.Delay(IsFaulty ? world.Plan.DelayMax : 3), () =>
        {
            var receiver = world.Node(message.To);
            if (receiver.IsAlive && !IsCut(message.From, message.To)) message.Deliver(receiver);
        });
}

/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Content">What it says: for those who choose among messages.</param>
/// <param name="Deliver">What it does to the receiver.</param>
internal sealed record SimMessage(NodeName From, NodeName To, object Content, Action<SimNode> Deliver);

/// <summary>Messages that are under way until a test says what becomes of them.</summary>
internal sealed class HeldMessages(SimNet net, Predicate<SimMessage> which)
{
    private readonly List<SimMessage> _messages = [];

    public int Count => _messages.Count;

    public bool Takes(SimMessage message) => which(message);

    public void Keep(SimMessage message) => _messages.Add(message);

    /// <summary>Those that are held stay so; what is sent from here on goes through.</summary>
    public void Close() => net.StopHolding(this);

    /// <summary>They arrive; what is sent from here on is held.</summary>
    public void Deliver()
    {
        Repeat();
        _messages.Clear();
    }

    /// <summary>They arrive, and are still under way, to arrive again.</summary>
    public void Repeat()
    {
        foreach (var message in _messages) net.Post(message);
    }

    /// <summary>They arrive; what is sent from here on goes through.</summary>
    public void Release()
    {
        Close();
        Deliver();
    }
}
