using System.Buffers;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Placement;

/// <summary>A node as the ring knows it: who it is, how much it takes, and with what it would fail together.</summary>
/// <param name="Name">Unique in a ring.</param>
/// <param name="Weight">
/// Its share of partitions relative to the other members', <see cref="WeightMin"/> to <see cref="WeightMax"/>: 200 takes twice what 100
/// takes.
/// </param>
/// <param name="Zone">
/// A rack, a room, an availability zone: what fails as one. Up to <see cref="ZoneLengthMax"/> characters; members that name none share the
/// zone "".
/// </param>
public sealed record RingMember(NodeName Name, int Weight = RingMember.WeightDefault, string Zone = "")
{
    /// <summary>The least weight. There is no weight of 0: a member that shall hold nothing leaves the ring.</summary>
    public const int WeightMin = 1;

    /// <summary>The greatest weight. With it <see cref="Rendezvous"/> compares in 64 bits.</summary>
    public const int WeightMax = 10_000;

    /// <summary>The weight where the operator says nothing, so that "one percent less" can be said in whole numbers.</summary>
    public const int WeightDefault = 100;

    /// <summary>The longest name of a zone, in characters (which are bytes: zones are ASCII).</summary>
    public const int ZoneLengthMax = 64;

    private static readonly SearchValues<char> ZoneCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:");

    /// <summary>Why this is no member of a ring; null where it is one.</summary>
    internal RingError? Error()
    {
        if (Name == default) return new RingError.NamelessMember();
        if (Weight is < WeightMin or > WeightMax) return new RingError.WeightOutOfRange(Name, Weight);
        return IsZone(Zone) ? null : new RingError.MalformedZone(Name);
    }

    private static bool IsZone(string? zone) => zone is { Length: <= ZoneLengthMax } && !zone.AsSpan().ContainsAnyExcept(ZoneCharacters);
}
