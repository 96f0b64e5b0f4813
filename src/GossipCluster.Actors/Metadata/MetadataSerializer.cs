using System.Text;
using Akka.Actor;
using Akka.Serialization;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Metadata;

/// <summary>The binary form of what metadata sends through Akka.Remote. The manifests are for ever.</summary>
public sealed class MetadataSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string ContactManifest = "mc1";
    private const string GroupManifest = "mg1";
    private const string KeyManifest = "mk1";

    // Beyond any group that commands can make; what a peer sends above it is refused unread.
    private const int GroupBytesMax = 64 * 1024 * 1024;

    /// <inheritdoc/>
    public override int Identifier => 7_410;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        MetadataContact => ContactManifest,
        MetadataGroup => GroupManifest,
        MetadataGroupKey => KeyManifest,
        _ => throw new ArgumentException($"{o.GetType()} is no metadata message.", nameof(o)),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        MetadataContact contact => contact.Bytes,
        MetadataGroup group => ToBytes(group.Table),
        MetadataGroupKey key => Encoding.UTF8.GetBytes(key.Id),
        _ => throw new ArgumentException($"{obj.GetType()} is no metadata message.", nameof(obj)),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        ContactManifest => new MetadataContact(bytes),
        GroupManifest => new MetadataGroup(FromBytes(bytes)),
        KeyManifest => new MetadataGroupKey(Encoding.UTF8.GetString(bytes)),
        _ => throw new System.Runtime.Serialization.SerializationException($"No metadata message has the manifest '{manifest}'."),
    };

    private static byte[] ToBytes(MetadataTable table)
    {
        var writer = new WireWriter();
        foreach (var entry in table.Entries) writer.WritePrefixed(entry.ToFact());
        return writer.ToArray();
    }

    private static MetadataTable FromBytes(byte[] bytes)
    {
        if (bytes.Length > GroupBytesMax) throw new System.Runtime.Serialization.SerializationException("A metadata group is too large.");
        var reader = new WireReader(bytes);
        var table = MetadataTable.Empty;
        while (reader.Remaining > 0)
        {
            if (!MetadataEntry.TryFromFact(reader.ReadPrefixed(), out var entry, out var error))
                throw new System.Runtime.Serialization.SerializationException(error.ToString());
            table = table.Merge(entry!);
        }

        return table;
    }
}
