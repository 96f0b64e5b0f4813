using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Actors.Dissemination;

/// <summary>What news is about. The numbers are on the wire: they never change.</summary>
public enum NewsKind : byte
{
    /// <summary>Entries of the metadata, as a <see cref="Core.Metadata.MetadataParcel"/>.</summary>
    Metadata = 1,

    /// <summary>A <see cref="NodeLoad"/>.</summary>
    Load = 2,
}

/// <summary>What other actors of a node say to its <see cref="SpreaderActor"/>, and what it says back.</summary>
public static class SpreadProtocol
{
    /// <summary>The longest body, in bytes.</summary>
    public const int BodyBytesMax = DisseminationWire.PayloadBytesMax - 1;

    /// <summary>News to all other nodes: at least once to each that can be reached within a minute, in no order. No reply.</summary>
    /// <param name="Kind">What it is about.</param>
    /// <param name="Body">At most <see cref="BodyBytesMax"/> bytes; not changed after it was sent.</param>
    public sealed record Publish(NewsKind Kind, ReadOnlyMemory<byte> Body) : INoSerializationVerificationNeeded;

    /// <summary>Tell this actor the news of a kind, as <see cref="Heard"/>. No reply.</summary>
    public sealed record Listen(NewsKind Kind, IActorRef Listener) : INoSerializationVerificationNeeded;

    /// <summary>To who listens: another node's news.</summary>
    public sealed record Heard(NodeName Origin, NewsKind Kind, ReadOnlyMemory<byte> Body) : INoSerializationVerificationNeeded;

    internal sealed record Due : INotInfluenceReceiveTimeout, IDeadLetterSuppression, INoSerializationVerificationNeeded
    {
        public static readonly Due Instance = new();
    }
}
