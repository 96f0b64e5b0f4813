using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Replication;

/// <summary>The binary form of <see cref="PeerMessage"/>. Each message has exactly one form.</summary>
/// <remarks>
/// <code><![CDATA[
/// message       = version:byte kind:byte body
/// Replicate     = op:varint flags:byte records               flags: 1 = is whole
/// Replicated    = op:varint flags:byte stamp                 flags: 1 = counts
/// SyncAsk       = ask stamp
/// SyncPart      = ask flags:byte records stamp               flags: 1 = is complete
/// TransferAsk   = transfer:8 from:varint
/// TransferPart  = record stamp
/// Folds         = records          Repair = record           StampAsk =
/// TransferNeeded, Offer, StampTold, Know = stamp
/// ask           = life:8 number:varint
/// stamp         = flags:byte ring:varint clock               flags: 1 = is primary, 2 = has synced
/// records       = count:varint record*
/// ]]></code>
/// The records inside are checked when they are staged, not here.
/// </remarks>
public static class PeerMessageWire
{
    private const byte Version = 1;
    private const byte Yes = 1;
    private const byte Synced = 2;

    private enum Kind : byte
    {
        Replicate = 1,
        Replicated = 2,
        SyncAsk = 3,
        SyncPart = 4,
        TransferNeeded = 5,
        TransferAsk = 6,
        TransferPart = 7,
        Offer = 8,
        Folds = 9,
        StampAsk = 10,
        StampTold = 11,
        Know = 12,
        Repair = 13,
    }

    /// <summary>Appends a message's bytes.</summary>
    public static void Write(WireWriter writer, PeerMessage message)
    {
        writer.WriteByte(Version);
        switch (message)
        {
            case PeerMessage.Replicate replicate:
                writer.WriteByte((byte)Kind.Replicate);
                writer.WriteVarint(replicate.Op);
                writer.WriteByte(replicate.IsWhole ? Yes : (byte)0);
                WriteRecords(writer, replicate.Records);
                break;
            case PeerMessage.Replicated replicated:
                writer.WriteByte((byte)Kind.Replicated);
                writer.WriteVarint(replicated.Op);
                writer.WriteByte(replicated.Counts ? Yes : (byte)0);
                WriteStamp(writer, replicated.Stamp);
                break;
            case PeerMessage.SyncAsk ask:
                writer.WriteByte((byte)Kind.SyncAsk);
                WriteAsk(writer, ask.Ask);
                WriteStamp(writer, ask.Stamp);
                break;
            case PeerMessage.SyncPart part:
                writer.WriteByte((byte)Kind.SyncPart);
                WriteAsk(writer, part.Ask);
                writer.WriteByte(part.IsComplete ? Yes : (byte)0);
                WriteRecords(writer, part.Records);
                WriteStamp(writer, part.Stamp);
                break;
            case PeerMessage.TransferNeeded needed:
                writer.WriteByte((byte)Kind.TransferNeeded);
                WriteStamp(writer, needed.Stamp);
                break;
            case PeerMessage.TransferAsk ask:
                writer.WriteByte((byte)Kind.TransferAsk);
                writer.WriteUInt64(ask.Transfer);
                writer.WriteCount(ask.From);
                break;
            case PeerMessage.TransferPart part:
                writer.WriteByte((byte)Kind.TransferPart);
                part.Record.Write(writer);
                WriteStamp(writer, part.Stamp);
                break;
            case PeerMessage.Offer offer:
                writer.WriteByte((byte)Kind.Offer);
                WriteStamp(writer, offer.Stamp);
                break;
            case PeerMessage.Folds folds:
                writer.WriteByte((byte)Kind.Folds);
                WriteRecords(writer, folds.Records);
                break;
            case PeerMessage.StampAsk:
                writer.WriteByte((byte)Kind.StampAsk);
                break;
            case PeerMessage.StampTold told:
                writer.WriteByte((byte)Kind.StampTold);
                WriteStamp(writer, told.Stamp);
                break;
            case PeerMessage.Know know:
                writer.WriteByte((byte)Kind.Know);
                WriteStamp(writer, know.Stamp);
                break;
            case PeerMessage.Repair repair:
                writer.WriteByte((byte)Kind.Repair);
                repair.KeyState.Write(writer);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{message.GetType().Name} has no binary form.");
        }
    }

    /// <summary>Reads exactly one message from bytes that may be hostile; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PeerMessage? message, out WireError error)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a replica's message of version 1");
        var read = ReadBody(ref reader);
        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of the message");
        message = reader.Failed ? null : read;
        error = reader.Error;
        return message is not null;
    }

    private static PeerMessage? ReadBody(ref WireReader reader)
    {
        switch ((Kind)reader.ReadByte())
        {
            case Kind.Replicate:
                var op = reader.ReadVarint();
                var isWhole = ReadFlags(ref reader, Yes) == Yes;
                return new PeerMessage.Replicate(op, ReadRecords(ref reader), isWhole);
            case Kind.Replicated:
                op = reader.ReadVarint();
                var counts = ReadFlags(ref reader, Yes) == Yes;
                return new PeerMessage.Replicated(op, counts, ReadStamp(ref reader));
            case Kind.SyncAsk:
                return new PeerMessage.SyncAsk(ReadAsk(ref reader), ReadStamp(ref reader));
            case Kind.SyncPart:
                var ask = ReadAsk(ref reader);
                var isComplete = ReadFlags(ref reader, Yes) == Yes;
                var records = ReadRecords(ref reader);
                return new PeerMessage.SyncPart(ask, records, isComplete, ReadStamp(ref reader));
            case Kind.TransferNeeded:
                return new PeerMessage.TransferNeeded(ReadStamp(ref reader));
            case Kind.TransferAsk:
                return new PeerMessage.TransferAsk(reader.ReadUInt64(), reader.ReadInt(int.MaxValue, "the index of a key"));
            case Kind.TransferPart:
                var record = Record.Read(ref reader);
                return new PeerMessage.TransferPart(record, ReadStamp(ref reader));
            case Kind.Offer:
                return new PeerMessage.Offer(ReadStamp(ref reader));
            case Kind.Folds:
                return new PeerMessage.Folds(ReadRecords(ref reader));
            case Kind.StampAsk:
                return new PeerMessage.StampAsk();
            case Kind.StampTold:
                return new PeerMessage.StampTold(ReadStamp(ref reader));
            case Kind.Know:
                return new PeerMessage.Know(ReadStamp(ref reader));
            case Kind.Repair:
                return new PeerMessage.Repair(Record.Read(ref reader));
            default:
                reader.Fail("the kind of a replica's message, 1 to 13");
                return null;
        }
    }

    private static void WriteAsk(WireWriter writer, AskNumber ask)
    {
        writer.WriteUInt64(ask.Life);
        writer.WriteVarint((ulong)ask.Number);
    }

    private static AskNumber ReadAsk(ref WireReader reader) => new(reader.ReadUInt64(), reader.ReadLong());

    private static void WriteStamp(WireWriter writer, Stamp stamp)
    {
        writer.WriteByte((byte)((stamp.IsPrimary ? Yes : 0) | (stamp.HasSynced ? Synced : 0)));
        writer.WriteVarint((ulong)stamp.RingVersion);
        stamp.Clock.Write(writer);
    }

    private static Stamp ReadStamp(ref WireReader reader)
    {
        var flags = ReadFlags(ref reader, Yes | Synced);
        var ring = reader.ReadLong();
        return new Stamp(DotSet.Read(ref reader), ring, (flags & Yes) != 0, (flags & Synced) != 0);
    }

    private static int ReadFlags(ref WireReader reader, int known)
    {
        var flags = reader.ReadByte();
        if ((flags & ~known) != 0) reader.Fail($"flags out of {known}");
        return flags;
    }

    private static void WriteRecords(WireWriter writer, IReadOnlyList<Record> records)
    {
        writer.WriteCount(records.Count);
        foreach (var record in records) record.Write(writer);
    }

    private static Record[] ReadRecords(ref WireReader reader)
    {
        var count = reader.ReadCount(2);
        var records = new Record[count];
        for (var i = 0; i < count && !reader.Failed; i++) records[i] = Record.Read(ref reader);
        return reader.Failed ? [] : records;
    }
}
