using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>Who coordinates a write.</summary>
public sealed class WriteCoordinatorTests
{
    private static readonly WriteOutcome Done = new WriteOutcome.Written(2, 2, 2, false);

    [Theory]
    [InlineData('a', "", "stage")]
    [InlineData('c', "", "stage")]
    [InlineData('c', "a", "stage")]
    [InlineData('d', "", "forward a")]
    [InlineData('d', "a", "forward b")]
    [InlineData('d', "ab", "forward c")]
    [InlineData('d', "abc", "stage for a")]
    [InlineData('f', "abc", "stage for a")]
    [InlineData('x', "", "forward a")]
    [InlineData('x', "abc", "forward d")]
    [InlineData('x', "abcdef", "no coordinator NoNodeReachable")]
    public void The_first_reachable_primary_coordinates_itself_where_it_is_one(char self, string down, string expected) =>
        Assert.Equal(expected, new WriteRun(self: self, down: down).Start());

    [Theory]
    [InlineData('a', "bc", "stage")]
    [InlineData('d', "ab", "forward c")]
    [InlineData('d', "abc", "no coordinator NoPrimaryReachable")]
    [InlineData('x', "abc", "no coordinator NoPrimaryReachable")]
    public void A_fallback_never_coordinates_what_needs_state(char self, string down, string expected) =>
        Assert.Equal(expected, new WriteRun(self: self, down: down, needsState: true).Start());

    [Fact]
    public void The_relayed_outcome_is_the_answer()
    {
        var write = new WriteRun(self: 'd');
        write.Start();

        Assert.Equal("written 2", write.Relayed('a', Done));
        Assert.Equal("", write.Relayed('a', Done));
        Assert.Null(write.TickIn);
    }

    [Fact]
    public void A_coordinator_that_refuses_is_replaced_by_the_next_primary_and_with_none_left_by_a_fallback()
    {
        var write = new WriteRun(self: 'e');

        Assert.Equal("forward a", write.Start());
        Assert.Equal("forward b", write.Refused('a'));
        Assert.Equal("", write.Refused('a'));
        Assert.Equal("forward c", write.Refused('b', RefusalReason.StorageUnavailable));
        Assert.Equal("stage for a", write.Refused('c'));
    }

    [Fact]
    public void Outside_the_ring_the_next_fallback_is_asked_too()
    {
        var write = new WriteRun(list: "abcde", self: 'x', down: "abc");

        Assert.Equal("forward d", write.Start());
        Assert.Equal("forward e", write.Refused('d', RefusalReason.HintsFull));
        Assert.Equal("no coordinator Refused HintsFull", write.Refused('e'));
    }

    [Fact]
    public void A_primary_that_lacks_state_gives_the_operation_to_the_next()
    {
        var write = new WriteRun(self: 'a', needsState: true);

        Assert.Equal("stage", write.Start());
        Assert.Equal("forward b", write.Refused('a', RefusalReason.NotSynced));
        Assert.Equal("forward c", write.Relayed('b', new WriteOutcome.NoCoordinator(NoCoordinatorReason.Refused, RefusalReason.NotSynced)));
        Assert.Equal("no coordinator Refused NotSynced", write.Refused('c', RefusalReason.NotSynced));
    }

    [Fact]
    public void Overload_is_not_passed_on_to_fallbacks()
    {
        var write = new WriteRun(self: 'd', down: "bc");
        write.Start();

        Assert.Equal("no coordinator Refused Busy", write.Refused('a', RefusalReason.Busy));
    }

    [Fact]
    public void What_was_forwarded_is_never_forwarded_again()
    {
        Assert.Equal("stage", new WriteRun(self: 'b', forwarded: true).Start());
        Assert.Equal("stage", new WriteRun(self: 'd', forwarded: true).Start());
        Assert.Equal("stage for b", new WriteRun(self: 'd', down: "b", forwarded: true).Start());
        Assert.Equal("no coordinator Refused NotAPrimary", new WriteRun(self: 'd', forwarded: true, needsState: true).Start());
        Assert.Equal("no coordinator Refused NotAPrimary", new WriteRun(self: 'x', forwarded: true).Start());

        var refused = new WriteRun(self: 'b', forwarded: true);
        refused.Start();
        Assert.Equal("no coordinator Refused StorageUnavailable", refused.Refused('b', RefusalReason.StorageUnavailable));
    }

    [Fact]
    public void A_lost_coordinator_may_have_applied_what_must_not_be_applied_twice()
    {
        var write = new WriteRun(self: 'd');
        write.Start();

        Assert.Equal("", write.Reachable('b', false));
        Assert.Equal("timed out 0", write.Reachable('a', false));
    }

    [Fact]
    public void A_lost_coordinator_is_replaced_where_twice_is_as_good_as_once_when_it_does_not_begin_any_more()
    {
        var write = new WriteRun(self: 'd', down: "c", repeatable: true);
        write.Start();
        write.Skip(20);

        Assert.Equal("", write.Reachable('a', false));
        Assert.Equal("forward b", write.Wait(30));
        Assert.Equal("", write.Reachable('b', false));
        Assert.Equal(100, write.TickIn);
        Assert.Equal("stage for a", write.Wait(100));
    }

    [Fact]
    public void One_that_refuses_does_not_hasten_what_a_lost_one_may_still_begin()
    {
        var write = new WriteRun(self: 'd', repeatable: true);
        write.Start();

        Assert.Equal("forward b", write.Wait(50));
        Assert.Equal("", write.Reachable('a', false));
        Assert.Equal("", write.Refused('b', RefusalReason.Busy));
        Assert.Equal("forward c", write.Wait(100));
    }

    [Fact]
    public void A_coordinator_has_until_the_next_is_asked_and_what_goes_to_one_alone_as_long_as_the_client_waits()
    {
        var twice = new WriteRun(self: 'd', repeatable: true, timeout: 120);
        twice.Start();
        Assert.Equal(50, twice.BeginWithin);
        Assert.Equal("forward b", twice.Wait(50));
        Assert.Equal(70, twice.BeginWithin);

        var once = new WriteRun(self: 'd');
        once.Start();
        Assert.Equal(1_000, once.BeginWithin);
    }

    [Fact]
    public void A_coordinator_that_was_too_late_to_begin_is_asked_again_and_given_more_time()
    {
        var write = new WriteRun(self: 'd', repeatable: true);
        write.Start();

        Assert.Equal("forward a", write.Refused('a', RefusalReason.Late));
        Assert.Equal(100, write.BeginWithin);
        Assert.Equal("forward a", write.Relayed('a', new WriteOutcome.NoCoordinator(NoCoordinatorReason.Refused, RefusalReason.Late)));
        Assert.Equal(200, write.BeginWithin);
        Assert.Equal("written 2", write.Relayed('a', Done));
    }

    [Fact]
    public void The_nodes_own_replica_is_not_asked_again_when_it_was_too_late()
    {
        var forwarded = new WriteRun(self: 'b', forwarded: true);
        forwarded.Start();
        Assert.Equal("no coordinator Refused Late", forwarded.Refused('b', RefusalReason.Late));
    }

    [Fact]
    public void A_coordinator_that_may_have_applied_the_operation_is_not_forgotten_when_all_others_refuse()
    {
        var lost = new WriteRun(self: 'd', down: "c", needsState: true, repeatable: true);
        lost.Start();
        Assert.Equal("forward b", lost.Reachable('a', false) + lost.Wait(50));
        Assert.Equal("timed out 0", lost.Refused('b', RefusalReason.NotSynced));

        var relayed = new WriteRun(self: 'd', down: "c", needsState: true, repeatable: true);
        relayed.Start();
        Assert.Equal("forward b", relayed.Wait(50));
        Assert.Equal("", relayed.Relayed('a', new WriteOutcome.Unsatisfied(UnmetQuorum.W, 1, 2)));
        Assert.Equal("unsatisfied W 1/2", relayed.Refused('b', RefusalReason.NotSynced));
    }

    [Fact]
    public void A_late_coordinator_is_joined_by_the_next_primary_only_where_twice_is_as_good_as_once()
    {
        var once = new WriteRun(self: 'd');
        once.Start();
        Assert.Equal("timed out 0", once.Wait(1_000));

        var twice = new WriteRun(self: 'd', repeatable: true);
        twice.Start();
        Assert.Equal("", twice.Wait(49));
        Assert.Equal("forward b", twice.Wait(1));
        Assert.Equal("", twice.Wait(99));
        Assert.Equal("forward c", twice.Wait(1));
        Assert.Equal("", twice.Wait(500));
        Assert.Equal("", twice.Relayed('a', new WriteOutcome.Unsatisfied(UnmetQuorum.W, 1, 2)));
        Assert.Equal("written 2", twice.Relayed('b', Done));
        Assert.Equal("", twice.Relayed('c', Done));
    }

    [Theory]
    [InlineData("bc", 2, 0, "unsatisfied Pw 1/2")]
    [InlineData("", 3, 0, "stage")]
    [InlineData("bcdef", 0, 2, "unsatisfied NodeConfirms 1/2")]
    [InlineData("bcde", 0, 2, "stage")]
    public void What_is_strict_is_asked_before_anything_is_applied(string down, int pw, int nodeConfirms, string expected) =>
        Assert.Equal(expected, new WriteRun(down: down, pw: pw, nodeConfirms: nodeConfirms).Start());

    [Fact]
    public void Sentences_are_those_of_the_contract()
    {
        Assert.Equal("PW-value unsatisfied: 2/3", new WriteOutcome.Unsatisfied(UnmetQuorum.Pw, 2, 3).Sentence);
        Assert.Equal("DW-value unsatisfied: 0/1", new WriteOutcome.Unsatisfied(UnmetQuorum.Dw, 0, 1).Sentence);
        Assert.Equal("Too many write failures to satisfy W/DW", new WriteOutcome.Unsatisfied(UnmetQuorum.W, 1, 2).Sentence);
        Assert.Equal("request timed out", WriteOutcome.TimedOut.Sentence);
        Assert.Equal("PR-value unsatisfied: 2/3", new ReadOutcome.Unsatisfied(UnmetQuorum.Pr, 2, 3).Sentence);
        Assert.Equal("R-value unsatisfied: 0/2", new ReadOutcome.Unsatisfied(UnmetQuorum.R, 0, 2).Sentence);
        Assert.Equal("request timed out", ReadOutcome.TimedOut.Sentence);
    }
}
