using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Actors.Storage;

namespace GossipCluster.Actors.Tests.Metadata;

/// <summary>What of a node survives its process: its facts.</summary>
internal sealed class MemoryDisk
{
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _facts = new(StringComparer.Ordinal);

    public ImmutableDictionary<string, ReadOnlyMemory<byte>> Facts => _facts.ToImmutableDictionary(StringComparer.Ordinal);

    public void Put(string name, ReadOnlyMemory<byte> value) => _facts[name] = value;
}

/// <summary>A storage that keeps facts on a <see cref="MemoryDisk"/>.</summary>
internal sealed class MemoryStorageActor : ReceiveActor
{
    public MemoryStorageActor(MemoryDisk disk) => Receive<StorageProtocol.PutFact>(put =>
    {
        disk.Put(put.Name, put.Value);
        Sender.Tell(new StorageProtocol.FactPut(put.Name));
    });
}
