using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>The test doors: what tests of the tests need to see and to spoil. Internal; nothing in the product calls them.</summary>
public sealed partial class Replica
{
    /// <summary>How many items of a key are live.</summary>
    internal int ItemCount(Key key)
    {
        var count = 0;
        foreach (ref readonly var _ in _trees.GetValueOrDefault(key)) count++;
        return count;
    }

    /// <summary>The dots that the log attributes to a key, whether or not it can attribute all others.</summary>
    internal DotSet LoggedDotsOf(Key key) => DotsOf(key, Clock, mark: 0);

    /// <summary>Claims dots without their effects: what no rule allows.</summary>
    internal void DamageClock(DotSet dots)
    {
        _clock.Add(dots);
        _stagedClock.Add(dots);
        _unlogged.Add(dots);
    }
}
