using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Node.Tests.Http;

/// <summary>A store of one node in memory: the real kernel, one partition, no disk. What a cluster suffers is said by the test.</summary>
internal sealed class MemoryStore(TimeProvider clock) : IStore
{
    private readonly Lock _gate = new();
    private readonly Replica _replica = new(new ReplicaId(NodeName.Of("a"), 0x1000));

    public MemorySchema Types { get; } = new();

    /// <summary>Answers writes in place of the store, where it gives an answer.</summary>
    public Func<WriteCommand, WriteReply?> OnWrite { get; set; } = _ => null;

    /// <summary>Likewise, and may take its time.</summary>
    public Func<WriteCommand, ValueTask<WriteReply?>>? OnWriteAsync { get; set; }

    /// <summary>Answers reads in place of the store, where it gives an answer.</summary>
    public Func<ReadCommand, ReadReply?> OnRead { get; set; } = _ => null;

    /// <summary>Lists keys in place of the store, where it gives a list.</summary>
    public Func<string, string, IEnumerable<IReadOnlyList<string>?>?> OnKeys { get; set; } = (_, _) => null;

    public ISchema Schema => Types;

    public NodeStatus Status { get; set; } = new("a", RingKnown: true, Recovered: true, string.Empty, [new MemberStatus("a", true, "http://127.0.0.1:1", null)]);

    public async ValueTask<WriteReply> WriteAsync(WriteCommand command)
    {
        if (OnWriteAsync is { } slow && await slow(command) is { } slowly) return slowly;
        return OnWrite(command) ?? (Types.Find(command.Key.Type)?.Refuse(command.Operation) is { } retired ? new WriteReply.Refused(retired) : Write(command));
    }

    private WriteReply Write(WriteCommand command)
    {
        lock (_gate)
        {
            var staged = _replica.Stage(command.Type, command.Key, command.Operation, new WriteContext(clock.GetUtcNow(), command.Observed));
            if (staged.Error is { } error) return new WriteReply.Refused(error);
            _replica.Commit(_replica.Seal());
            return new WriteReply.Written(1, _replica.Clock, command.ReturnValue ? _replica.Read(command.Key) : null);
        }
    }

    public ValueTask<ReadReply> ReadAsync(ReadCommand command)
    {
        if (OnRead(command) is { } said) return new(said);
        lock (_gate)
        {
            if (command.AtLeast is { } wanted && !_replica.Clock.Dominates(wanted)) return new(new ReadReply.Unsatisfied("No replica has seen all that the context has seen."));
            return new(_replica.Read(command.Key) is { } value ? new ReadReply.Found(value, _replica.Clock) : new ReadReply.NotFound(_replica.Clock));
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<string>> KeysAsync(string type, string bucket, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        if (OnKeys(type, bucket) is { } parts)
        {
            foreach (var part in parts)
            {
                await Task.Yield();
                cancel.ThrowIfCancellationRequested();
                yield return part!;
            }

            yield break;
        }

        foreach (var part in Names(key => key.Type == type && key.Bucket == bucket, key => key.Name).Chunk(2)) yield return part;
    }

    public ValueTask<IReadOnlyList<string>?> BucketsAsync(string type, CancellationToken cancel) => new(Names(key => key.Type == type, key => key.Bucket));

    private List<string> Names(Func<Key, bool> filter, Func<Key, string> name)
    {
        lock (_gate) return [.. _replica.Keys.Where(filter).Select(name).Distinct()];
    }
}

/// <summary>Bucket types and bucket properties in memory.</summary>
internal sealed class MemorySchema : ISchema
{
    private ImmutableDictionary<string, BucketType> _types = BucketType.BuiltIn.ToImmutableDictionary(type => type.Name);
    private ImmutableDictionary<(string, string), BucketProperties> _buckets = ImmutableDictionary<(string, string), BucketProperties>.Empty;

    /// <summary>Refuses every change with this sentence.</summary>
    public string? Refusal { get; set; }

    public ImmutableArray<BucketType> Types => [.. _types.Values.OrderBy(type => type.Name, StringComparer.Ordinal)];

    public BucketType? Find(string type) => _types.GetValueOrDefault(type);

    public BucketProperties PropertiesOf(BucketType type, string bucket) => _buckets.GetValueOrDefault((type.Name, bucket)) ?? Find(type.Name)!.Properties;

    public ValueTask<SchemaReply> PutTypeAsync(BucketType type, CancellationToken cancel)
    {
        if (Refusal is null) ImmutableInterlocked.Update(ref _types, types => types.SetItem(type.Name, type));
        return new(new SchemaReply(Refusal, Refusal is null ? 3 : 0));
    }

    public ValueTask<SchemaReply> PutBucketAsync(string type, string bucket, BucketProperties? properties, CancellationToken cancel)
    {
        if (Refusal is null)
        {
            ImmutableInterlocked.Update(
                ref _buckets, buckets => properties is null ? buckets.Remove((type, bucket)) : buckets.SetItem((type, bucket), properties));
        }

        return new(new SchemaReply(Refusal, Refusal is null ? 3 : 0));
    }
}
