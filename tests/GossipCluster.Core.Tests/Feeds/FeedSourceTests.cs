using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Feeds;

public sealed class FeedSourceTests
{
    private static readonly NodeName Reader = NodeName.Of("reader");
    private static readonly FeedScope Bucket = FeedScope.TryOfBucket("counters", "b", out var scope, out _) ? scope : throw new InvalidOperationException();

    private readonly Replica _replica = Replicas.New(0);
    private readonly List<FeedDelivery> _told = [];
    private FeedSource _source;
    private TimeSpan _now = TimeSpan.FromSeconds(1);
    private int _number;

    public FeedSourceTests() => _source = new FeedSource(_replica, new FeedLimits());

    [Fact]
    public void A_live_stream_begins_with_where_it_is_and_tells_what_changes()
    {
        Increment("k1");
        Ask(FeedAskKind.Live);
        Assert.Empty(Told(out var begun));

        Increment("k1");
        Increment("k2", "another bucket");
        var changes = Told(out var position);

        Assert.Equal(["k1=2"], changes);
        Assert.True(position!.Dominates(begun!));
        Assert.Equal(_replica.Clock, position);
    }

    [Fact]
    public void Many_changes_of_a_key_are_one_and_a_key_that_is_gone_has_no_value()
    {
        Ask(FeedAskKind.Live);
        Told(out _);

        Increment("k1");
        Increment("k1");
        Increment("k2");
        Delete("k2");

        Assert.Equal(["k1=2", "k2=gone"], Told(out _));
    }

    [Fact]
    public void While_nothing_is_acknowledged_changes_gather_and_then_come_as_they_are_then()
    {
        Ask(FeedAskKind.Live);
        for (var i = 0; i < 10; i++)
        {
            Increment("k1");
            Step();
        }

        Assert.Equal(4, _told.Count);
        var all = Told(out _);
        Assert.Equal("k1=3", all[^1]);
        Assert.Equal(["k1=10"], Told(out _));
    }

    [Fact]
    public void A_catch_up_without_knowledge_tells_everything_in_parts_and_ends()
    {
        _source = new FeedSource(_replica, new FeedLimits { PartBytesMax = 100 });
        for (var i = 0; i < 20; i++) Increment($"k{i}");

        Ask(FeedAskKind.CatchUp);
        var all = new List<string>();
        for (var i = 0; i < 100 && _source.StreamCount > 0; i++) all.AddRange(Told(out _));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"k{i}=1").Order(StringComparer.Ordinal), all.Order(StringComparer.Ordinal));
        Assert.Equal(0, _source.StreamCount);
    }

    [Fact(DisplayName = "What has changed since a position is told though all primaries have it, deleted keys too, and nothing else")]
    public void Catch_up()
    {
        Ask(FeedAskKind.Keep);
        foreach (var key in new[] { "k1", "k2", "k3" }) Increment(key);
        var known = _replica.Clock;
        Increment("k2");
        Delete("k3");
        Increment("k9", "another bucket");
        _replica.Trim(_replica.Clock);

        Ask(FeedAskKind.CatchUp, known);

        Assert.Equal(["k2=2", "k3=gone"], Told(out var position, out var isReset).Order(StringComparer.Ordinal));
        Assert.False(isReset);
        Assert.Equal(_replica.Clock, position);
    }

    [Fact]
    public void What_is_settled_and_not_remembered_makes_it_begin_anew()
    {
        _source = new FeedSource(_replica, new FeedLimits { JournalEntriesMax = 2 });
        Increment("k1");
        var known = _replica.Clock;
        for (var i = 0; i < 5; i++) Increment("k2");
        _replica.Trim(_replica.Clock);

        Ask(FeedAskKind.CatchUp, known);

        Assert.Equal(["k1=1", "k2=5"], Told(out _, out var isReset).Order(StringComparer.Ordinal));
        Assert.True(isReset);
    }

    [Fact]
    public void One_key_is_told_as_it_is_whatever_is_remembered()
    {
        Increment("k1");
        var known = _replica.Clock;
        Increment("k1");
        _replica.Trim(_replica.Clock);
        var key = KeyOf("k1");

        _source.Ask(Reader, new CoordinationMessage.FeedAsk(7, FeedAskKind.CatchUp, FeedScope.Of(key), known, null, TimeSpan.Zero), _now);

        Assert.Equal(["k1=2"], Told(out _, out var isReset));
        Assert.False(isReset);
    }

    [Fact]
    public void A_replica_that_lacks_what_the_reader_has_seen_waits_for_it_and_not_for_ever()
    {
        var ahead = Replicas.New(1);
        ahead.Write(DataType.Counter, KeyOf("k1"), new Operation.Increment(5));
        Increment("k1");

        Ask(FeedAskKind.Live, ahead.Clock);
        Assert.Empty(Told(out var before));
        Assert.Null(before);

        Replicas.Sync(_replica, ahead);
        Assert.Equal(["k1=6"], Told(out var position));
        Assert.NotNull(position);

        Ask(FeedAskKind.Live, DotSet.Of(Replicas.Id(3), 1, 5));
        Assert.Empty(Told(out _));
        _now += TimeSpan.FromSeconds(3);
        Assert.NotEmpty(Told(out position));
        Assert.NotNull(position);
    }

    [Fact]
    public void A_stream_that_overflows_is_told_all_that_changed_since_it_was_whole()
    {
        _source = new FeedSource(_replica, new FeedLimits { PendingKeysMax = 3 });
        Ask(FeedAskKind.Live);
        Told(out _);

        for (var i = 0; i < 10; i++) Increment($"k{i}");

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"k{i}=1"), Told(out _, out var isReset).Order(StringComparer.Ordinal));
        Assert.False(isReset);
    }

    [Fact]
    public void A_quiet_stream_says_so_and_one_whose_reader_is_silent_ends()
    {
        Ask(FeedAskKind.Live);
        Told(out _);
        Increment("k1", "another bucket");
        _now += TimeSpan.FromSeconds(6);
        Assert.Empty(Told(out var position));
        Assert.Equal(_replica.Clock, position);

        _now += TimeSpan.FromSeconds(21);
        Step();

        Assert.Equal(0, _source.StreamCount);
        Assert.Equal(1, _source.Expired);
        Assert.False(_source.TryEnd(_now));
        Assert.True(_source.TryEnd(_now + TimeSpan.FromMinutes(11)));
        Assert.False(_replica.IsWatched);
    }

    private static Key KeyOf(string name, string bucket = "b") => Key.Of("counters", bucket, name);

    private void Increment(string name, string bucket = "b") => _replica.Write(DataType.Counter, KeyOf(name, bucket), new Operation.Increment(1));

    private void Delete(string name) => _replica.Write(DataType.Counter, KeyOf(name), Operation.Delete.Instance);

    private void Ask(FeedAskKind kind, DotSet? known = null)
    {
        _number = 0;
        _source.Ask(Reader, new CoordinationMessage.FeedAsk(7, kind, Bucket, known, null, TimeSpan.Zero), _now);
    }

    private void Step() => _source.Step(_now += TimeSpan.FromMilliseconds(20), _told);

    private List<string> Told(out DotSet? position) => Told(out position, out _);

    /// <summary>What comes now, until nothing more does before it is acknowledged; and then it is.</summary>
    private List<string> Told(out DotSet? position, out bool isReset)
    {
        var changes = new List<string>();
        (position, isReset) = (null, false);
        Step();
        foreach (var (to, part) in _told)
        {
            Assert.Equal(Reader, to);
            Assert.Equal(++_number, part.Number);
            isReset |= part.IsReset;
            if (part.IsComplete) position = part.Clock;
            if (part.States is not { } states) continue;
            Assert.True(FeedStates.TryRead(states, out var read, out var error), error.ToString());
            changes.AddRange(read.Keys.Select(state => $"{state.Key.Name}={(state.Value is DataValue.Counter counter ? counter.Sum.ToString(System.Globalization.CultureInfo.InvariantCulture) : "gone")}"));
        }

        _told.Clear();
        _source.Ack(Reader, new CoordinationMessage.FeedAck(7, _number, TimeSpan.Zero), _now);
        return changes;
    }
}
