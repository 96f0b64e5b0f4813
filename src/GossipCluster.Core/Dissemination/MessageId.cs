namespace GossipCluster.Core.Dissemination;

/// <summary>Names one piece of news for ever: who published it, in which life, as its how manyth.</summary>
/// <param name="Origin">The life of a node that published it. Its next life counts from 1 anew, under another epoch.</param>
/// <param name="Number">From 1, without gaps.</param>
public readonly record struct MessageId(PeerId Origin, ulong Number) : IComparable<MessageId>
{
    /// <inheritdoc/>
    public int CompareTo(MessageId other)
    {
        var byOrigin = Origin.CompareTo(other.Origin);
        return byOrigin != 0 ? byOrigin : Number.CompareTo(other.Number);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Origin}:{Number}";

    /// <summary>Orders by origin, then number.</summary>
    public static bool operator <(MessageId left, MessageId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by origin, then number.</summary>
    public static bool operator >(MessageId left, MessageId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by origin, then number.</summary>
    public static bool operator <=(MessageId left, MessageId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by origin, then number.</summary>
    public static bool operator >=(MessageId left, MessageId right) => left.CompareTo(right) >= 0;
}
