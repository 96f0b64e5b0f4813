using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Processes;

public sealed class BarriersTests
{
    private static readonly Role One = new("n1");
    private static readonly Role Two = new("n2");
    private static readonly Role Three = new("n3");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_passes_before_all_are_there()
    {
        var barriers = new Barriers([One, Two, Three], Patience);
        var (one, two) = (barriers.EnterAsync(One, "a", Cancel), barriers.EnterAsync(Two, "a", Cancel));
        Assert.False(one.IsCompleted || two.IsCompleted);

        await Task.WhenAll(barriers.EnterAsync(Three, "a", Cancel), one, two);
    }

    [Fact]
    public async Task One_barrier_follows_another()
    {
        var barriers = new Barriers([One, Two], Patience);
        await Task.WhenAll(barriers.EnterAsync(One, "a", Cancel), barriers.EnterAsync(Two, "a", Cancel));
        var two = barriers.EnterAsync(Two, "b", Cancel);
        Assert.False(two.IsCompleted);
        await Task.WhenAll(barriers.EnterAsync(One, "b", Cancel), two);
    }

    [Fact]
    public async Task Who_fails_ends_the_wait_of_the_others_and_they_say_why()
    {
        var barriers = new Barriers([One, Two, Three], Patience);
        var one = barriers.EnterAsync(One, "a", Cancel);
        barriers.Leave(Two, new InvalidOperationException("the disk is full"));

        Assert.Equal("Barrier 'a': n2 has failed before it: the disk is full.", (await Assert.ThrowsAsync<BarrierException>(() => one)).Message);
        Assert.Contains("the disk is full", (await Assert.ThrowsAsync<BarrierException>(() => barriers.EnterAsync(Three, "a", Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_ended_is_not_waited_for()
    {
        var barriers = new Barriers([One, Two], Patience);
        barriers.Leave(Two, null);
        Assert.Equal("Barrier 'a': n2 has ended and will not come.", (await Assert.ThrowsAsync<BarrierException>(() => barriers.EnterAsync(One, "a", Cancel))).Message);
    }

    [Fact]
    public async Task Different_barriers_at_one_time_are_a_mistake_that_is_named()
    {
        var barriers = new Barriers([One, Two], Patience);
        var one = barriers.EnterAsync(One, "a", Cancel);
        var two = await Assert.ThrowsAsync<BarrierException>(() => barriers.EnterAsync(Two, "b", Cancel));

        Assert.Equal("Barrier 'b': n2 is at the barrier 'b', while n1 is at 'a'.", two.Message);
        await Assert.ThrowsAsync<BarrierException>(() => one);
    }

    [Fact]
    public async Task Who_does_not_come_in_time_is_named()
    {
        var barriers = new Barriers([One, Two, Three], TimeSpan.FromMilliseconds(50));
        var late = await Assert.ThrowsAsync<BarrierException>(() => barriers.EnterAsync(One, "a", Cancel));
        Assert.Equal("Barrier 'a': n2, n3 did not come within 0.1 s.", late.Message);
    }
}
