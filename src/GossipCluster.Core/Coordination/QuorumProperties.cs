namespace GossipCluster.Core.Coordination;

/// <summary>What a bucket type says about quorums; a request overrides it value by value.</summary>
public sealed record QuorumProperties
{
    /// <summary>The largest n_val.</summary>
    public const int NMax = 16;

    /// <summary>The properties of a bucket type that says nothing.</summary>
    public static QuorumProperties Standard { get; } = new();

    /// <summary>Replicas that answer a read.</summary>
    /// <value>1 to n; 0 counts as 1. Default: a majority, so that a read meets every write that a majority took.</value>
    public QuorumValue R { get; init; } = QuorumValue.Quorum;

    /// <summary>Primaries among those that answer a read; strict.</summary>
    /// <value>0 to n. Default: 0, so that reads go on where primaries are gone.</value>
    public QuorumValue Pr { get; init; } = QuorumValue.Of(0);

    /// <summary>Copies on distinct nodes before a write is acknowledged.</summary>
    /// <value>1 to n; 0 counts as 1. Default: a majority, so that no single loss takes an acknowledged write away.</value>
    public QuorumValue W { get; init; } = QuorumValue.Quorum;

    /// <summary>Durable copies before a write is acknowledged.</summary>
    /// <value>0 to n. Default: a majority, so that a power failure everywhere takes no acknowledged write away.</value>
    public QuorumValue Dw { get; init; } = QuorumValue.Quorum;

    /// <summary>Primaries among the copies before a write is acknowledged; strict.</summary>
    /// <value>0 to n. Default: 0, so that writes go on where primaries are gone.</value>
    public QuorumValue Pw { get; init; } = QuorumValue.Of(0);

    /// <summary>Distinct nodes that hold a write before it is acknowledged; strict, which <see cref="W"/> is not.</summary>
    /// <value>0 to n. Default: 0, always writable.</value>
    public QuorumValue NodeConfirms { get; init; } = QuorumValue.Of(0);

    /// <summary>See <see cref="ReadQuorum.NotFoundOk"/>.</summary>
    /// <value>Default: true, as in Riak.</value>
    public bool NotFoundOk { get; init; } = true;

    /// <summary>See <see cref="ReadQuorum.BasicQuorum"/>.</summary>
    /// <value>Default: false, as in Riak.</value>
    public bool BasicQuorum { get; init; }

    /// <summary>What of these a bucket type with this n cannot have; empty where all is well.</summary>
    /// <param name="n">n_val, 1 to <see cref="NMax"/>.</param>
    public IReadOnlyList<QuorumError> Validate(int n)
    {
        List<QuorumError> errors = [];
        WriteQuorum.TryResolve(n, QuorumParameters.None, this, errors, out _);
        ReadQuorum.TryResolve(n, QuorumParameters.None, this, errors, out _);
        return errors;
    }

    /// <summary>Resolves one value: the request's, else the bucket type's, else the standard one.</summary>
    internal static int Resolve(
        string name, int n, QuorumValue asked, QuorumValue property, QuorumValue standard, List<QuorumError> errors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, NMax);
        var value = asked.IsDefault ? property : asked;
        if (value.IsDefault) value = standard;
        if (!value.TryResolve(n, out var replicas)) errors.Add(new QuorumError.OutOfRange(name, value, n));
        return replicas;
    }
}
