using System.Collections.Immutable;
using CsCheck;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Metadata;

public sealed class MetadataTableTests
{
    private static readonly NodeName A = NodeName.Of("a");
    private static readonly NodeName B = NodeName.Of("b");

    // Few names, epochs, authors and values: collisions are what matters.
    private static readonly Gen<MetadataEntry> Entry = Gen.Select(
        Gen.Int[0, 6].Select(index => new[] { "cluster", "ring/a", "ring/b", "node/a", "node/b", "type/t", "bucket/t/x" }[index]),
        Gen.Long[1, 3],
        Gen.Bool.Select(first => first ? A : B),
        Gen.Byte[0, 2].Array[0, 2],
        (name, epoch, author, value) => MetadataEntry.Of(name, epoch, author, value));

    private static readonly Gen<MetadataTable> Table = Entry.Array[0, 8].Select(Of);

    [Fact]
    public void Merging_commutes() => Property.ForAll(Gen.Select(Table, Table), (x, y) => Assert.Equal(x.Merge(y), y.Merge(x)), times: 1_000);

    [Fact]
    public void Merging_associates() =>
        Property.ForAll(Gen.Select(Table, Table, Table), (x, y, z) => Assert.Equal(x.Merge(y).Merge(z), x.Merge(y.Merge(z))), times: 1_000);

    [Fact]
    public void Merging_what_is_known_changes_nothing() =>
        Property.ForAll(Gen.Select(Table, Table), (x, y) =>
        {
            var both = x.Merge(y);

            Assert.Same(both, both.Merge(x));
            Assert.Same(both, both.Merge(y));
            Assert.Same(both, both.Merge(both));
        });

    [Fact]
    public void The_digest_is_that_of_the_entries_in_whatever_order_they_came() =>
        Property.ForAll(Entry.Array[0, 12], entries =>
        {
            var table = Of(entries);

            Assert.Equal(table.Digest, Of(entries.Reverse()).Digest);
            Assert.Equal(table.Digest, table.Entries.Aggregate(0UL, (sum, entry) => unchecked(sum + entry.Hash)));
        });

    [Fact]
    public void A_greater_epoch_beats_a_greater_author_and_that_a_greater_value()
    {
        var table = Of([Of("type/t", 2, A, 1), Of("type/t", 1, B, 9), Of("type/t", 2, A, 2)]);

        Assert.Equal(Of("type/t", 2, A, 2), table.Find("type/t"));
        Assert.Equal(Of("type/t", 2, B, 0), table.Merge(Of("type/t", 2, B, 0)).Find("type/t"));
    }

    [Fact]
    public void Node_facts_count_only_where_their_owner_wrote_them()
    {
        var table = Of([Of("node/a", 1, A, 1)]);

        Assert.Same(table, table.Merge(Of("node/a", 7, B, 2)));
        Assert.NotSame(table, table.Merge(Of("node/a", 7, A, 2)));
    }

    [Fact]
    public void What_is_next_beats_what_is_known()
    {
        var table = Of([Of("type/t", 5, B, 1)]);

        Assert.True(table.Next("type/t", A, default).Beats(table.Find("type/t")));
        Assert.Equal(1, table.Next("type/u", A, default).Epoch);
    }

    [Fact]
    public void Two_tables_become_one_by_exchange() =>
        Property.ForAll(Gen.Select(Table, Table), (x, y) =>
        {
            var (left, right) = Converse(x, y);

            Assert.Equal(x.Merge(y), left);
            Assert.Equal(left, right);
        }, times: 1_000);

    [Fact]
    public void Equal_tables_say_nothing_unless_asked_to()
    {
        var table = Of([Of("ring/a", 1, A, 1)]);

        Assert.Empty(MetadataExchange.Receive(table, new MetadataMessage.Digest(table.Digest, WantsAnswer: false)).Answers);
        Assert.Equal(
            [new MetadataMessage.Digest(table.Digest, WantsAnswer: false)],
            MetadataExchange.Receive(table, new MetadataMessage.Digest(table.Digest, WantsAnswer: true)).Answers);
    }

    [Fact(DisplayName = "Five thousand entries travel in parcels of some 128 KiB, and only those that differ")]
    public void Large_tables_are_exchanged_in_chunks()
    {
        var all = Enumerable.Range(0, 5_000).Select(index => MetadataEntry.Of($"bucket/t/{index}", 1, A, new byte[100])).ToList();
        var (x, y) = (Of(all), Of(all.Where((_, index) => index % 10 != 0)));
        var entriesSent = 0;

        var (left, right) = Converse(y, x, message =>
        {
            Assert.InRange(new MetadataParcel(A, new ClusterIdentity("gossip", 64), true, default, message).ToBytes().Length, 1, MetadataParcel.BytesMax + 4_096);
            entriesSent += message is MetadataMessage.Entries entries ? entries.Known.Length : 0;
        });

        Assert.Equal(x, left);
        Assert.Equal(x, right);
        Assert.Equal(500, entriesSent);
    }

    [Fact]
    public void An_entry_comes_back_from_its_stored_form()
    {
        var entry = Of("bucket/t/ü", 77, B, 1);

        Assert.True(MetadataEntry.TryFromFact(entry.ToFact(), out var read, out _));
        Assert.Equal(entry, read);
    }

    [Fact(DisplayName = "Golden bytes: the stored form of version 1")]
    public void The_stored_form_does_not_change()
    {
        Assert.Equal("0106747970652F742C0161020102", Convert.ToHexString(MetadataEntry.Of("type/t", 44, A, new byte[] { 1, 2 }).ToFact()));
        Assert.Equal("0101640477657374", Convert.ToHexString(new RingEntry(RingStanding.Member, 100, "west").ToValue()));
        Assert.Equal("0106676F73736970400700000000000000", Convert.ToHexString(new ClusterFacts(new ClusterIdentity("gossip", 64), 7).ToValue()));
        Assert.Equal("metadata/164cf1ca8391532e4f239c556c0c1958", MetadataName.FactOf("cluster"));
    }

    [Fact(DisplayName = "Golden bytes: a parcel of version 1")]
    public void The_parcel_does_not_change() => Assert.Equal(
        "01026E3106676F73736970400103016101010000000000000001",
        Convert.ToHexString(new MetadataParcel(
            NodeName.Of("n1"), new ClusterIdentity("gossip", 64), KnowsCluster: true, new Island(3, A), new MetadataMessage.Digest(1, WantsAnswer: true)).ToBytes()));

    [Fact]
    public void Every_message_comes_back_from_its_bytes() =>
        Property.ForAll(Gen.Select(Table, Gen.Int[0, 4], Gen.Int[0, 3]), (table, kind, members) =>
        {
            var parcel = Parcel(table, kind, members);

            Assert.True(MetadataParcel.TryRead(parcel.ToBytes(), out var read, out var error), error.ToString());
            Assert.Equal(parcel.ToBytes(), read.ToBytes());
            Assert.Equal(parcel with { Message = read.Message }, read);
        }, times: 300);

    [Fact]
    public void Hostile_bytes_are_refused_in_little_memory()
    {
        var table = Of([Of("ring/a", 1, A, 1), Of("type/t", 3, B, 2), Of("bucket/t/x", 2, A, 0)]);
        var good = Enumerable.Range(0, 5).Select(kind => Parcel(table, kind, 2).ToBytes()).ToList();

        Property.ForAll(Hostile.Mutations(good), bytes =>
        {
            // Where it is read all the same, it is a parcel like any other, and canonical.
            var allocated = Hostile.Allocated(() =>
            {
                if (MetadataParcel.TryRead(bytes, out var parcel, out _)) Assert.Equal(bytes, parcel.ToBytes());
            });
            Assert.InRange(allocated, 0, 200_000);
        }, times: 5_000);
    }

    [Fact]
    public void Hostile_facts_are_refused()
    {
        var good = new[] { Of("ring/a", 1, A, 1).ToFact(), Of("type/t", MetadataEntry.EpochMax, B, 2).ToFact() };

        Property.ForAll(Hostile.Mutations(good), bytes =>
        {
            if (MetadataEntry.TryFromFact(bytes, out var entry, out var error)) Assert.Equal(bytes, entry!.ToFact());
            else Assert.NotEqual(default, error);
        }, times: 3_000);
        Property.ForAll(Gen.Byte.Array[0, 40], bytes => _ = (RingEntry.FromValue(bytes), ClusterFacts.FromValue(bytes)), times: 3_000);
    }

    [Fact]
    public void A_bucket_is_named_without_doubt()
    {
        foreach (var (type, bucket) in new[] { ("t", "x"), ("a/b", "c"), ("a", "b/c"), ("ü%", "/"), ("t", "") })
        {
            Assert.True(MetadataName.TryBucketOf(MetadataName.Bucket(type, bucket), out var t, out var b));
            Assert.Equal((type, bucket), (t, b));
        }

        Assert.NotEqual(MetadataName.Bucket("a/b", "c"), MetadataName.Bucket("a", "b/c"));
    }

    private static MetadataParcel Parcel(MetadataTable table, int kind, int members) => new(
        A,
        new ClusterIdentity("gossip", 64),
        members > 1,
        members == 0 ? default : new Island(members, B),
        kind switch
        {
            0 => new MetadataMessage.Digest(table.Digest, members == 1),
            1 => MetadataExchange.VersionsOf(table).First(),
            2 => new MetadataMessage.Ask([.. table.Entries.Select(entry => entry.Name)]),
            3 => new MetadataMessage.Entries([.. table.Entries]),
            _ => new MetadataMessage.Refused("No."),
        });

    private static (MetadataTable Left, MetadataTable Right) Converse(MetadataTable left, MetadataTable right, Action<MetadataMessage>? onMessage = null)
    {
        var waiting = new Queue<(bool ToRight, MetadataMessage Message)>([(true, new MetadataMessage.Digest(left.Digest, WantsAnswer: false))]);
        for (var steps = 0; waiting.Count > 0; steps++)
        {
            Assert.True(steps < 1_000, "The conversation does not end.");
            var (toRight, message) = waiting.Dequeue();
            onMessage?.Invoke(message);
            var outcome = MetadataExchange.Receive(toRight ? right : left, message);
            foreach (var entry in outcome.Learned)
            {
                if (toRight) right = right.Merge(entry);
                else left = left.Merge(entry);
            }

            foreach (var answer in outcome.Answers) waiting.Enqueue((!toRight, answer));
        }

        return (left, right);
    }

    private static MetadataEntry Of(string name, long epoch, NodeName author, params byte[] value) => MetadataEntry.Of(name, epoch, author, value);

    private static MetadataTable Of(IEnumerable<MetadataEntry> entries) => entries.Aggregate(MetadataTable.Empty, (table, entry) => table.Merge(entry));
}
