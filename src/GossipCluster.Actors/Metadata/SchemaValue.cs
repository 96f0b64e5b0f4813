using System.Text;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Metadata;

/// <summary>The values of entries <c>type/name</c> and <c>bucket/type/name</c>.</summary>
/// <remarks>
/// Type: version byte, data type, n_val, properties; with version 2 a priority, with version 3 a flag too, 1 where it is retired; 0 in those that do not have them. Bucket: version byte, 1 and properties, or 0 where the bucket has none of its own any more.
/// Properties: eight quorum values and flags as clients write them, then the HLL precision. Words and not numbers, because <c>quorum</c> of 3 is not 2.
/// </remarks>
internal static class SchemaValue
{
    private const byte Version = 1;

    // Written only where it says more: a node that knows the first alone can read the others' types.
    private const byte PriorityVersion = 2;
    private const byte RetiredVersion = 3;
    private const int WordBytesMax = 32;

    public static byte[] Of(BucketType type)
    {
        var (priority, retired) = (type.Properties.Priority, type.Properties.Retired);
        var version = retired ? RetiredVersion : priority == 0 ? Version : PriorityVersion;
        var writer = Begin(version);
        writer.WriteByte((byte)type.DataType);
        writer.WriteCount(type.N);
        Write(writer, type.Properties);
        if (version >= PriorityVersion) writer.WriteCount(priority);
        if (version >= RetiredVersion) writer.WriteByte(1);
        return writer.ToArray();
    }

    public static byte[] Of(BucketProperties? properties)
    {
        var writer = Begin();
        writer.WriteByte(properties is null ? (byte)0 : (byte)1);
        if (properties is not null) Write(writer, properties);
        return writer.ToArray();
    }

    /// <summary>Null where the value is none.</summary>
    public static BucketType? ReadType(string name, ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        var version = reader.ReadByte();
        if (version is < Version or > RetiredVersion) reader.Fail("a bucket type of version 1 to 3");
        var dataType = (DataType)reader.ReadByte();
        if (!Enum.IsDefined(dataType)) reader.Fail("a data type");
        var n = reader.ReadInt(QuorumProperties.NMax, "an n_val");
        if (n < 1) reader.Fail("an n_val");
        var properties = Read(ref reader);
        if (version >= PriorityVersion) properties = properties with { Priority = reader.ReadInt(Core.Kernel.Replica.PriorityMax, "a priority") };
        if (version >= RetiredVersion) properties = properties with { Retired = ReadFlag(ref reader) };
        return reader.AtEnd && properties.Quorums.Validate(n).Count == 0 ? new BucketType(name, dataType, n, properties) : null;
    }

    /// <summary>False where the value is none; null properties where the bucket has none of its own.</summary>
    public static bool TryReadBucket(ReadOnlySpan<byte> value, out BucketProperties? properties)
    {
        var reader = Begin(value);
        properties = reader.ReadByte() switch
        {
            1 => Read(ref reader),
            0 => null,
            _ => Fail(ref reader),
        };
        return reader.AtEnd;
    }

    private static WireWriter Begin(byte version = Version)
    {
        var writer = new WireWriter();
        writer.WriteByte(version);
        return writer;
    }

    private static WireReader Begin(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value);
        if (reader.ReadByte() != Version) reader.Fail("a schema entry of version 1");
        return reader;
    }

    private static BucketProperties? Fail(ref WireReader reader)
    {
        reader.Fail("whether the bucket has properties");
        return null;
    }

    private static void Write(WireWriter writer, BucketProperties properties)
    {
        var quorums = properties.Quorums;
        foreach (var value in new[] { quorums.R, quorums.Pr, quorums.W, quorums.Dw, quorums.Pw, quorums.NodeConfirms })
            writer.WritePrefixed(Encoding.UTF8.GetBytes(value.ToString()));
        writer.WriteByte(quorums.NotFoundOk ? (byte)1 : (byte)0);
        writer.WriteByte(quorums.BasicQuorum ? (byte)1 : (byte)0);
        writer.WriteCount(properties.HllPrecision);
    }

    private static BucketProperties Read(ref WireReader reader)
    {
        var quorums = new QuorumProperties
        {
            R = ReadQuorum(ref reader),
            Pr = ReadQuorum(ref reader),
            W = ReadQuorum(ref reader),
            Dw = ReadQuorum(ref reader),
            Pw = ReadQuorum(ref reader),
            NodeConfirms = ReadQuorum(ref reader),
            NotFoundOk = ReadFlag(ref reader),
            BasicQuorum = ReadFlag(ref reader),
        };
        return new BucketProperties(quorums, reader.ReadInt(64, "a precision"));
    }

    private static QuorumValue ReadQuorum(ref WireReader reader)
    {
        if (QuorumValue.TryParse(Encoding.UTF8.GetString(reader.ReadPrefixed(WordBytesMax)), out var value)) return value;
        reader.Fail("a quorum value");
        return default;
    }

    private static bool ReadFlag(ref WireReader reader)
    {
        var flag = reader.ReadByte();
        if (flag > 1) reader.Fail("a flag");
        return flag == 1;
    }
}
