using System.Collections.Immutable;
using System.Text;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using Record = GossipCluster.Core.Kernel.Record;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>What is on disk, byte for byte. Never edit these to make a test green (docs/testing.md).</summary>
public sealed class StorageFormTests
{
    private const string GoldenEvent = "01887766554433221107050103AC020F0101070B0101610807060504030201020472696E67027631D502816EA8F18CCE";
    private const string GoldenChunk = "0109020105020105F876FF3C9F7E672F";
    private const string GoldenCatalogue = "019503FC020A0103AC020903112233445566778890038827010472696E67027631A9582EF2F4A25C4D";

    [Fact]
    public void An_event_has_these_bytes()
    {
        var bytes = Event(7, 5).Bytes;

        Assert.Equal(GoldenEvent, Convert.ToHexString(bytes));
        Assert.True(CommitLogEventReader.TryOpen(bytes, out var reader, out _));
        Assert.Equal((0x1122334455667788UL, 7L, 5L), (reader.Incarnation, reader.Number, reader.Previous));
        Assert.True(reader.TryRead(out var kind, out var replica, out _, out var batch));
        Assert.Equal((CommitLogEntryKind.Batch, new ReplicaAddress(3, 300)), (kind, replica));
        Assert.True(Batch.TryRead(batch.Span, out var records, out _));
        Assert.Equal(RecordKind.Identity, Assert.Single(records).Kind);
        Assert.True(reader.TryRead(out kind, out _, out var name, out var value));
        Assert.Equal((CommitLogEntryKind.Fact, "ring", "v1"), (kind, name, Encoding.UTF8.GetString(value.Span)));
        Assert.False(reader.TryRead(out _, out _, out _, out _));
        Assert.False(reader.Failed);
    }

    [Fact]
    public void A_chunk_has_these_bytes()
    {
        var row = SnapshotChunkRow.Of(new StorageProtocol.SnapshotChunk(new ReplicaAddress(3, 300), 9, 2, [new Record(RecordKind.Emptied, new byte[] { 1, 5 })], 11, true));

        Assert.Equal(GoldenChunk, Convert.ToHexString(row.Bytes));
        Assert.True(row.TryRead(9, 2, out var records, out _));
        Assert.Equal("0105", Convert.ToHexString(Assert.Single(records).Bytes.Span));
        Assert.False(row.TryRead(9, 1, out _, out _));
        Assert.False(row.TryRead(8, 2, out _, out _));
    }

    [Fact]
    public void A_catalogue_has_these_bytes()
    {
        var replica = new ReplicaAddress(3, 300);
        var manifest = new SnapshotManifest(replica, 9, 3, 0x8877665544332211, 400, 5000);
        var catalogue = new SnapshotCatalogue(
            405, 380, 10, ImmutableDictionary<ReplicaAddress, SnapshotManifest>.Empty.Add(replica, manifest),
            ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty.Add("ring", "v1"u8.ToArray()));

        var row = catalogue.ToRow();

        Assert.Equal(GoldenCatalogue, Convert.ToHexString(row.Bytes));
        Assert.True(SnapshotCatalogue.TryRead(row, out var read, out _));
        Assert.Equal((405L, 380L, 10L, manifest), (read.Position, read.NeededFrom, read.LastSet, read.Manifests[replica]));
        Assert.Equal("v1", Encoding.UTF8.GetString(read.Facts["ring"].Span));
    }

    [Fact]
    public void Damage_of_any_byte_is_noticed()
    {
        var whole = Event(7, 5).Bytes;
        for (var i = 0; i < whole.Length; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x10;
            Assert.False(CommitLogEventReader.TryOpen(damaged, out _, out _));
            Assert.False(CommitLogEventReader.TryOpen(whole[..i], out _, out _));
        }
    }

    [Fact]
    public void A_reader_of_the_log_skips_what_is_doubled_and_misses_what_is_not_there()
    {
        var batches = 0;
        var reader = new LogReader(SnapshotCatalogue.Empty);

        reader.Take(1, Event(1, 0).Bytes, (_, _) => batches++);
        reader.Take(2, Event(2, 1).Bytes, (_, _) => batches++);
        reader.Take(3, Event(2, 1).Bytes, (_, _) => batches++);
        reader.Take(5, Event(3, 3).Bytes, (_, _) => batches++);

        Assert.Equal((3, 1), (batches, reader.DoubledCount));
        Assert.Throws<StorageDamagedException>(() => reader.Take(7, Event(5, 6).Bytes, (_, _) => { }));
        Assert.Throws<StorageDamagedException>(() => new LogReader(SnapshotCatalogue.Empty with { Position = 9 }).CheckEnd(8));
    }

    [Fact]
    public void The_log_is_cut_up_to_what_some_replica_needs_and_not_beyond()
    {
        var (idle, busy, other) = (new ReplicaAddress(3, 0), new ReplicaAddress(3, 1), new ReplicaAddress(3, 2));
        var tail = new LogTail(stretchBytes: 1);
        for (var position = 1; position <= 10; position++)
        {
            tail.Add(position, 100);
            tail.Needs(position == 1 ? idle : position % 2 == 0 ? busy : other, position);
        }

        Assert.Equal(1, tail.NeededFrom);
        Assert.Null(tail.NextCut(tail.NeededFrom, 1000));
        tail.Covered(idle, 1);
        Assert.Equal(2, tail.NeededFrom);
        Assert.Equal(3, tail.NeededFromWith(busy, 10));
        tail.Covered(busy, 6);
        Assert.Equal(3, tail.NeededFrom);
        tail.Covered(other, 10);
        Assert.Equal(7, tail.NeededFrom);
        Assert.Equal(2, tail.NextCut(tail.NeededFrom, 200));
        Assert.Equal(200, tail.Cut(2));
        Assert.Equal(6, tail.NextCut(tail.NeededFrom, 1000));
        Assert.Equal(400, tail.Cut(6));
        tail.Covered(busy, 10);
        Assert.Equal(11, tail.NeededFrom);
        Assert.Equal(10, tail.NextCut(tail.NeededFrom, 1000));
        tail.Cut(10);
        Assert.Equal((0L, 0L), (tail.Bytes, tail.Events));
    }

    private static CommitLogEvent Event(long number, long previous)
    {
        var replica = new Replica(new ReplicaId(NodeName.Of("nobody"), 1));
        replica.StageIdentity(new ReplicaId(NodeName.Of("a"), 0x0102030405060708));
        var builder = new CommitLogEventBuilder(0x1122334455667788);
        builder.Start(number, previous);
        builder.Add(new StagedBatch(new ReplicaAddress(3, 300), replica.Seal()));
        builder.Add("ring", "v1"u8);
        return builder.Build();
    }
}
