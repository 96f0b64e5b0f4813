namespace GossipCluster.Core.Dissemination;

/// <summary>Tells whether two nodes are of one overlay: whether active views lead from one to the other.</summary>
/// <remarks>
/// Every overlay is known by its least peer, which counts up a beat; each node passes the least beacon that it knows to its neighbours. Where the beats stop,
/// the root is gone or cut off, and the next least takes its place. Two nodes whose roots have been settled and differ are on two islands.
/// A beacon of a root that is gone may still be on its way: only a beat that is later than the last one heard brings a root back.
/// </remarks>
internal sealed class IslandWatch(PeerId self, TimeSpan silenceMax, TimeSpan settledAfter)
{
    private Beacon _gone;
    private ulong _ownBeat = 1;
    private TimeSpan _beatAt;
    private TimeSpan _rootSince;

    /// <summary>What this node tells its neighbours.</summary>
    public Beacon Beacon { get; private set; } = new(self, 1);

    /// <summary>A neighbour's beacon. True where the root has changed: then the other neighbours are to know at once.</summary>
    public bool Hear(Beacon heard, TimeSpan now)
    {
        if (heard.Root > Beacon.Root || (heard.Root == _gone.Root && heard.Beat <= _gone.Beat)) return false;
        if (heard.Root == Beacon.Root)
        {
            if (heard.Beat <= Beacon.Beat || heard.Root == self) return false;
            (Beacon, _beatAt) = (heard, now);
            return false;
        }

        (Beacon, _beatAt, _rootSince) = (heard, now, now);
        return true;
    }

    /// <summary>As often as signs of life are sent: the root counts up, the others look whether it still does. True where the root has changed.</summary>
    public bool Beat(TimeSpan now)
    {
        if (Beacon.Root == self)
        {
            Beacon = Beacon with { Beat = ++_ownBeat };
            return false;
        }

        if (now - _beatAt <= silenceMax) return false;
        _gone = Beacon;
        (Beacon, _rootSince) = (new Beacon(self, ++_ownBeat), now);
        return true;
    }

    /// <summary>True where the other is on another island.</summary>
    public bool IsForeign(Beacon other, TimeSpan now) => other.Root != Beacon.Root && now - _rootSince >= settledAfter;
}
