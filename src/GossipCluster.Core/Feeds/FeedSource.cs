using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Feeds;

/// <summary>A part for a node, this one among them.</summary>
public readonly record struct FeedDelivery(NodeName To, CoordinationMessage.FeedPart Part);

/// <summary>One replica as the source of feeds: what it tells whom. Pure; time comes in, parts go out.</summary>
/// <remarks>Lives from the first question about its partition until nobody has asked for as long as a reader may come back.</remarks>
public sealed class FeedSource
{
    private readonly Replica _replica;
    private readonly FeedLimits _limits;
    private readonly Dictionary<(NodeName Node, ulong Call), FeedStream> _streams = [];
    private readonly Dictionary<Key, List<FeedStream>> _byKey = new(Key.Comparer.Instance);
    private readonly Dictionary<byte[], List<FeedStream>> _byBucket = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], List<FeedStream>>.AlternateLookup<ReadOnlySpan<byte>> _ofBucket;
    private TimeSpan _keepUntil;

    /// <summary>Watches the replica from here on.</summary>
    public FeedSource(Replica replica, FeedLimits limits)
    {
        ArgumentNullException.ThrowIfNull(replica);
        ArgumentNullException.ThrowIfNull(limits);
        (_replica, _limits) = (replica, limits);
        _ofBucket = _byBucket.GetAlternateLookup<ReadOnlySpan<byte>>();
        replica.Watch(Note, limits.JournalEntriesMax);
    }

    /// <summary>How many streams there are.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>Something waits for time to pass.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Streams that were given up because their reader was silent, since the start.</summary>
    public long Expired { get; private set; }

    /// <summary>A node wants to be told, or that this replica remembers.</summary>
    public void Ask(NodeName from, CoordinationMessage.FeedAsk ask, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(ask);
        _keepUntil = now + _limits.ResumeWindow;
        if (ask.Kind == FeedAskKind.Keep) return;
        Remove((from, ask.Call));
        var stream = new FeedStream(_replica, _limits, ask.Scope, ask.Call, ask.Kind == FeedAskKind.Live) { Interval = ask.Interval };
        stream.Begin(ask.Known, ask.Seen, now);
        _streams.Add((from, ask.Call), stream);
        if (stream.IsLive) ListOf(stream, create: true)!.Add(stream);
        IsBusy = true;
    }

    /// <summary>A node has a part, and still wants more.</summary>
    /// <returns>False where there is no such stream any more.</returns>
    public bool Ack(NodeName from, CoordinationMessage.FeedAck ack, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(ack);
        _keepUntil = now + _limits.ResumeWindow;
        if (!_streams.TryGetValue((from, ack.Call), out var stream)) return false;
        stream.Ack(ack.Number, now);
        stream.Interval = ack.Interval;
        IsBusy |= stream.IsBusy;
        return true;
    }

    /// <summary>A node wants no more.</summary>
    public void Stop(NodeName from, ulong call) => Remove((from, call));

    /// <summary>All that is to be said now.</summary>
    public void Step(TimeSpan now, List<FeedDelivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        IsBusy = false;
        List<(NodeName, ulong)>? over = null;
        foreach (var (to, stream) in _streams)
        {
            while (stream.Next(now) is { } part) deliveries.Add(new FeedDelivery(to.Node, part));
            var isSilent = now - stream.HeardAt > _limits.Lease;
            if (isSilent) Expired++;
            if (isSilent || stream.IsOver) (over ??= []).Add(to);
            else IsBusy |= stream.IsBusy;
        }

        foreach (var id in over ?? []) Remove(id);
    }

    /// <summary>Ends where nobody has wanted anything for so long that no reader comes back; true where it has.</summary>
    public bool TryEnd(TimeSpan now)
    {
        if (_streams.Count > 0 || now < _keepUntil) return false;
        _replica.Unwatch();
        return true;
    }

    private void Note(Key key)
    {
        if (_byKey.Count > 0 && _byKey.TryGetValue(key, out var ofKey)) Tell(ofKey, key);
        if (_byBucket.Count > 0 && _ofBucket.TryGetValue(key.Flat[..FeedScope.BucketBytes(key.Flat)], out var ofBucket)) Tell(ofBucket, key);
    }

    private void Tell(List<FeedStream> streams, Key key)
    {
        foreach (var stream in streams) stream.Note(key);
        IsBusy = true;
    }

    private List<FeedStream>? ListOf(FeedStream stream, bool create)
    {
        if (stream.Scope.IsKey)
        {
            if (!_byKey.TryGetValue(stream.Scope.Key, out var ofKey) && create) _byKey[stream.Scope.Key] = ofKey = [];
            return ofKey;
        }

        if (!_ofBucket.TryGetValue(stream.Scope.Flat, out var ofBucket) && create) _byBucket[stream.Scope.Flat.ToArray()] = ofBucket = [];
        return ofBucket;
    }

    private void Remove((NodeName Node, ulong Call) id)
    {
        if (!_streams.Remove(id, out var stream) || !stream.IsLive || ListOf(stream, create: false) is not { } list) return;
        list.Remove(stream);
        if (list.Count > 0) return;
        if (stream.Scope.IsKey) _byKey.Remove(stream.Scope.Key);
        else _byBucket.Remove(stream.Scope.Flat.ToArray());
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => (int)Placement.KeyHash.Of(obj);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)Placement.KeyHash.Of(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
