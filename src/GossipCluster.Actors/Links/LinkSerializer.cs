using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace GossipCluster.Actors.Links;

/// <summary>Frames go out as the bytes they are.</summary>
public sealed class LinkSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string FrameManifest = "f1";

    /// <summary>Bound to <see cref="LinkFrame"/> in akka.conf.</summary>
    public override int Identifier => 7_401;

    /// <inheritdoc/>
    public override string Manifest(object o) => FrameManifest;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is LinkFrame frame ? frame.Bytes : throw new ArgumentException($"{obj.GetType().Name} is no frame.", nameof(obj));

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        manifest == FrameManifest ? new LinkFrame(bytes) : throw new SerializationException($"Frames of form '{manifest}' are not known here; a newer node sent one.");
}
