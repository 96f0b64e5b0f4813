namespace GossipCluster.Core.Dissemination;

/// <summary>Spreads news from any node to all. Pure: (state, input, now) -> (state, effects), and one interface for three ways: <see cref="DisseminationWay"/>.</summary>
/// <remarks>
/// <code>
///   Publish(payload) --> Send ...                                     on another node: Receive --> Deliver, Send ...
///   Learn(members), Suspect(peer), Tick(now) at NextDue --> Send ...
/// </code>
/// Best effort with a backstop: whatever is lost, digests bring to every member that is reachable within <see cref="RecentOptions.AgeMax"/>. What must
/// never be missed is held in a table of its own that is exchanged as a whole.
///
/// <c>now</c> is of a clock that does not go back; every method may be called at any time, and gives the effects in the order in which they are to be done.
/// Not safe for use by several threads.
/// </remarks>
public interface IDissemination
{
    /// <summary>This life of this node.</summary>
    PeerId Self { get; }

    /// <summary>What has happened so far.</summary>
    DisseminationCounters Counters { get; }

    /// <summary>When <see cref="Tick"/> has something to do next, as of the last call.</summary>
    TimeSpan NextDue { get; }

    /// <summary>Membership has changed. The first list brings the node among the others.</summary>
    IReadOnlyList<DisseminationEffect> Learn(MemberList members, TimeSpan now);

    /// <summary>News of this node, to all others. It is not delivered here.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="DisseminationWire.PayloadBytesMax"/> bytes: a programming error.</exception>
    IReadOnlyList<DisseminationEffect> Publish(ReadOnlyMemory<byte> payload, TimeSpan now);

    /// <summary>A message has come. One to or from an earlier life is counted and dropped.</summary>
    IReadOnlyList<DisseminationEffect> Receive(DisseminationParcel parcel, TimeSpan now);

    /// <summary>A failure detector or a closed connection says that this peer cannot be reached. Optional: silence tells the same, later.</summary>
    IReadOnlyList<DisseminationEffect> Suspect(PeerId peer, TimeSpan now);

    /// <summary>Time has passed.</summary>
    IReadOnlyList<DisseminationEffect> Tick(TimeSpan now);

    /// <summary>This node stops: its neighbours need not find that out. Nothing is called after it.</summary>
    IReadOnlyList<DisseminationEffect> Leave(TimeSpan now);
}
