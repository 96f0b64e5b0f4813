namespace GossipCluster.Core.Causality;

/// <summary>The name of one item or one event: given once, never reused.</summary>
/// <param name="Replica">Who gave it.</param>
/// <param name="Counter">1 for the first that this replica id gave in this partition, then on without gaps.</param>
public readonly record struct Dot(ReplicaId Replica, long Counter) : IComparable<Dot>
{
    /// <inheritdoc/>
    public int CompareTo(Dot other)
    {
        var byReplica = Replica.CompareTo(other.Replica);
        return byReplica != 0 ? byReplica : Counter.CompareTo(other.Counter);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Replica}:{Counter}";

    /// <summary>Orders by replica id, then counter.</summary>
    public static bool operator <(Dot left, Dot right) => left.CompareTo(right) < 0;

    /// <summary>Orders by replica id, then counter.</summary>
    public static bool operator >(Dot left, Dot right) => left.CompareTo(right) > 0;

    /// <summary>Orders by replica id, then counter.</summary>
    public static bool operator <=(Dot left, Dot right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by replica id, then counter.</summary>
    public static bool operator >=(Dot left, Dot right) => left.CompareTo(right) >= 0;
}

/// <summary>Consecutive counters of one replica id, both ends included.</summary>
/// <param name="First">At least 1.</param>
/// <param name="Last">At least <paramref name="First"/>.</param>
public readonly record struct CounterRange(long First, long Last)
{
    /// <summary>How many counters, at least 1.</summary>
    public long Count => Last - First + 1;
}

/// <summary>Consecutive dots of one replica id, both ends included.</summary>
/// <param name="Replica">Whose.</param>
/// <param name="First">At least 1.</param>
/// <param name="Last">At least <paramref name="First"/>.</param>
public readonly record struct DotRange(ReplicaId Replica, long First, long Last)
{
    /// <summary>How many dots, at least 1.</summary>
    public long Count => Last - First + 1;
}
