namespace GossipCluster.Core.DataTypes;

/// <summary>How large an operation, and what it makes, may be. Beyond: <see cref="OperationProblem.TooLarge"/> or <see cref="OperationProblem.TooDeep"/>.</summary>
/// <remarks>The constants are part of the stored form, the same on every node; the properties are settings.</remarks>
public sealed record OperationLimits
{
    /// <summary>Maps within maps within a key: more levels than any schema has, fewer than a stack minds.</summary>
    public const int DepthMax = 32;

    /// <summary>The longest name of a map's field, in bytes of UTF-8; a name may be empty.</summary>
    public const int FieldNameBytesMax = 1024;

    /// <summary>The longest element of a set or HLL, in bytes.</summary>
    public const int ElementBytesMax = 65_536;

    /// <summary>The longest path of an item: a deep field and the longest element.</summary>
    public const int PathBytesMax = (DepthMax * (FieldNameBytesMax + 4)) + ElementBytesMax + 2;

    /// <summary>The defaults.</summary>
    public static readonly OperationLimits Default = new();

    /// <summary>The longest value of a register.</summary>
    /// <value>Bytes. Default: 4 MiB, four times the largest value that is wise.</value>
    public int RegisterBytesMax { get; init; } = 4 << 20;

    /// <summary>The most elements and fields that one operation names.</summary>
    /// <value>Default: 100,000, a whole large set in one request.</value>
    public int OperationItemsMax { get; init; } = 100_000;

    /// <summary>The most bytes of elements, names and values in one operation.</summary>
    /// <value>Bytes. Default: 8 MiB: what is staged in one step stays small beside a batch.</value>
    public int OperationBytesMax { get; init; } = 8 << 20;

    /// <summary>The most bytes that a key's live items may take in packed form; an operation that adds to a larger one is refused, removes are not.</summary>
    /// <value>Bytes. Default: 64 MiB: a key travels in one piece when its replicas are repaired by key.</value>
    public int KeyBytesMax { get; init; } = 64 << 20;
}
