using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using GossipCluster.Actors.Dissemination;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Actors.Metadata;

/// <summary>Ring, peers and bucket types for every thread of the node. The metadata actor writes it, anybody reads it without waiting.</summary>
/// <remarks>It outlives the actor: after a restart the actor goes on from here, and knows who had subscribed.</remarks>
public sealed class ClusterDirectory : IClusterViewSource, ISchema
{
    // A disk may hang longer; then the change is on its way, and the caller is told that nobody knows.
    private static readonly TimeSpan ChangeTimeout = TimeSpan.FromSeconds(10);

    private volatile State _state;
    private volatile IActorRef _metadata = ActorRefs.Nobody;
    private volatile string _waitingFor = "The node is starting.";

    /// <summary>A directory that knows nothing yet but the built-in types.</summary>
    public ClusterDirectory(NodeName self, int partitionCount) =>
        _state = new State(
            MetadataTable.Empty,
            Schema.Initial,
            new ClusterView(self, Ring.Of([], partitionCount), ImmutableDictionary<NodeName, PeerFacts>.Empty));

    /// <inheritdoc/>
    public ClusterView View => _state.View;

    /// <summary>Everything that is durable here.</summary>
    public MetadataTable Table => _state.Table;

    /// <summary>What keeps this node out of the ring, as a sentence; empty where nothing does.</summary>
    public string WaitingFor
    {
        get => View.IsRingKnown ? string.Empty : _waitingFor;
        internal set => _waitingFor = value;
    }

    /// <inheritdoc/>
    public ImmutableArray<BucketType> Types => _state.Schema.All;

    internal Schema Schema => _state.Schema;

    /// <summary>How nodes said last that they are. Written by the load actor.</summary>
    internal ConcurrentDictionary<NodeName, HeardLoad> Loads { get; } = [];

    internal ConcurrentDictionary<IActorRef, MetadataProtocol.Subscribe> Subscriptions { get; } = [];

    /// <inheritdoc/>
    public BucketType? Find(string type) => _state.Schema.Types.GetValueOrDefault(type);

    /// <inheritdoc/>
    public BucketProperties PropertiesOf(BucketType type, string bucket)
    {
        ArgumentNullException.ThrowIfNull(type);
        return _state.Schema.Buckets.GetValueOrDefault((type.Name, bucket)) ?? type.Properties;
    }

    /// <inheritdoc/>
    public ValueTask<SchemaReply> PutTypeAsync(BucketType type, CancellationToken cancel) => ChangeAsync(new MetadataProtocol.PutType(type), cancel);

    /// <inheritdoc/>
    public ValueTask<SchemaReply> PutBucketAsync(string type, string bucket, BucketProperties? properties, CancellationToken cancel) =>
        ChangeAsync(new MetadataProtocol.PutBucket(type, bucket, properties), cancel);

    private async ValueTask<SchemaReply> ChangeAsync(MetadataProtocol.ICommand command, CancellationToken cancel) =>
        await TryChangeAsync(command, cancel) switch
        {
            ChangeReply.Done done => new SchemaReply(null, done.Nodes),
            ChangeReply.Refused refused => new SchemaReply(refused.Error.Sentence, 0),
            ChangeReply.Undecided undecided => new SchemaReply(undecided.Sentence, 0),
            var reply => throw new System.Diagnostics.UnreachableException(reply.GetType().Name),
        };

    /// <summary>Carries out a command, and says how it ended so that a program can tell.</summary>
    public async ValueTask<ChangeReply> TryChangeAsync(MetadataProtocol.ICommand command, CancellationToken cancel)
    {
        var metadata = _metadata;
        if (metadata.IsNobody()) return new ChangeReply.Undecided("The node is starting: try again in a moment.");
        try
        {
            return await metadata.Ask<MetadataProtocol.IReply>(command, ChangeTimeout, cancel) switch
            {
                MetadataProtocol.Done done => new ChangeReply.Done(done.Nodes),
                MetadataProtocol.Refused refused => new ChangeReply.Refused(refused.Error),
                var reply => throw new System.Diagnostics.UnreachableException(reply.GetType().Name),
            };
        }
        catch (AskTimeoutException)
        {
            return new ChangeReply.Undecided("The disk has not confirmed the change in time: it may still happen; look again in a moment.");
        }
    }

    internal void Attach(IActorRef metadata) => _metadata = metadata;

    /// <summary>The ActorSystem of those that wrote and subscribed has ended. What is known stays; the next one's metadata actor attaches itself.</summary>
    public void Detach()
    {
        _metadata = ActorRefs.Nobody;
        Subscriptions.Clear();
    }

    internal void Set(MetadataTable table, Schema schema, ClusterView view) => _state = new State(table, schema, view);

    private sealed record State(MetadataTable Table, Schema Schema, ClusterView View);
}
