using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace GossipCluster.Actors.Storage;

/// <summary>Between a row of the database and what is in it. It copies nothing and checks nothing: bytes go in and out, and whoever reads them checks them.</summary>
/// <remarks>Manifests are on disk: they never change.</remarks>
public sealed class StorageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>In every row: it never changes.</summary>
    public const int Id = 7301;

    internal const string EventManifest = "e";
    private const string ChunkManifest = "c";
    private const string CatalogueManifest = "m";

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        CommitLogEvent => EventManifest,
        SnapshotChunkRow => ChunkManifest,
        SnapshotCatalogueRow => CatalogueManifest,
        _ => throw new ArgumentException($"{o?.GetType()} is not stored.", nameof(o)),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        CommitLogEvent written => written.Bytes,
        SnapshotChunkRow chunk => chunk.Bytes,
        SnapshotCatalogueRow catalogue => catalogue.Bytes,
        _ => throw new ArgumentException($"{obj?.GetType()} is not stored.", nameof(obj)),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        EventManifest => new CommitLogEvent(bytes),
        ChunkManifest => new SnapshotChunkRow(bytes),
        CatalogueManifest => new SnapshotCatalogueRow(bytes),
        _ => throw new SerializationException($"'{manifest}' is no manifest of this version of the storage: the data was written by a newer one, or is damaged."),
    };
}
