using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Feeds;

public sealed class FeedLogTests
{
    [Fact]
    public void Readers_read_what_they_have_not_read_in_order()
    {
        var log = LogOf("a", "b");

        var (first, read) = Take(log, 0);
        log.Add(KeyOf("c"), "c1", 1);
        var (second, end) = Take(log, read);

        Assert.Equal(["a1", "b1"], first);
        Assert.Equal(["c1"], second);
        Assert.Equal(log.Last, end);
        Assert.Empty(Take(log, end).Items);
    }

    [Fact]
    public void A_newer_state_of_a_key_takes_the_place_of_one_that_waits_and_moves_to_the_end()
    {
        var log = LogOf("a", "b");

        log.Add(KeyOf("a"), "a2", 1);

        Assert.Equal(["b1", "a2"], Take(log, 0).Items);
        Assert.Equal((2, 2L), (log.Count, log.Bytes));
    }

    [Fact]
    public void A_hot_key_takes_no_room()
    {
        var log = LogOf("a");

        for (var i = 2; i <= 10_000; i++) log.Add(KeyOf("b"), $"b{i}", 1);

        Assert.Equal(["a1", "b10000"], Take(log, 0).Items);
        Assert.False(log.IsOver);
    }

    [Fact]
    public void A_reader_takes_as_many_bytes_as_it_says_and_goes_on_from_there()
    {
        var log = LogOf("a", "b", "c");

        var (first, read) = Take(log, 0, bytes: 2);
        var (second, end) = Take(log, read, bytes: 2);

        Assert.Equal(["a1", "b1"], first);
        Assert.NotEqual(log.Last, read);
        Assert.Equal(["c1"], second);
        Assert.Equal(log.Last, end);
    }

    [Fact]
    public void A_reader_sees_only_what_it_wants_and_is_at_the_end_all_the_same()
    {
        var log = LogOf("a", "b", "c");

        var (items, read) = Take(log, 0, wanted: key => key.Name == "b");

        Assert.Equal(["b1"], items);
        Assert.Equal(log.Last, read);
    }

    [Fact]
    public void Beyond_the_bound_the_oldest_go_and_who_has_not_read_them_can_tell()
    {
        var log = new FeedLog<string>(countMax: 8, bytesMax: 1000);
        for (var i = 0; i < 9; i++) log.Add(KeyOf($"k{i}"), $"k{i}", 1);
        Assert.True(log.IsOver);

        var evicted = log.Evict();

        Assert.Equal([1L, 2, 3], evicted);
        Assert.Equal(6, log.Count);
        Assert.Equal("k3", Take(log, 3).Items[0]);
    }

    [Fact]
    public void What_everybody_has_read_goes_first()
    {
        var log = new FeedLog<string>(countMax: 2, bytesMax: 1000);
        foreach (var name in new[] { "a", "b", "c" }) log.Add(KeyOf(name), name, 1);

        log.Forget(2);

        Assert.False(log.IsOver);
        Assert.Equal(["c"], Take(log, 0).Items);
    }

    private static FeedLog<string> LogOf(params string[] names)
    {
        var log = new FeedLog<string>(1000, 1000);
        foreach (var name in names) log.Add(KeyOf(name), name + "1", 1);
        return log;
    }

    private static Key KeyOf(string name) => Key.Of("sets", "b", name);

    private static (List<string> Items, long Read) Take(FeedLog<string> log, long read, long bytes = 1000, Func<Key, bool>? wanted = null)
    {
        var items = new List<string>();
        return (items, log.Take(read, wanted ?? (_ => true), bytes, items));
    }
}
