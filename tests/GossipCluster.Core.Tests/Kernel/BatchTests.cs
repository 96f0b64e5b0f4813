using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class BatchTests
{
    private static readonly Key Key = Key.Of("sets", "b", "k");
    private static readonly Key Other = Key.Of("sets", "b", "other");

    [Fact(DisplayName = "Staged work is invisible to readers and peers until its batch is committed")]
    public void Staged_work_is_invisible()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Key, Operation.AddToSet("a"));
        var before = (replica.Clock, replica.Value(Key), replica.AuditSource.Tree.Root, replica.LiveDots(Key), replica.Freeze(1).End().Bytes.ToArray());

        var staged = replica.Stage(DataType.Set, Key, Operation.AddToSet("b"), Replicas.Now);
        var sealedBatch = replica.Seal();
        replica.Stage(DataType.Set, Other, Operation.AddToSet("c"), Replicas.Now);

        Assert.NotNull(staged.Delta);
        Assert.True(replica.HasPending);
        Assert.Equal(before, (replica.Clock, replica.Value(Key), replica.AuditSource.Tree.Root, replica.LiveDots(Key), before.Item5));
        Assert.Equal(before.Item5, replica.Freeze(1).End().Bytes.ToArray());
        Assert.Equal(SyncNeed.Nothing, replica.Missing(replica.Clock, 100).Need);
        Assert.False(replica.Has(Other));
        Assert.DoesNotContain(Other, replica.Keys);
        Assert.Equal([Key], sealedBatch.ChangedKeys);

        replica.Commit(sealedBatch);
        Assert.Equal("[61,62]", replica.Value(Key));
        Assert.False(replica.Has(Other));
        replica.CommitAll();
        Assert.Equal("[63]", replica.Value(Other));
        Assert.False(replica.HasPending);
    }

    [Fact(DisplayName = "Operations build on what is staged, in whatever batch it lies")]
    public void Operations_see_what_is_staged()
    {
        var replica = Replicas.New(0);
        var counter = Key.Of("counters", "b", "k");
        var batches = new List<Batch>();

        for (var i = 1; i <= 5; i++)
        {
            Assert.Null(replica.Stage(DataType.Counter, counter, new Operation.Increment(i), Replicas.Now).Error);
            batches.Add(replica.Seal());
        }

        foreach (var batch in batches) replica.Commit(batch);
        Assert.Equal("15", replica.Value(counter));
        Assert.Single(replica.LiveDots(counter).Dots());
    }

    [Fact(DisplayName = "Batches are committed in the order in which they were sealed, and in no other")]
    public void Commits_come_in_order()
    {
        var replica = Replicas.New(0);
        replica.Stage(DataType.Set, Key, Operation.AddToSet("a"), Replicas.Now);
        var first = replica.Seal();
        replica.Stage(DataType.Set, Key, Operation.AddToSet("b"), Replicas.Now);
        var second = replica.Seal();

        Assert.Throws<InvalidOperationException>(() => replica.Commit(second));
        replica.Commit(first);
        Assert.Throws<InvalidOperationException>(() => replica.Commit(first));
        replica.Commit(second);

        Assert.Equal("[61,62]", replica.Value(Key));
        Assert.Equal(first.Number + 1, second.Number);
    }

    [Fact(DisplayName = "An abort forgets all that is pending; its dots are never given again, and the next delta closes the gap")]
    public void Abort_forgets_and_closes_the_gap()
    {
        var (replica, peer) = (Replicas.New(0), Replicas.New(1));
        var kept = replica.Write(DataType.Set, Key, Operation.AddToSet("a"))!;
        var before = replica.Print();
        replica.Stage(DataType.Set, Key, Operation.AddToSet("b"), Replicas.Now);
        replica.Seal();
        var lost = replica.Stage(DataType.Set, Other, Operation.AddToSet("c"), Replicas.Now).Delta!;

        replica.Abort();

        Assert.Equal(before, replica.Print());
        Assert.Equal("[61]", replica.Value(Key));

        // An abort of what came after an abort makes the gap wider, and it is still one.
        replica.Stage(DataType.Set, Key, Operation.AddToSet("d"), Replicas.Now);
        replica.Abort();
        var next = replica.Write(DataType.Set, Key, Operation.AddToSet("e"))!;
        Assert.InRange(next.First, lost.Last + 1, lost.Last + 10);
        Assert.Equal("[61,65]", replica.Value(Key));
        Assert.Equal(DotSet.Of(replica.Self, kept.First, next.Last), replica.Clock);

        Replicas.Sync(peer, replica);
        Assert.Equal(1, peer.Clock.RangeCount);
        Replicas.AssertSame(replica, peer);
    }

    [Fact(DisplayName = "A batch that was aborted can no longer be committed")]
    public void An_aborted_batch_is_gone()
    {
        var replica = Replicas.New(0);
        replica.Stage(DataType.Set, Key, Operation.AddToSet("a"), Replicas.Now);
        var batch = replica.Seal();

        replica.Abort();

        Assert.Throws<InvalidOperationException>(() => replica.Commit(batch));
        Assert.Equal(0, replica.KeyCount);
    }

    [Fact(DisplayName = "An abort does not forget the chunks of a transfer that are durable, so that replay and life go on alike")]
    public void An_abort_keeps_durable_chunks()
    {
        var (source, target, replayed) = (Replicas.New(0), Replicas.New(1), Replicas.New(1));
        for (var i = 0; i < 10; i++) source.Write(DataType.Set, Key.Of("sets", "b", $"k{i}"), Operation.AddToSet("a"));
        var frozen = source.Freeze(transfer: 5);
        var log = new List<Record> { frozen.Chunk(0, 100, out var next) };
        Replicas.Feed(target, log);
        var incoming = target.Incoming;

        target.Abort();

        Assert.Equal(incoming, target.Incoming);
        while (next < frozen.KeyCount) log.Add(frozen.Chunk(next, 70, out next));
        log.Add(frozen.End());
        Replicas.Feed(target, log[1..]);
        Replicas.Feed(replayed, log);
        Replicas.AssertSame(source, target);
        Replicas.AssertSame(source, replayed);
    }

    [Fact(DisplayName = "What must stand alone is staged alone, and nothing is staged behind it until it is durable")]
    public void Alone_means_alone()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Key, Operation.AddToSet("a"));
        replica.Stage(DataType.Set, Key, Operation.AddToSet("b"), Replicas.Now);
        Assert.Throws<InvalidOperationException>(replica.StageEmptied);
        replica.CommitAll();

        replica.StageEmptied();

        Assert.Throws<InvalidOperationException>(() => replica.Stage(DataType.Set, Key, Operation.AddToSet("c"), Replicas.Now));
        Assert.Throws<InvalidOperationException>(() => replica.StageIdentity(Replicas.Id(4)));
        var batch = replica.Seal();
        Assert.Throws<InvalidOperationException>(() => replica.Stage(DataType.Set, Key, Operation.AddToSet("c"), Replicas.Now));
        replica.Commit(batch);
        Assert.Null(replica.Stage(DataType.Set, Key, Operation.AddToSet("c"), Replicas.Now).Error);
    }

    [Fact(DisplayName = "An abort takes back what stands alone, too")]
    public void An_abort_takes_back_an_emptying()
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Key, Operation.AddToSet("a"));
        replica.StageEmptied();

        replica.Abort();

        replica.Write(DataType.Set, Key, Operation.AddToSet("b"));
        Assert.Equal("[61,62]", replica.Value(Key));
    }

    [Fact(DisplayName = "A fallback that empties itself forgets everything but its counter")]
    public void Emptied_keeps_the_counter()
    {
        var (replica, peer) = (Replicas.New(0), Replicas.New(1));
        var last = replica.Write(DataType.Set, Key, Operation.AddToSet("a", "b"))!.Last;
        Replicas.Sync(peer, replica);

        replica.StageEmptied();
        var batch = replica.CommitAll();

        Assert.Equal(DotSet.Empty, replica.Clock);
        Assert.Equal(0, replica.KeyCount);
        Assert.Equal(0, replica.LogEntryCount);
        Assert.Equal(0, replica.LogDeltaBytes);
        Assert.Equal(new MerkleTree().Root, replica.AuditSource.Tree.Root);

        // Neither life nor a restart, from the log or from a snapshot, gives a dot twice.
        var replayed = Replicas.New(0);
        Replicas.Feed(replayed, batch.Records);
        var restored = Replicas.New(7);
        Replicas.Feed(restored, replica.Snapshot(100));
        replica.Stage(DataType.Set, Key, Operation.AddToSet("x"), Replicas.Now);
        replica.Abort();
        foreach (var again in (Replica[])[replica, replayed, restored])
        {
            Assert.Equal(Replicas.Id(0), again.Self);
            Assert.True(again.Write(DataType.Set, Key, Operation.AddToSet("c"))!.First > last);
        }

        Replicas.Sync(peer, restored);
        Assert.Equal("[61,62,63]", peer.Value(Key));
        Assert.Equal(1, peer.Clock.RangeCount);
    }

    [Fact(DisplayName = "A fallback drops one key's hints with all their dots, and takes them again from whoever has them")]
    public void Hints_of_a_key_are_dropped_whole()
    {
        var (fallback, primary) = (Replicas.New(0), Replicas.New(1));
        fallback.Write(DataType.Set, Key, Operation.AddToSet("a"));
        fallback.Write(DataType.Set, Other, Operation.AddToSet("b"));
        var last = fallback.Write(DataType.Set, Key, Operation.AddToSet("c"))!.Last;
        Replicas.Sync(primary, fallback);
        var dots = fallback.DotsOfKey(Key)!;

        Assert.True(fallback.TryStageHintsDropped([Key]));
        var batch = fallback.CommitAll();

        Assert.Equal(primary.Clock.Except(dots), fallback.Clock);
        Assert.Equal("nothing", fallback.Value(Key));
        Assert.Equal("[62]", fallback.Value(Other));
        Replicas.AssertAuditIsTrue(fallback);
        Assert.Equal(DotSet.Empty, fallback.DotsOfKey(Key));
        Assert.False(fallback.TryStageHintsDropped([Key]));
        Assert.Equal(RecordKind.HintsDropped, Assert.Single(batch.Records).Kind);

        Replicas.Sync(fallback, primary);
        Replicas.AssertSame(primary, fallback);
        Assert.True(fallback.Write(DataType.Set, Key, Operation.AddToSet("d"))!.First > last);
    }

    [Fact(DisplayName = "Hints are not dropped where some dot cannot be attributed to a key")]
    public void Hints_are_kept_where_dots_cannot_be_attributed()
    {
        var (fallback, peer) = (Replicas.New(0), Replicas.New(1));
        peer.Write(DataType.Set, Other, Operation.AddToSet("b"));
        fallback.Write(DataType.Set, Key, Operation.AddToSet("a"));
        Replicas.Feed(fallback, Replicas.Everything(peer, 9));

        Assert.False(fallback.TryStageHintsDropped([Key]));

        Assert.False(fallback.HasPending);
        Assert.Null(fallback.DotsOfKey(Key));
    }

    [Fact(DisplayName = "A new identity starts its own dots at one, and the old one's stay what they are")]
    public void A_new_identity_starts_afresh()
    {
        var replica = Replicas.New(0);
        var counter = Key.Of("counters", "b", "k");
        replica.Write(DataType.Counter, counter, new Operation.Increment(5));

        replica.StageIdentity(Replicas.Id(3));
        replica.CommitAll();
        var delta = replica.Write(DataType.Counter, counter, new Operation.Increment(2))!;

        Assert.Equal(Replicas.Id(3), replica.Self);
        Assert.Equal(1, delta.First);
        Assert.Equal("7", replica.Value(counter));
        Assert.Equal(DotSet.Of(Replicas.Id(0), 1, 1).Union(DotSet.Of(Replicas.Id(3), 1, 1)), replica.Clock);
    }

    [Fact(DisplayName = "Batches written down, read back and replayed give the same replica, also from a snapshot and the batches after it")]
    public void Replay_gives_the_same_replica()
    {
        var (live, source, random) = (Replicas.New(0), Replicas.New(1), new Random(3));
        var log = new List<byte[]>();
        var (snapshot, snapshotAt) = (new List<Record>(), 0);

        for (var i = 0; i < 200; i++)
        {
            var key = Key.Of("sets", "b", $"k{random.Next(20)}");
            live.Stage(DataType.Set, key, random.Next(4) == 0 ? Operation.Delete.Instance : Operation.AddToSet($"e{random.Next(30)}"), Replicas.Now);
            source.Write(DataType.Set, key, Operation.AddToSet($"s{random.Next(30)}"));
            if (i % 7 == 0) foreach (var record in source.Missing(live.Clock, 300).Records) Assert.True(live.Stage(record, out _));
            if (i % 3 == 0) Log(live.CommitAll());
            if (i % 50 == 49) live.Abort();
            if (i == 120) (snapshot, snapshotAt) = ([.. live.Snapshot(500)], log.Count);
        }

        Log(live.CommitAll());
        var (replayed, restored) = (Replicas.New(0), Replicas.New(9));
        Replay(replayed, log);
        Replicas.Feed(restored, snapshot);
        Replay(restored, log[snapshotAt..]);

        Replicas.AssertSame(live, replayed);
        Replicas.AssertSame(live, restored);
        Replicas.AssertAuditIsTrue(restored);
        Assert.Equal((live.LogEntryCount, live.LogDeltaBytes), (restored.LogEntryCount, restored.LogDeltaBytes));
        Assert.Equal((live.LogEntryCount, live.LogDeltaBytes), (replayed.LogEntryCount, replayed.LogDeltaBytes));
        Assert.Equal(live.Self, restored.Self);
        Assert.True(snapshot.Count > 6, "The snapshot was to be in several chunks.");

        void Log(Batch batch)
        {
            var writer = new WireWriter();
            batch.Write(writer);
            log.Add(writer.ToArray());
        }

        static void Replay(Replica replica, IEnumerable<byte[]> log)
        {
            foreach (var bytes in log)
            {
                Assert.True(Batch.TryRead(bytes, out var records, out var error), error.ToString());
                foreach (var record in records) Assert.True(replica.Stage(record, out error), error.ToString());
                replica.CommitAll();
            }
        }
    }

    [Fact(DisplayName = "An empty batch is nothing to write and nothing to wait for")]
    public void An_empty_batch_is_nothing()
    {
        var replica = Replicas.New(0);

        var batch = replica.Seal();

        Assert.True(batch.IsEmpty);
        Assert.False(replica.HasPending);
        replica.Commit(batch);
        replica.Commit(batch);
    }
}
