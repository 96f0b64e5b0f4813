using Akka.Event;
using Akka.Actor;

namespace GossipCluster.Actors.Feeds;

/// <summary>What feeds and their watchers say to the shards. All local; nobody answers, what comes goes to the <see cref="FeedHub"/>.</summary>
internal static class FeedProtocol
{
    /// <summary>From the store: follow this scope in all partitions of the shard that it lies in.</summary>
    public sealed record Open(FeedHub Hub) : INoSerializationVerificationNeeded;

    /// <summary>From the store: nobody watches it any more.</summary>
    public sealed record Close(FeedHub Hub) : INoSerializationVerificationNeeded;

    /// <summary>From a watcher: tell it what it asks for, and when it has that. Takes the place of what it had asked before.</summary>
    public sealed record Attach(FeedWatch Watch, FeedWish Wish) : INoSerializationVerificationNeeded;

    /// <summary>From a watcher that has gone.</summary>
    public sealed record Detach(FeedWatch Watch) : INoSerializationVerificationNeeded;

    /// <summary>From a hub: a part of a stream has been taken in.</summary>
    public sealed record Consumed(ulong Call, int Number) : INoSerializationVerificationNeeded;

    /// <summary>From a shard to itself, while it has to do with feeds.</summary>
    public sealed record Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }
}

/// <summary>What a watcher is to be told before it only hears of changes.</summary>
/// <param name="Epoch">Counts its wishes.</param>
/// <param name="Everything">All keys.</param>
/// <param name="Known">By partition, what it has seen; null for nothing but what is to come, unless everything is wanted.</param>
internal sealed record FeedWish(int Epoch, bool Everything, IReadOnlyDictionary<int, Core.Causality.DotSet>? Known);
