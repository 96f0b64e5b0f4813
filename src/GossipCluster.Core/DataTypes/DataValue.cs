using System.Text;

namespace GossipCluster.Core.DataTypes;

/// <summary>What a reader sees of a datum or a field. A function of the live items alone: same state, same value, byte for byte.</summary>
public abstract record DataValue
{
    private DataValue()
    {
    }

    /// <summary>The data type.</summary>
    public abstract DataType Type { get; }

    /// <summary>The sum of all shares.</summary>
    public sealed record Counter(Int128 Sum) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => DataType.Counter;
    }

    /// <summary>The elements of a set or gset, each once, in the order of their bytes.</summary>
    public sealed record Elements(DataType Kind, IReadOnlyList<ReadOnlyMemory<byte>> Items) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => Kind;

        /// <summary>The elements as text.</summary>
        public IEnumerable<string> Texts => Items.Select(item => Encoding.UTF8.GetString(item.Span));
    }

    /// <summary>All values written concurrently, the winner (greatest timestamp, then dot) first. At least one.</summary>
    public sealed record Register(IReadOnlyList<RegisterVersion> Versions) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => DataType.Register;

        /// <summary>The winner's bytes.</summary>
        public ReadOnlyMemory<byte> Value => Versions[0].Value;
    }

    /// <summary>True where an enable is live.</summary>
    public sealed record Flag(bool Enabled) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => DataType.Flag;
    }

    /// <summary>How many distinct elements, estimated.</summary>
    public sealed record Hll(long Estimate) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => DataType.Hll;
    }

    /// <summary>The fields, ordered by the bytes of <c>name_type</c>.</summary>
    public sealed record Map(IReadOnlyList<KeyValuePair<FieldName, DataValue>> Fields) : DataValue
    {
        /// <inheritdoc/>
        public override DataType Type => DataType.Map;

        /// <summary>A field's value; null where there is no such field.</summary>
        public DataValue? this[FieldName field] => Fields.FirstOrDefault(entry => entry.Key.Equals(field)).Value;
    }
}

/// <summary>One of the values of a register.</summary>
/// <param name="Timestamp">When it was written, in ticks of 100 ns since 0001-01-01 UTC by the coordinator's clock.</param>
/// <param name="Dot">What breaks the tie.</param>
/// <param name="Value">The bytes.</param>
public sealed record RegisterVersion(long Timestamp, Causality.Dot Dot, ReadOnlyMemory<byte> Value);
