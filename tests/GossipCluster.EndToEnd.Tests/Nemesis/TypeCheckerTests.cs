using GossipCluster.EndToEnd.Tests.Nemesis.Checking;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>The checks of registers, flags, HyperLogLogs and maps on histories written by hand. Sets and counters: <see cref="CheckerTests"/>.</summary>
public sealed class TypeCheckerTests
{
    [Fact]
    public void A_register_that_shows_the_last_text_or_one_written_beside_it_is_good()
    {
        var given = new HistoryBuilder();
        given.Text("", 0, 1);
        given.Assign("a", 1, 2);
        given.Assign("b", 3, 4);
        given.Assign("beside", 3.5, 5);
        given.Assign("late", 0.5, 3, Phase.Unknown);
        given.Assign("refused", 6, 7, Phase.Failed);
        given.Text("a", 4.5, 6);
        given.Text("b", 8, 9, final: true);
        given.Text("beside", 8, 9, final: true);
        given.Text("late", 8, 9, final: true);

        var result = RegisterChecker.Check(given.Build());

        AssertKinds(result);
        Assert.Contains("1 older than", result.Measures, StringComparison.Ordinal);
    }

    [Fact]
    public void A_register_whose_last_text_is_gone_at_the_end_is_bad()
    {
        foreach (var older in (string[])["a", ""])
        {
            var given = new HistoryBuilder();
            given.Assign("a", 1, 2);
            given.Assign("b", 3, 4);
            given.Text(older, 8, 9, final: true);

            AssertKinds(RegisterChecker.Check(given.Build()), "lost");
        }
    }

    [Fact]
    public void A_register_may_lose_with_a_disk_what_only_that_disk_had()
    {
        var given = new HistoryBuilder();
        given.Assign("a", 1, 2);
        given.Assign("b", 3, 4, copies: 1);
        given.Note(Mark.DiskLost, 5);
        given.Text("a", 8, 9, final: true);

        AssertKinds(RegisterChecker.Check(given.Build()));
    }

    [Fact]
    public void A_register_with_a_text_that_nobody_gave_it_is_bad()
    {
        var given = new HistoryBuilder();
        given.Assign("refused", 0, 1, Phase.Failed);
        given.Text("refused", 2, 3);
        given.Text("later", 2, 3);
        given.Assign("later", 4, 5);

        AssertKinds(RegisterChecker.Check(given.Build()), "unexpected", "unexpected");
    }

    [Fact]
    public void A_strict_read_of_a_register_that_is_older_than_a_strict_write_is_bad()
    {
        foreach (var (strictWrite, strictRead, kinds) in new (bool, bool, string[])[] { (true, false, []), (false, true, []), (true, true, ["stale"]) })
        {
            var given = new HistoryBuilder();
            given.Assign("a", 0, 1);
            given.Assign("b", 2, 3, strict: strictWrite);
            given.Text("a", 4, 5, strict: strictRead);

            AssertKinds(RegisterChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void A_register_that_goes_back_for_who_carries_a_token_is_bad()
    {
        foreach (var (carries, isRead, kinds) in new (bool, bool, string[])[] { (false, false, []), (true, false, ["went back"]), (true, true, ["went back"]) })
        {
            var given = new HistoryBuilder();
            given.Assign("a", 0, 1);
            var known = given.Assign("b", 2, 3);
            if (isRead) known = given.Text("b", 4, 5);
            given.Text("a", 6, 7, basis: carries ? known : null);

            AssertKinds(RegisterChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void A_token_does_not_forget_what_its_chain_had_written_before()
    {
        var given = new HistoryBuilder();
        given.Assign("a", 0, 1);
        var own = given.Assign("b", 2, 3);
        given.Assign("beside", 2, 8, Phase.Unknown);
        var read = given.Text("beside", 4, 5, basis: own);
        given.Text("a", 6, 7, basis: read);

        AssertKinds(RegisterChecker.Check(given.Build()), "went back");
    }

    [Fact]
    public void A_flag_that_was_disabled_with_what_had_enabled_it_and_is_enabled_beside_that_is_good()
    {
        var given = new HistoryBuilder();
        given.Set(true, 0, 1);
        var read = given.Flag(true, 2, 3);
        given.Set(false, 4, 5, basis: read);
        given.Set(true, 4, 5);
        given.Flag(true, 8, 9, final: true);

        AssertKinds(SetChecker.Check(given.Build()));
        AssertKinds(ObservedRemoveChecker.Check(given.Build()));
        AssertKinds(SessionChecker.Check(given.Build()));
    }

    [Fact]
    public void A_flag_that_is_disabled_at_the_end_though_nobody_did_that_or_could_have_seen_it_is_bad()
    {
        var never = new HistoryBuilder();
        never.Set(true, 0, 1);
        never.Flag(false, 8, 9, final: true);
        AssertKinds(SetChecker.Check(never.Build()), "lost");

        var unseen = new HistoryBuilder();
        var read = unseen.Flag(false, 0, 1);
        unseen.Set(true, 2, 3);
        unseen.Set(false, 4, 5, basis: read);
        unseen.Flag(false, 8, 9, final: true);
        AssertKinds(ObservedRemoveChecker.Check(unseen.Build()), "taken along");
    }

    [Fact]
    public void A_flag_that_is_enabled_again_by_nobody_is_bad()
    {
        var given = new HistoryBuilder();
        given.Set(true, 0, 1);
        var disabled = given.Set(false, 4, 5, basis: given.Flag(true, 2, 3));
        given.Flag(true, 6, 7, basis: disabled);
        given.Flag(true, 8, 9, final: true);

        AssertKinds(ObservedRemoveChecker.Check(given.Build()), "came back");
        AssertKinds(SessionChecker.Check(given.Build()), "removed again there");
    }

    [Fact]
    public void A_flag_whose_own_enabling_its_token_does_not_show_is_bad()
    {
        var given = new HistoryBuilder();
        given.Flag(false, 2, 3, basis: given.Set(true, 0, 1));

        AssertKinds(SessionChecker.Check(given.Build()), "read-your-writes");
    }

    [Fact]
    public void An_estimate_within_its_error_of_what_was_attempted_and_acknowledged_is_good()
    {
        foreach (var value in (long[])[193, 200, 310, 317])
        {
            var given = new HistoryBuilder();
            given.Distinct(200, 0, 1);
            given.Distinct(110, 0, 1, Phase.Unknown);
            given.Estimate(0, 2, 3);
            given.Estimate(value, 8, 9, final: true);

            AssertKinds(DistinctChecker.Check(given.Build()));
        }
    }

    [Fact]
    public void An_estimate_beyond_its_error_is_bad()
    {
        foreach (var (value, kind) in new (long, string)[] { (180, "below"), (340, "above") })
        {
            var given = new HistoryBuilder();
            given.Distinct(200, 0, 1);
            given.Distinct(110, 0, 1, Phase.Unknown);
            given.Distinct(100, 0, 1, Phase.Failed);
            given.Estimate(value, 8, 9, final: true);

            AssertKinds(DistinctChecker.Check(given.Build()), kind);
        }
    }

    [Fact]
    public void An_estimate_below_what_its_token_had_read_and_added_is_bad()
    {
        foreach (var (value, kinds) in new (long, string[])[] { (118, []), (100, ["went back"]) })
        {
            var given = new HistoryBuilder();
            var added = given.Distinct(20, 4, 5, basis: given.Estimate(100, 2, 3, basis: given.Distinct(100, 0, 1)));
            given.Estimate(value, 6, 7, basis: added);

            AssertKinds(DistinctChecker.Check(given.Build()), kinds);
        }
    }

    [Fact]
    public void A_map_with_whole_changes_is_good_also_where_some_are_unknown_or_removed()
    {
        var given = new HistoryBuilder();
        given.Map("", 0, "", 0, 1);
        given.Update("a", 2, 1, 2);
        given.Update("b", 3, 1, 2, Phase.Unknown);
        var read = given.Map("a", 2, "a", 3, 4);
        given.Map("a b", 5, "b", 3, 4);
        given.RemoveFromMap("a", 5, 6, basis: read);
        given.Map("b", 5, "a", 7, 8);
        given.Map("", 2, "a", 7, 8, final: true);

        var history = given.Build();

        AssertKinds(MapChecker.Check(history));
        AssertKinds(SetChecker.Check(history));
        AssertKinds(CounterChecker.Check(history));
        AssertKinds(RegisterChecker.Check(history));
        AssertKinds(ObservedRemoveChecker.Check(history));
        AssertKinds(SessionChecker.Check(history));
    }

    [Theory]
    [InlineData("a b", 3, "b")]
    [InlineData("a", 5, "a")]
    [InlineData("a", 2, "b")]
    [InlineData("a", 2, "")]
    public void A_map_that_shows_a_part_of_a_change_is_bad(string elements, long count, string text)
    {
        var given = new HistoryBuilder();
        given.Update("a", 2, 1, 2);
        given.Update("b", 3, 1, 2);
        given.Map(elements, count, text, 3, 4);

        AssertKinds(MapChecker.Check(given.Build()), "torn");
    }

    [Fact]
    public void What_is_lost_in_a_map_is_lost_of_its_set_its_counter_and_its_register()
    {
        var given = new HistoryBuilder();
        given.Update("a", 2, 1, 2);
        given.Update("b", 3, 3, 4);
        given.Map("a", 2, "a", 8, 9, final: true);

        var history = given.Build();

        AssertKinds(MapChecker.Check(history));
        AssertKinds(SetChecker.Check(history), "lost");
        AssertKinds(CounterChecker.Check(history), "below");
        AssertKinds(RegisterChecker.Check(history), "lost");
        Assert.Contains("add b, increment by 3 and assign in m", history.Excerpt(SetChecker.Check(history).Violations[0]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_element_of_a_map_that_a_remove_cannot_have_seen_or_that_comes_back_is_noticed()
    {
        var along = new HistoryBuilder();
        var read = along.Map("", 0, "", 0, 1);
        along.Update("a", 2, 2, 3);
        along.RemoveFromMap("a", 4, 5, basis: read);
        along.Map("", 2, "a", 8, 9, final: true);
        AssertKinds(ObservedRemoveChecker.Check(along.Build()), "taken along");

        var back = new HistoryBuilder();
        back.Update("a", 2, 0, 1);
        back.RemoveFromMap("a", 4, 5, basis: back.Map("a", 2, "a", 2, 3));
        back.Map("a", 2, "a", 8, 9, final: true);
        AssertKinds(ObservedRemoveChecker.Check(back.Build()), "came back");
    }

    private static void AssertKinds(CheckResult result, params string[] kinds) => Assert.Equal(kinds, result.Violations.Select(violation => violation.Kind));
}
