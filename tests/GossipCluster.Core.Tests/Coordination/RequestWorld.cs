using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>What a write and a read have in common: nodes, who is there, and time.</summary>
/// <param name="n">n_val.</param>
/// <param name="nodes">In the ring.</param>
/// <param name="self">Where in the list; -1 for outside.</param>
/// <param name="down">Which are unreachable at the start.</param>
internal abstract class RequestWorld(int n, int nodes, int self, uint down)
{
    protected static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(1_000);

    // Monotonic time has any origin.
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(-7);

    protected NodeName[] List { get; } = [.. Enumerable.Range(0, nodes).Select(NameOf)];

    protected NodeName Self { get; } = self < 0 ? NodeName.Of("outside") : NameOf(self);

    /// <summary>Unreachable by the failure detector's verdict.</summary>
    protected HashSet<NodeName> Down { get; } = [.. Enumerable.Range(0, nodes).Where(index => index != self && (down >> index & 1) != 0).Select(NameOf)];

    /// <summary>Nothing listens there.</summary>
    protected HashSet<NodeName> Shut { get; } = [];

    protected TimeSpan Now { get; private set; } = Start;

    protected NodeName[] Primaries => [.. List.Take(n)];

    protected NodeName[] Reachable => [.. List.Where(node => !Down.Contains(node) && !Shut.Contains(node))];

    protected bool IsOverdue => Now >= Start + Timeout;

    protected Candidates Candidates => Candidates.Of(Self, [.. List], n, Down);

    protected abstract bool IsAnswered { get; }

    protected abstract TimeSpan NextDeadline { get; }

    protected abstract void Tick();

    protected void Wait(TimeSpan time)
    {
        Now += time;
        Tick();
    }

    /// <summary>Nothing more happens but time.</summary>
    protected void WaitForTheAnswer()
    {
        for (var ticks = 0; !IsAnswered; ticks++)
        {
            Assert.True(ticks < 200, "Ticks must not go on for ever.");
            Assert.True(NextDeadline <= Start + Timeout, "What is not answered has a deadline.");
            Wait(NextDeadline > Now ? NextDeadline - Now : TimeSpan.Zero);
        }

        Assert.Equal(TimeSpan.MaxValue, NextDeadline);
    }

    /// <summary>The failure detector's verdict on a node; on itself it has none.</summary>
    protected void Judge(NodeName node, bool reachable)
    {
        if (node == Self || reachable) Down.Remove(node);
        else Down.Add(node);
    }

    private static NodeName NameOf(int index) => NodeName.Of($"n{index}");
}
