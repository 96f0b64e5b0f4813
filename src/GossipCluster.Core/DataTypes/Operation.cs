using System.Text;

namespace GossipCluster.Core.DataTypes;

/// <summary>What a client asks of one datum, as data. Validated before it touches any state.</summary>
public abstract record Operation
{
    private Operation()
    {
    }

    /// <summary>The data type that it is for; null where it is for any.</summary>
    public abstract DataType? Type { get; }

    /// <summary>True where something in it takes away what was observed: only then a context matters.</summary>
    public bool Removes => this switch
    {
        Delete or SetFlag { Enabled: false } or UpdateSet { Remove.Count: > 0 } or UpdateMap { Remove.Count: > 0 } => true,
        UpdateMap map => map.Update.Any(update => update.Operation.Removes),
        _ => false,
    };

    /// <summary>
    /// True where applying it twice is as good as once: it may be given to a second coordinator when the first is late. Not for increments, nor for
    /// removes, which a second time find nothing.
    /// </summary>
    public bool IsRepeatable => this switch
    {
        Increment => false,
        UpdateMap map => !Removes && map.Update.All(update => update.Operation.IsRepeatable),
        _ => !Removes,
    };

    /// <summary>Adds to a counter; negative takes away. 0 makes the counter exist.</summary>
    public sealed record Increment(long By) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Counter;
    }

    /// <summary>Adds elements to a set and removes others. An element in both is added.</summary>
    public sealed record UpdateSet(IReadOnlyList<ReadOnlyMemory<byte>> Add, IReadOnlyList<ReadOnlyMemory<byte>> Remove) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Set;
    }

    /// <summary>Adds elements to a grow-only set.</summary>
    public sealed record AddToGSet(IReadOnlyList<ReadOnlyMemory<byte>> Add) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.GSet;
    }

    /// <summary>Counts elements in a HyperLogLog.</summary>
    public sealed record AddToHll(IReadOnlyList<ReadOnlyMemory<byte>> Add) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Hll;
    }

    /// <summary>Writes a register.</summary>
    public sealed record Assign(ReadOnlyMemory<byte> Value) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Register;
    }

    /// <summary>Enables or disables a flag.</summary>
    public sealed record SetFlag(bool Enabled) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Flag;
    }

    /// <summary>Removes fields of a map, then updates others. A field in both is left with the update alone.</summary>
    public sealed record UpdateMap(IReadOnlyList<FieldUpdate> Update, IReadOnlyList<FieldName> Remove) : Operation
    {
        /// <inheritdoc/>
        public override DataType? Type => DataType.Map;
    }

    /// <summary>Removes the whole datum, whatever its type.</summary>
    public sealed record Delete : Operation
    {
        /// <summary>The one instance.</summary>
        public static readonly Delete Instance = new();

        /// <inheritdoc/>
        public override DataType? Type => null;
    }

    /// <summary>Adds text elements to a set.</summary>
    public static UpdateSet AddToSet(params string[] elements) => new(Utf8(elements), []);

    /// <summary>Removes text elements from a set.</summary>
    public static UpdateSet RemoveFromSet(params string[] elements) => new([], Utf8(elements));

    /// <summary>Writes a text to a register.</summary>
    public static Assign AssignText(string value) => new(Encoding.UTF8.GetBytes(value));

    /// <summary>Updates one field of a map.</summary>
    public static UpdateMap UpdateField(DataType type, string name, Operation operation) => new([new FieldUpdate(FieldName.Of(type, name), operation)], []);

    /// <summary>Removes one field of a map.</summary>
    public static UpdateMap RemoveField(DataType type, string name) => new([], [FieldName.Of(type, name)]);

    /// <summary>Texts as elements.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Utf8(params string[] texts) =>
        Array.ConvertAll(texts, text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text));
}

/// <summary>A field of a map: two of one name and different types are two fields.</summary>
/// <param name="Type">The field's data type.</param>
/// <param name="Bytes">The name in UTF-8, at most <see cref="OperationLimits.FieldNameBytesMax"/> bytes; may be empty.</param>
public readonly record struct FieldName(DataType Type, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The name as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>A field of a text name.</summary>
    public static FieldName Of(DataType type, string name) => new(type, Encoding.UTF8.GetBytes(name));

    /// <summary>True where type and name are the same.</summary>
    public bool Equals(FieldName other) => Type == other.Type && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Kernel.Key.HashOf(Bytes.Span) ^ (int)Type;

    /// <inheritdoc/>
    public override string ToString() => $"{Text}_{Type.ToString().ToLowerInvariant()}";
}

/// <summary>An update of one field of a map.</summary>
public sealed record FieldUpdate(FieldName Field, Operation Operation);
