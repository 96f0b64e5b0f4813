using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Actor;
using GossipCluster.Actors.Feeds;
using GossipCluster.Actors.Hosting;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Replicas;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Store;

/// <summary>The store over this node's shards. Its state is what the node last published; nothing waits for an actor to say what a request needs.</summary>
public sealed partial class NodeStore : IStore, IRepairs
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EntropyPatience = TimeSpan.FromSeconds(10);
    private volatile State _state = new([], null, new NodeStatus(string.Empty, false, false, "The node is starting.", []));

    /// <summary>Takes no requests until the node says so.</summary>
    /// <param name="schema">Bucket types.</param>
    /// <param name="watch">Of the change feed.</param>
    public NodeStore(ISchema schema, WatchOptions? watch = null)
    {
        (Schema, _watch) = (schema, watch ?? new WatchOptions());
        _pace = new FeedPace(_watch);
    }

    /// <inheritdoc/>
    public ISchema Schema { get; }

    /// <inheritdoc/>
    public NodeStatus Status => _state.Status;

    /// <summary>From the node: what is true from here on.</summary>
    /// <param name="shards">Empty while the node cannot take requests.</param>
    /// <param name="view">What is known of the cluster.</param>
    /// <param name="status">What to say of the node.</param>
    internal void Publish(ImmutableArray<IActorRef> shards, ClusterView? view, NodeStatus status)
    {
        _state = new State(shards, view, status);
        EndFeeds(shards);
    }

    /// <inheritdoc/>
    public ValueTask<WriteReply> WriteAsync(WriteCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var state = _state;
        if (!state.TakesRequests) return ValueTask.FromResult<WriteReply>(new WriteReply.Unavailable(state.Status.RecoveryProgress, RetryAfter));
        if (Schema.Find(command.Key.Type)?.Refuse(command.Operation) is { } retired) return ValueTask.FromResult<WriteReply>(new WriteReply.Refused(retired));
        var ticket = new WriteTicket(command, state.AddressOf(command.Key, command.Quorum.N));
        state.ShardOf(ticket.Address.Partition).Tell(ticket, ActorRefs.NoSender);
        if (HasLeft(state)) ticket.Abandon();
        return new ValueTask<WriteReply>(ticket.Task);
    }

    /// <inheritdoc/>
    public ValueTask<ReadReply> ReadAsync(ReadCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var state = _state;
        if (!state.TakesRequests) return ValueTask.FromResult<ReadReply>(new ReadReply.Unavailable(state.Status.RecoveryProgress, RetryAfter));
        var ticket = new ReadTicket(command, state.AddressOf(command.Key, command.Quorum.N));
        state.ShardOf(ticket.Address.Partition).Tell(ticket, ActorRefs.NoSender);
        if (HasLeft(state)) ticket.Abandon();
        return new ValueTask<ReadReply>(ticket.Task);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<string>?> KeysAsync(
        string type, string bucket, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var part in List(type, bucket, cancel)) yield return part;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>?> BucketsAsync(string type, CancellationToken cancel)
    {
        var buckets = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var part in List(type, null, cancel))
        {
            if (part is null) return null;
            buckets.UnionWith(part);
        }

        return [.. buckets];
    }

    /// <inheritdoc/>
    public async ValueTask<NodeEntropy?> EntropyAsync(CancellationToken cancel)
    {
        var state = _state;
        if (state.Shards.IsEmpty) return null;
        var tickets = state.Shards.Select(shard =>
        {
            var ticket = new EntropyTicket();
            shard.Tell(ticket, ActorRefs.NoSender);
            return ticket.Task;
        }).ToArray();
        if (await AllOfAsync(tickets, EntropyPatience, cancel) is not { } parts) return null;
        return new NodeEntropy(
            state.Status.Name,
            [.. parts.SelectMany(part => part!.Replicas).OrderBy(replica => (replica.N, replica.Partition))],
            parts.Select(part => part!.Repair).Aggregate((a, b) => a + b),
            parts.Select(part => part!.Hints).Aggregate((a, b) => a + b));
    }

    /// <inheritdoc/>
    public ValueTask<ConvergenceReply?> ConvergenceAsync(TokenPlace place, DotSet clock, TimeSpan wait)
    {
        var state = _state;
        if (!state.TakesRequests) return ValueTask.FromResult<ConvergenceReply?>(null);
        var ticket = new ReceiptTicket(new ReplicaAddress(place.N, state.View!.Ring.PartitionOf(place.KeyHash)), clock, wait);
        state.ShardOf(ticket.Address.Partition).Tell(ticket, ActorRefs.NoSender);
        if (HasLeft(state)) ticket.Abandon();
        return new ValueTask<ConvergenceReply?>(ticket.Task);
    }

    /// <inheritdoc/>
    public async ValueTask<int?> HintsLeftAsync(TimeSpan wait, CancellationToken cancel)
    {
        var waits = _state.Shards.Select(shard =>
        {
            var ticket = new HintsTicket(wait);
            shard.Tell(ticket, ActorRefs.NoSender);
            return ticket.Task;
        }).ToArray();
        return await AllOfAsync(waits, wait + EntropyPatience, cancel) is { } left ? left.Sum() : null;
    }

    /// <summary>All answers, or null where one has none or does not come in time.</summary>
    private static async Task<T[]?> AllOfAsync<T>(Task<T>[] answers, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            var all = await Task.WhenAll(answers).WaitAsync(patience, cancel);
            return all.Any(answer => answer is null) ? null : all;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void SyncNow() => TellAll(ShardProtocol.SyncAll.Instance);

    /// <inheritdoc/>
    public void PauseHandoff(bool isPaused) => TellAll(new ShardProtocol.PauseHandoff(isPaused));

    /// <inheritdoc/>
    public void DropHints() => TellAll(ShardProtocol.DropHints.Instance);

    private void TellAll(object message)
    {
        foreach (var shard in _state.Shards) shard.Tell(message, ActorRefs.NoSender);
    }

    /// <summary>What this node still holds for others, and what it still waits for; null where it cannot say yet.</summary>
    /// <exception cref="AskTimeoutException">A shard is busy for longer than <paramref name="timeout"/>.</exception>
    internal async ValueTask<HandoffState?> HandoffAsync(TimeSpan timeout, CancellationToken cancel)
    {
        if (_state is not { Shards: { IsEmpty: false } shards, View: not null }) return null;
        var answers = await Task.WhenAll(shards.Select(shard => shard.Ask<ShardProtocol.Handoff>(ShardProtocol.AskHandoff.Instance, timeout, cancel)));

        // Shards that see different rings are one change apart: the older one has not begun yet.
        if (answers.Select(answer => answer.RingVersion).Distinct().Count() > 1) return null;
        return new HandoffState(answers[0].HasLeft, answers[0].RingVersion, answers.Sum(answer => answer.Replicas), answers.Sum(answer => answer.Keys), answers.Sum(answer => answer.Unsynced));
    }

    private async IAsyncEnumerable<IReadOnlyList<string>?> List(
        string type, string? bucket, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var state = _state;
        if (Schema.Find(type) is not { } bucketType) yield break;
        if (!state.TakesRequests) yield return null;
        foreach (var shard in state.Shards)
        {
            // Unbounded, and bounded by what the nodes hold of one bucket: a slow client's names wait here, 48 KiB of each node's at a time.
            var parts = Channel.CreateUnbounded<IReadOnlyList<string>?>(new UnboundedChannelOptions { SingleReader = true });
            shard.Tell(new ListTicket(bucketType.N, type, bucket, parts.Writer), ActorRefs.NoSender);
            if (HasLeft(state)) parts.Writer.TryComplete();
            await foreach (var part in parts.Reader.ReadAllAsync(cancel)) yield return part;
        }
    }

    /// <summary>
    /// The shards of a request took their leave while it was on its way to them: it may have come after they last looked, and then nobody would answer it. What comes
    /// before they take leave lies before the word to drain in their mailboxes, and is answered.
    /// </summary>
    private bool HasLeft(State state) => _state.Shards != state.Shards;

    private sealed record State(ImmutableArray<IActorRef> Shards, ClusterView? View, NodeStatus Status)
    {
        public bool TakesRequests => !Shards.IsEmpty && View is { Serves: true };

        public ReplicaAddress AddressOf(Key key, int n) => new(n, View!.Ring.PartitionOf(key.Hash));

        public IActorRef ShardOf(int partition) => Shards[partition % Shards.Length];
    }
}
