using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.Cli.Tests.Processes;

public sealed class ProcessClusterTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_killed_node_is_gone_and_comes_back_with_its_data_on_the_same_ports()
    {
        var cluster = await StartCompleteAsync(nodes: 2, StandIns.Binary);
        await cluster[1].Client.Counters.IncrementAsync("pages", "home", 5, cancel: Cancel);
        var url = cluster[1].Url;

        await cluster[1].KillAsync();
        var failed = await Assert.ThrowsAsync<GossipClusterException>(() => cluster[1].Client.Counters.ReadAsync("pages", "home", cancel: Cancel));
        await cluster[1].RestartAsync();
        await cluster.WaitRingCompleteAsync(Patience, Cancel);

        Assert.Equal(Failure.NotSent, failed.Failure);
        Assert.Equal(url, cluster[1].Url);
        Assert.Equal(5, (await cluster[1].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact]
    public async Task A_node_may_come_back_on_other_ports()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);
        await cluster[0].Client.Counters.IncrementAsync("pages", "home", 5, cancel: Cancel);
        var url = cluster[0].Url;
        await cluster[0].StopAsync();

        await cluster[0].RestartAsync(otherPorts: true);
        await cluster[0].WaitReadyAsync(Patience, Cancel);

        Assert.NotEqual(url, cluster[0].Url);
        Assert.Equal(5, (await cluster[0].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }

    [Fact]
    public async Task A_paused_node_keeps_its_clients_waiting_and_answers_when_resumed()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);

        await cluster[0].PauseAsync();
        var reading = cluster[0].Client.Counters.ReadAsync("pages", "home", cancel: Cancel);
        var isAnswered = await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(500), Cancel)) == reading;
        await cluster[0].ResumeAsync();

        Assert.False(isAnswered);
        await reading.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task What_a_node_wrote_is_at_hand_for_a_failed_test()
    {
        var cluster = await StartCompleteAsync(nodes: 1, StandIns.Binary);

        await cluster[0].StopAsync();

        Assert.Contains("n1 stopped", cluster.Logs(), StringComparison.Ordinal);
        Assert.Equal(0, await cluster[0].Exited);
    }

    [Fact]
    public async Task A_node_that_ends_in_place_of_getting_ready_is_no_reason_to_wait()
    {
        var cluster = Start(nodes: 1, StandIns.Binary);
        await cluster[0].KillAsync();

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster[0].WaitReadyAsync(Patience, Cancel));

        Assert.Equal("n1 ended with exit code 137.", failed.Message);
    }

    [Fact]
    public async Task A_deadline_tells_the_last_thing_that_was_not_so()
    {
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => Eventually.EqualAsync(3, _ => Task.FromResult(2), TimeSpan.FromMilliseconds(400), Cancel));

        Assert.Equal("Not within 0.4 s: expected 3, last seen 2", failed.Message);
    }

    [Fact]
    public async Task A_client_goes_on_with_the_next_node_where_one_takes_no_connection()
    {
        var cluster = await StartCompleteAsync(nodes: 2, StandIns.Binary);
        await cluster[0].KillAsync();

        var written = await cluster.Client.Counters.IncrementAsync("pages", "home", cancel: Cancel);

        Assert.Equal("home", written.Key);
        Assert.Equal(1, (await cluster[1].Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);
    }
}
