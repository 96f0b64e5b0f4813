using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>For rules that random runs seldom miss: the shortest chain of events that needs the rule, and how its absence shows.</summary>
internal static class DirectedChains
{
    public static readonly IReadOnlyDictionary<Mutant, Chain> All = new Dictionary<Mutant, Chain>
    {
        [Mutant.SpeakFirst] = new(SpokenBeforeDurable, "was given twice"),
        [Mutant.NoPull] = new(RemoveWhereTheContextWasNotSeen, "without having seen its context"),
        [Mutant.TrustDisk] = new(CopyWhoseLaterDotsAreKnown, "was given twice"),
        [Mutant.KeptId] = new(CopyOfARunningDisk, "was given twice"),
        [Mutant.StartsForgotten] = new(CopyOfAStoppedDisk, "was given twice"),
        [Mutant.LoneWitness] = new(CopyOfTheOnlyDisk, "was given twice"),
        [Mutant.AnyView] = new(TwoRingsAtOdds, "is lost"),
        [Mutant.RepairLog] = new(RepairWithoutTheWholeLog, "its clock names"),
        [Mutant.RepairBasis] = new(RepairOfALostDisk, "does not name"),
        [Mutant.RepairAdds] = new(RepairOfARemove, "does not name"),
        [Mutant.StreamEnd] = new(mutant => WriteDuringATransfer(mutant, toSentKey: true), "its clock names"),
        [Mutant.StreamStart] = new(mutant => WriteDuringATransfer(mutant, toSentKey: false), "no quiescence"),
        [Mutant.NoPast] = new(mutant => RemoveThatBuildsOnAnUnheardWrite(mutant, logEntriesMax: 1000), "was observed and removed"),
        [Mutant.PastUnsure] = new(mutant => RemoveThatBuildsOnAnUnheardWrite(mutant, logEntriesMax: 1), "was observed and removed"),
        [Mutant.NothingToSend] = new(RemoveOfWhatIsRemovedUnheard, "on which it may build"),
        [Mutant.EmptiedOnW] = new(FallbackAfterTwoOfThree, "empties itself"),
        [Mutant.FoldUnasked] = new(ShareSummedTwice, "is counted twice"),
        [Mutant.UncountedCounts] = new(mutant => RemoveThatBuildsOnAnUnheardWrite(mutant, logEntriesMax: 1), "was observed and removed"),
        [Mutant.UnsyncedRemoves] = new(DeleteAtAnEmptyDisk, "is deleted, and"),
        [Mutant.FallbackRemoves] = new(DeleteAtAFallback, "is deleted, and"),
        [Mutant.NoHedge] = new(WriteWithLatePrimaries, "late, and that is an error"),
        [Mutant.Repeats] = new(IncrementWhoseCoordinatorIsLost, "is done twice"),
        [Mutant.FallbackIsEvidence] = new(ReadOfWhatALatePrimaryHas, "is not found, and"),
        [Mutant.BehindIsEvidence] = new(ReadOfWhatAFallbackHas, "is not found, and"),
        [Mutant.SupersededForgotten] = new(AddThatArrivesAfterItsRemove, "its clock"),
        [Mutant.GateForever] = new(TokenOfALostDisk, "no node can serve"),
    };

    /// <summary>A delta leaves before it is durable; its node dies and, having nothing on disk, names the same dot again.</summary>
    private static void SpokenBeforeDurable(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var (a, b) = (world[0], world[1]);
        var delta = world.Hold<PeerMessage.Replicate>(a, b);
        world.AddUnsettled(a, "p");
        world.SettleUntil(() => delta.Count == 1);
        world.Crash(a);
        world.Start(a);

        world.Add(a, "q");
        delta.Release();
        world.End();
    }

    /// <summary>A client removes what it saw at a, by way of b, which has not heard of it.</summary>
    private static void RemoveWhereTheContextWasNotSeen(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 3);
        var (a, b) = (world[0], world[1]);
        world.Unheard(() => world.Add(a, "p"), by: b);
        var token = world.Read(a);

        Assert.False(world.Remove(b, "p", token).IsRefused);
        world.End();
    }

    /// <summary>A disk is stopped cleanly, copied, and started; b hears of what it does then; the copy is put back.</summary>
    private static void CopyWhoseLaterDotsAreKnown(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var a = world[0];
        StopCopyStart(world, a);
        world.Add(a, "p");
        world.PutCopyBack(a);
        world.Start(a);

        world.Add(a, "q");
        world.End();
    }

    /// <summary>A copy of a running node's disk is put back while what the node did later is under way: nobody knows it yet.</summary>
    private static void CopyOfARunningDisk(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var a = world[0];
        world.Add(a, "p");
        world.CopyDisk(a);
        var late = world.Late(() => world.Add(a, "q"));
        world.PutCopyBack(a);
        world.Start(a);

        world.Add(a, "r");
        late.Deliver();
        world.End();
    }

    /// <summary>The same with a disk that was stopped cleanly: the mark of it is in the copy, so that only the start in between betrays it.</summary>
    private static void CopyOfAStoppedDisk(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var a = world[0];
        StopCopyStart(world, a);
        var late = world.Late(() => world.Add(a, "p"));
        world.PutCopyBack(a);
        world.Start(a);

        world.Add(a, "q");
        late.Deliver();
        world.End();
    }

    /// <summary>The same with a node on its own: nobody but a client, by its token, has seen what the lost life did.</summary>
    private static void CopyOfTheOnlyDisk(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 1, n: 1);
        var a = world[0];
        StopCopyStart(world, a);
        world.Add(a, "p");
        var token = world.Read(a);
        world.PutCopyBack(a);
        world.Start(a);

        world.Add(a, "q");
        world.Remove(a, "q", token);
        Assert.Equal("{q}", world.Value(a));
        world.End();
    }

    /// <summary>In the ring that a sees, b is the keeper; in the ring that b sees, a is. Each has it from the other, and each lets go.</summary>
    private static void TwoRingsAtOdds(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 1);
        var (a, b) = (world[0], world[1]);
        world.Add(a, "p");
        a.See(world.PreferredFromHereOn(b));
        var word = world.Hold<PeerMessage.Know>(b, a);
        world.Offer(a, to: b);
        world.Offer(a, to: b);
        word.Release();
        world.Settle();

        world.End();
    }

    /// <summary>b lacks a remove, which a's log has forgotten, and an add, which it has not.</summary>
    private static void RepairWithoutTheWholeLog(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2, logEntriesMax: 1);
        var (a, b) = (world[0], world[1]);
        world.Add(a, "p");
        world.Unheard(() => world.Remove(a, "p", world.Read(a)));
        world.Unheard(() => world.Add(a, "q"));

        world.Repair(behind: b, by: a);
        world.End();
    }

    /// <summary>
    /// A key's state is under way to b, which has the add and lacks the delete; b loses its disk before it arrives, and then gets the add again.
    /// </summary>
    private static void RepairOfALostDisk(Mutant mutant)
    {
        // c is down, so that a's log keeps the add: all that b lacks can come as deltas.
        var world = new Scenario(mutant, nodes: 3, n: 3);
        var (a, b, c) = (world[0], world[1], world[2]);
        world.Crash(c);
        world.Add(a, "p");
        world.Unheard(() => world.Delete(a));
        var state = world.Late(() => world.Repair(behind: b, by: a));
        world.LoseDisk(b);
        world.Start(b);

        state.Deliver();
        world.Settle();
        world.End();
    }

    /// <summary>b lacks a remove and is sent the key's state.</summary>
    private static void RepairOfARemove(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var (a, b) = (world[0], world[1]);
        world.Add(a, "p");
        world.Unheard(() => world.Remove(a, "p", world.Read(a)));

        world.Repair(behind: b, by: a);
        if (mutant == Mutant.None) Assert.Equal("{}", world.Value(b));
        world.End();
    }

    /// <summary>While b is filled, a key by a key, a takes a write to the key that is sent already, or to the one that is not.</summary>
    private static void WriteDuringATransfer(Mutant mutant, bool toSentKey)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2, logEntriesMax: 1, partBytesMax: 1);
        var (a, b) = (world[0], world[1]);
        var (sent, unsent) = world.Set.Hash < world.OtherSet.Hash ? (world.Set, world.OtherSet) : (world.OtherSet, world.Set);
        world.Crash(b);
        world.Add(a, "p", sent);
        world.Add(a, "p", unsent);
        world.Start(b);
        var asks = world.Hold<PeerMessage.TransferAsk>(b, a);
        world.Sync(b, a);
        asks.Deliver();
        world.Settle();
        Assert.Equal(1, asks.Count);
        world.Unheard(() => world.Add(a, "q", toSentKey ? sent : unsent), by: b);

        asks.Release();
        world.Settle();
        world.End();
    }

    /// <summary>
    /// b has p; a adds it again, which supersedes b's, and nobody hears of it; then a removes it, which supersedes its own, and b joins that. Then a's disk
    /// is lost. If b's word for the remove counted, b's p must be gone: either the add in between went along, or b's word did not count.
    /// </summary>
    private static void RemoveThatBuildsOnAnUnheardWrite(Mutant mutant, int logEntriesMax)
    {
        var world = new Scenario(mutant, nodes: 3, n: 3, logEntriesMax);
        var (a, b, c) = (world[0], world[1], world[2]);

        // Not part of the story: from the first lost disk on, copies are no longer checked one by one, and the end has to show it.
        world.LoseDisk(c);
        world.Start(c);
        world.Sync(c, a);

        world.Add(b, "p");
        world.Unheard(() => world.Add(a, "p"));
        var token = world.Read(a);
        ClientOp? remove = null;
        world.Unheard(() => remove = world.Remove(a, "p", token), by: c);
        Assert.Equal(mutant != Mutant.None || logEntriesMax > 1, remove!.Write!.IsAcknowledged);

        world.LoseDisk(a);
        world.End();
    }

    /// <summary>a has removed p, and nobody has heard of it; a second client removes p there, which is nothing to do. Then a's disk is lost.</summary>
    private static void RemoveOfWhatIsRemovedUnheard(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 3);
        var (a, b) = (world[0], world[1]);
        world.Add(b, "p");
        var token = world.Read(b);
        world.Unheard(() => world.Remove(a, "p", token));
        var second = world.Remove(a, "p", token);
        Assert.True(second.IsAcknowledged);
        Assert.Null(second.Delta);

        world.LoseDisk(a);
        world.End();
    }

    /// <summary>A fallback stands in for c, which is down, and hears that the two others have all that it has.</summary>
    private static void FallbackAfterTwoOfThree(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 4, n: 3);
        var (a, b, c, fallback) = (world[0], world[1], world[2], world[3]);
        world.Crash(c);
        world.Add(a, "p");
        Assert.Equal("{p}", world.Value(fallback));

        world.Offer(fallback, to: a);
        world.Offer(fallback, to: b);
        world.End();
    }

    /// <summary>A client has seen what only a lost disk knew: it can still remove, by way of any node.</summary>
    private static void TokenOfALostDisk(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var (a, b) = (world[0], world[1]);
        world.Add(a, "q");
        world.Unheard(() => world.Add(a, "p"));
        var token = world.Read(a);
        world.LoseDisk(a);
        world.Start(a);

        var remove = world.Remove(b, "q", token);
        if (mutant == Mutant.None) Assert.False(remove.IsRefused);
        world.End();
    }

    /// <summary>
    /// a's second increment sums its first in; then a has an older disk, which knows only the first, takes a new id, and would sum the first in again.
    /// </summary>
    private static void ShareSummedTwice(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 2);
        var a = world[0];
        world.Increment(a);
        world.CopyDisk(a);
        world.Increment(a);
        world.PutCopyBack(a);
        world.Start(a);
        world.SettleUntil(() => a.MayName);

        world.Fold(a);
        world.Increment(a);
        world.End();
        Check.That(world.Value(a, world.Counter) == "3", $"something is counted twice: three increments are {world.Value(a, world.Counter)}");
    }

    /// <summary>c's disk was lost, and c has heard only of q since; a client deletes the set there.</summary>
    private static void DeleteAtAnEmptyDisk(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 3);
        var (a, c) = (world[0], world[2]);
        world.Add(a, "p");
        world.LoseDisk(c);
        world.Start(c);
        world.Add(a, "q");
        Assert.Equal("{q}", world.Value(c));

        DeleteAll(world, c);
    }

    /// <summary>The only primary is down; its fallback has taken q for it, and a client deletes the set there.</summary>
    private static void DeleteAtAFallback(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 1);
        var (primary, fallback) = (world[0], world[1]);
        world.Add(primary, "p");
        world.Crash(primary);
        world.Add(fallback, "q");

        DeleteAll(world, fallback);
    }

    private static void DeleteAll(Scenario world, SimNode at)
    {
        var delete = world.Delete(at);
        world.End();
        var left = world.Value(world[0]);
        Check.That(left == "nothing" || delete.Outcome is not WriteOutcome.Written, $"the set is deleted, and {left} is there, which was acknowledged before");
    }

    /// <summary>Both other primaries are slow, and there is a fallback.</summary>
    private static void WriteWithLatePrimaries(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 4, n: 3);
        var (a, b, c) = (world[0], world[1], world[2]);
        var toB = world.Hold<PeerMessage.Replicate>(a, b);
        var toC = world.Hold<PeerMessage.Replicate>(a, c);
        var add = world.Add(a, "p");
        Check.That(add.Outcome is WriteOutcome.Written { Copies: 2, Short: false }, "primaries are late, and that is an error");

        toB.Release();
        toC.Release();
        world.End();
    }

    /// <summary>A client at a fallback increments; the primary that is to coordinate has done it, and dies before it says so.</summary>
    private static void IncrementWhoseCoordinatorIsLost(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 2);
        var (primary, client) = (world[0], world[2]);
        var answer = world.Hold<WriteAnswer>(primary, client);
        var increment = world.IncrementBy(client);
        world.SettleUntil(() => answer.Count == 1);
        world.Crash(primary);
        world.Settle();

        if (mutant == Mutant.None) Assert.IsType<WriteOutcome.TimedOut>(increment.Outcome);
        world.End();
    }

    /// <summary>One primary has p and is slow, the other lacks it and is quick, and so is the fallback, which has nothing.</summary>
    private static void ReadOfWhatALatePrimaryHas(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 2);
        var (a, b, fallback) = (world[0], world[1], world[2]);
        world.Late(() => world.Add(a, "p"));
        var late = world.Hold<KeyAnswer>(a, b);
        var read = world.ReadWith(b, r: 2);

        late.Release();
        world.Settle();
        Assert.IsType<ReadOutcome.Found>(read.Outcome);
        world.End();
    }

    /// <summary>The fallback has taken p for the only primary, whose disk was lost; a client reads at the primary.</summary>
    private static void ReadOfWhatAFallbackHas(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 2, n: 1);
        var (primary, fallback) = (world[0], world[1]);
        world.Crash(primary);
        world.Add(fallback, "p");
        world.LoseDisk(primary);
        world.Start(primary);

        var read = world.ReadWith(primary, r: 1);
        Check.That(read.Outcome is ReadOutcome.Found, "p is not found, and the fallback has it");
        world.End();
    }

    /// <summary>c hears of the remove of p before it hears of p.</summary>
    private static void AddThatArrivesAfterItsRemove(Mutant mutant)
    {
        var world = new Scenario(mutant, nodes: 3, n: 3);
        var (a, b, c) = (world[0], world[1], world[2]);
        world.Add(a, "q");
        var add = world.Late(() => world.Add(b, "p"), to: c);
        world.Remove(a, "p", world.Read(a));

        add.Deliver();
        world.Settle();
        world.End();
    }

    private static void StopCopyStart(Scenario world, SimNode node)
    {
        var id = node.Disk.Id;
        world.StopCleanly(node);
        world.CopyDisk(node);
        world.Start(node);
        if (world.MemberCount > 1) Assert.Equal(id, node.Disk.Id);
    }
}

/// <param name="Run">Makes it happen under a mutant.</param>
/// <param name="Shows">Part of what is said where the rule is broken.</param>
internal sealed record Chain(Action<Mutant> Run, string Shows);
