using GossipCluster.EndToEnd.Tests.Nemesis.Checking;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>Each checker on histories written by hand: good ones pass, and each kind of bad one is named.</summary>
public sealed class CheckerTests
{
    [Fact]
    public void A_set_that_keeps_its_acknowledged_elements_is_good_whatever_became_of_the_others()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Add("b", 1, 2, Phase.Unknown);
        given.Add("c", 2, 3, Phase.Failed);
        given.Add("d", 3, 9);
        given.Read("a d", 4, 5);
        given.Read("a b d", 10, 11, final: true);

        AssertKinds(SetChecker.Check(given.Build()));
    }

    [Fact]
    public void A_set_that_lost_an_acknowledged_element_is_bad()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Read("a", 2, 3);
        given.Read("", 10, 11, final: true);

        AssertKinds(SetChecker.Check(given.Build()), "lost");
    }

    [Fact]
    public void A_set_may_lose_with_a_disk_what_only_that_disk_had()
    {
        foreach (var (copies, kinds) in new (int, string[])[] { (1, []), (2, ["lost"]) })
        {
            var given = new HistoryBuilder();
            given.Add("a", 0, 1, copies: copies);
            given.Note(Mark.DiskLost, 2);
            given.Read("", 10, 11, final: true);

            AssertKinds(SetChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void A_set_that_shows_what_nobody_added_or_whose_add_was_refused_or_comes_later_is_bad()
    {
        var given = new HistoryBuilder();
        given.Add("refused", 0, 1, Phase.Failed);
        given.Read("refused stranger later", 2, 3);
        given.Add("later", 4, 5);

        AssertKinds(SetChecker.Check(given.Build()), "unexpected", "unexpected", "unexpected");
    }

    [Fact]
    public void A_read_may_be_stale_unless_both_it_and_the_write_were_strict_and_primaries_stayed()
    {
        foreach (var (strictAdd, strictRead, unsettled, kinds) in new (bool, bool, bool, string[])[] { (true, false, false, []), (false, true, false, []), (true, true, true, []), (true, true, false, ["stale"]) })
        {
            var given = new HistoryBuilder();
            given.Add("a", 0, 1, strict: strictAdd);
            if (unsettled) given.Note(Mark.Unsettled, 1.5);
            given.Read("", 2, 3, strict: strictRead);
            given.Read("a", 4, 5);
            given.Read("a", 10, 11, final: true);

            var result = SetChecker.Check(given.Build());

            AssertKinds(result, kinds);
            Assert.Contains("1 times a read lacked", result.Measures, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_counter_between_what_was_acknowledged_and_what_was_attempted_is_good()
    {
        foreach (var final in new long[] { 5, 7 })
        {
            var given = new HistoryBuilder();
            given.Increment(5, 0, 1);
            given.Increment(2, 1, 2, Phase.Unknown);
            given.Increment(9, 1, 2, Phase.Failed);
            given.Count(0, 3, 4);
            given.Count(final, 10, 11, final: true);

            AssertKinds(CounterChecker.Check(given.Build()));
        }
    }

    [Fact]
    public void A_counter_above_what_was_attempted_or_below_what_was_acknowledged_at_the_end_is_bad()
    {
        foreach (var (final, kind) in new (long, string)[] { (8, "above"), (4, "below") })
        {
            var given = new HistoryBuilder();
            given.Increment(5, 0, 1);
            given.Increment(2, 1, 2, Phase.Unknown);
            given.Count(final, 10, 11, final: true);

            AssertKinds(CounterChecker.Check(given.Build()), kind);
        }
    }

    [Fact]
    public void A_counter_with_decrements_is_held_to_both_bounds()
    {
        foreach (var (value, kinds) in new (long, string[])[] { (3, []), (1, []), (0, ["below"]), (4, ["above"]) })
        {
            var given = new HistoryBuilder();
            given.Increment(5, 0, 1);
            given.Increment(-2, 1, 2);
            given.Increment(-2, 2, 3, Phase.Unknown);
            given.Count(value, 10, 11, final: true);

            AssertKinds(CounterChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void A_strict_read_sees_strict_increments()
    {
        var given = new HistoryBuilder();
        given.Increment(5, 0, 1, strict: true);
        given.Increment(2, 1, 2);
        given.Count(4, 3, 4, strict: true);
        given.Count(7, 10, 11, final: true);

        AssertKinds(CounterChecker.Check(given.Build()), "below");
    }

    [Fact]
    public void A_removed_element_that_stays_away_and_a_concurrent_add_that_stays_are_good()
    {
        var given = new HistoryBuilder();
        given.Add("gone", 0, 1);
        given.Add("wins", 0, 1);
        var read = given.Read("gone wins", 2, 3);
        given.Add("wins", 4, 5);
        given.Remove("gone", 6, 7, read);
        given.Remove("wins", 6, 7, read);
        given.Read("gone wins", 8, 9);
        given.Note(Mark.Converged, 10);
        given.Read("wins", 11, 12);
        given.Read("wins", 13, 14, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()));
    }

    [Fact]
    public void A_removed_element_that_is_there_after_convergence_or_at_the_end_is_bad()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Remove("a", 4, 5, given.Read("a", 2, 3));
        given.Note(Mark.Converged, 10);
        given.Read("a", 11, 12);
        given.Read("a", 13, 14, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()), "came back", "came back");
    }

    [Fact]
    public void A_strict_read_sees_a_strict_remove()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Remove("a", 4, 5, given.Read("a", 2, 3), strict: true);
        given.Read("a", 6, 7, strict: true);
        given.Read("", 13, 14, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()), "came back");
    }

    [Fact]
    public void An_element_may_come_back_where_some_add_of_it_was_not_seen_for_certain()
    {
        foreach (var (phase, from, to) in new[] { (Phase.Unknown, 0.5, 0.6), (Phase.Ok, 2.5, 3.5), (Phase.Ok, 0.5, 0.6) })
        {
            var given = new HistoryBuilder();
            given.Add("a", 0, 1);
            given.Add("a", from, to, phase);
            given.Remove("a", 4, 5, given.Read("a", 2, 3));
            given.Note(Mark.Converged, 10);
            given.Read("a", 11, 12, final: true);

            AssertKinds(ObservedRemoveChecker.Check(given.Build()));
        }
    }

    [Fact]
    public void A_remove_that_takes_along_an_add_that_it_cannot_have_seen_is_bad()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        var read = given.Read("a", 2, 3);
        given.Add("a", 4, 5);
        given.Remove("a", 6, 7, read);
        given.Read("", 11, 12, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()), "taken along");
    }

    [Fact]
    public void A_remove_without_a_token_may_take_whatever_had_begun()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Remove("a", 2, 3, basis: null);
        given.Read("", 11, 12, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()));
    }

    [Fact]
    public void A_session_that_reads_what_it_wrote_and_read_is_good()
    {
        var given = new HistoryBuilder();
        var first = given.Read("x", 0, 1);
        var add = given.Add("a", 2, 3, basis: first);
        var second = given.Read("a x y", 4, 5, basis: add);
        var remove = given.Remove("x", 6, 7, second);
        given.Read("a y", 8, 9, basis: remove);

        AssertKinds(SessionChecker.Check(given.Build()));
    }

    [Fact]
    public void A_session_that_does_not_read_its_own_write_is_bad()
    {
        var given = new HistoryBuilder();
        given.Read("", 4, 5, basis: given.Add("a", 2, 3));

        AssertKinds(SessionChecker.Check(given.Build()), "read-your-writes");
    }

    [Fact]
    public void A_session_that_reads_less_than_before_is_bad_also_with_a_write_between()
    {
        var given = new HistoryBuilder();
        given.Add("x", 0, 1);
        var read = given.Read("x", 2, 3);
        var add = given.Add("a", 4, 5, basis: read);
        given.Read("a", 6, 7, basis: add);

        AssertKinds(SessionChecker.Check(given.Build()), "monotonic-reads");
    }

    [Fact]
    public void A_session_may_miss_what_somebody_may_have_removed_and_what_it_had_no_token_of()
    {
        var given = new HistoryBuilder();
        given.Add("x", 0, 1);
        given.Add("y", 0, 1);
        var read = given.Read("x y", 2, 3);
        given.Remove("x", 3.5, 9, basis: null, Phase.Unknown);
        given.Read("y", 4, 5, basis: read);
        given.Read("", 6, 7);

        AssertKinds(SessionChecker.Check(given.Build()));
    }

    [Fact]
    public void A_session_that_reads_what_it_had_removed_is_bad()
    {
        var given = new HistoryBuilder();
        given.Add("x", 0, 1);
        var remove = given.Remove("x", 4, 5, given.Read("x", 2, 3));
        given.Read("x", 6, 7, basis: remove);

        AssertKinds(SessionChecker.Check(given.Build()), "removed again there");
    }

    [Fact]
    public void A_session_on_a_counter_never_reads_less_than_it_had_read_and_added()
    {
        foreach (var (value, kinds) in new (long, string[])[] { (8, []), (7, ["read-your-writes"]) })
        {
            var given = new HistoryBuilder();
            given.Increment(5, 0, 1);
            var read = given.Count(5, 2, 3);
            given.Count(value, 6, 7, basis: given.Increment(3, 4, 5, basis: read));

            AssertKinds(SessionChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void Equal_final_reads_without_entropy_are_convergence()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Read("a", 2, 3, final: true, node: "n1");
        given.Read("a", 2, 3, final: true, node: "n2");
        given.Note(Mark.Entropy, 2);
        given.Note(Mark.Audit, 3);

        AssertKinds(ConvergenceChecker.Check(given.Build()));
    }

    [Fact]
    public void Different_final_reads_entropy_differences_of_an_audit_and_unread_keys_are_no_convergence()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Read("a", 2, 3, final: true, node: "n1");
        given.Read("", 2, 3, final: true, node: "n2");
        given.Increment(1, 0, 1);
        given.Note(Mark.Entropy, 2, value: 3);
        given.Note(Mark.Audit, 3, value: 1);

        AssertKinds(ConvergenceChecker.Check(given.Build()), "different", "unread", "entropy", "audit");
    }

    [Fact]
    public void Only_a_remove_without_a_token_may_be_refused()
    {
        var given = new HistoryBuilder();
        given.Refused(Act.Remove, 412, 0, 1);
        given.Refused(Act.Add, 503, 1, 2);

        AssertKinds(RefusalChecker.Check(given.Build()));

        given.Refused(Act.Remove, 412, 2, 3, basis: 0);
        given.Refused(Act.Add, 404, 3, 4);

        AssertKinds(RefusalChecker.Check(given.Build()), "refused", "refused");
    }

    [Fact]
    public void A_report_shows_the_lines_of_what_is_broken_and_no_others()
    {
        var given = new HistoryBuilder();
        given.Add("a", 0, 1);
        given.Add("other", 0, 1);
        given.Note(Mark.Fault, 2);
        given.Read("other", 3, 4, final: true);
        given.Note(Mark.Entropy, 5);

        var report = Verdict.Of(given.Build()).Report("seed 17");

        Assert.StartsWith("seed 17", report, StringComparison.Ordinal);
        Assert.Contains("BROKEN set", report, StringComparison.Ordinal);
        Assert.Contains("ok add a s", report, StringComparison.Ordinal);
        Assert.Contains("Fault", report, StringComparison.Ordinal);
        Assert.DoesNotContain("add other s", report, StringComparison.Ordinal);
    }

    private static void AssertKinds(CheckResult result, params string[] kinds) => Assert.Equal(kinds, result.Violations.Select(violation => violation.Kind));
}
