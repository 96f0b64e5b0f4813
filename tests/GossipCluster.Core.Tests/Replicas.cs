using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests;

/// <summary>What tests do with replicas again and again.</summary>
internal static class Replicas
{
    public static readonly WriteContext Now = new(new DateTimeOffset(1_000, TimeSpan.Zero));

    /// <summary>The id of the replica with this index: nodes a, b, c and so on.</summary>
    public static ReplicaId Id(int index) => new(NodeName.Of(((char)('a' + index)).ToString()), 0x1000UL + (ulong)index);

    public static Replica New(int index, ReplicaOptions? options = null) => new(Id(index), options);

    /// <summary>Stages an operation that must be accepted, and commits it.</summary>
    public static Delta? Write(this Replica replica, DataType type, Key key, Operation operation, DotSet? observed = null)
    {
        var result = replica.Stage(type, key, operation, Now with { Observed = observed });
        Assert.True(result.Error is null, result.Error?.Sentence);
        replica.CommitAll();
        return result.Delta;
    }

    /// <summary>Seals what is gathered and commits it; for replicas with no other batch in flight.</summary>
    public static Batch CommitAll(this Replica replica)
    {
        var batch = replica.Seal();
        replica.Commit(batch);
        return batch;
    }

    /// <summary>Stages and commits records, each in a batch of its own, as recovery does.</summary>
    public static void Feed(Replica replica, IEnumerable<Record> records)
    {
        foreach (var record in records)
        {
            Assert.True(replica.Stage(record, out var error), $"{record.Kind}: {error}");
            replica.CommitAll();
        }
    }

    public static string Value(this Replica replica, Key key) => Show.Of(replica.Read(key));

    /// <summary>Brings over everything that is missing, by whatever it takes. Gives how often each way was taken.</summary>
    public static (int Deltas, int KeyStates, int Transfers) Sync(Replica to, Replica from, int bytesMax = 10_000, Action<IReadOnlyList<Record>>? onCommit = null)
    {
        var (deltas, states, transfers) = (0, 0, 0);
        while (true)
        {
            var answer = from.Missing(to.Clock, bytesMax);
            if (answer.Need == SyncNeed.Nothing) return (deltas, states, transfers);
            var records = answer.Need == SyncNeed.Records ? answer.Records : Everything(from, (ulong)transfers + 77, bytesMax);
            transfers += answer.Need == SyncNeed.FullTransfer ? 1 : 0;
            Assert.NotEmpty(records);
            foreach (var record in records)
            {
                deltas += record.Kind is RecordKind.Delta or RecordKind.JoinedDelta ? 1 : 0;
                states += record.Kind == RecordKind.KeyStates ? 1 : 0;
                Feed(to, [record]);
                onCommit?.Invoke([record]);
            }
        }
    }

    /// <summary>A full transfer.</summary>
    public static List<Record> Everything(Replica from, ulong transfer, int bytesMax = 10_000)
    {
        var frozen = from.Freeze(transfer);
        var records = new List<Record>();
        for (var next = 0; next < frozen.KeyCount;) records.Add(frozen.Chunk(next, bytesMax, out next));
        records.Add(frozen.End());
        return records;
    }

    /// <summary>The dots of a key's live items.</summary>
    public static DotSet LiveDots(this Replica replica, Key key)
    {
        var reader = new KeyReader();
        Assert.True(reader.TryJoin(replica.StateOf(key), out var error), error.ToString());
        return reader.LiveDots;
    }

    /// <summary>Same clock, same items, same values, same audit root.</summary>
    public static void AssertSame(Replica expected, Replica actual)
    {
        Assert.Equal(expected.Clock, actual.Clock);
        Assert.Equal(expected.KeyCount, actual.KeyCount);
        foreach (var key in expected.Keys)
        {
            Assert.Equal(expected.Value(key), actual.Value(key));
            Assert.Equal(expected.LiveDots(key), actual.LiveDots(key));
            Assert.True(actual.Clock.Dominates(actual.LiveDots(key)));
        }

        Assert.Equal(expected.AuditSource.Tree.Root, actual.AuditSource.Tree.Root);
    }

    /// <summary>The audit tree says of the items what the items say of themselves.</summary>
    public static void AssertAuditIsTrue(Replica replica)
    {
        var source = replica.AuditSource;
        var recount = new MerkleTree();
        foreach (var leaf in replica.Keys.Select(key => source.Tree.LeafOf(key.Hash)).Distinct().ToList())
        {
            foreach (var key in source.KeysOf(leaf)) recount.Add((ulong)leaf, key.StateHash);
        }

        Assert.Equal(recount.Root, source.Tree.Root);
    }

    /// <summary>What a refusal must leave as it was.</summary>
    public static (DotSet, UInt128, bool, DotSet) Print(this Replica replica) =>
        (replica.Clock, replica.AuditSource.Tree.Root, replica.HasPending, replica.StagedClock);
}
