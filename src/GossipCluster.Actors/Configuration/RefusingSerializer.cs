using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace GossipCluster.Actors.Configuration;

/// <summary>Stands where Akka's JSON serializer would: refuses every message that has no serializer of its own, whoever sends it.</summary>
/// <remarks>It takes the JSON serializer's number, so that bytes marked as JSON end here and not in a deserializer that makes whatever type they name.</remarks>
public sealed class RefusingSerializer : Serializer
{
    private const int JsonIdentifier = 1;

    /// <summary>Made by Akka, which gives a serializer that has settings these too.</summary>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : base(system) => _ = settings;

    /// <inheritdoc/>
    public override int Identifier => JsonIdentifier;

    /// <inheritdoc/>
    public override bool IncludeManifest => true;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj?.GetType()} has no serializer: what crosses the wire needs one of its own.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type? type) => throw new SerializationException("JSON is not accepted from other nodes.");
}
