using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Coordination;

/// <summary>The binary form of <see cref="CoordinationMessage"/>. Each message has exactly one form.</summary>
/// <remarks>
/// <code><![CDATA[
/// message        = version:byte kind:byte call:varint body
/// Forward        = flags:byte type:byte timeoutMs:varint beginByUs:varint n w dw pw confirms:byte key:prefixed clock? operation    flags: 1 = state, 2 = clock
/// Relayed        = outcome clock flags:byte record?                                            flags: 1 = state
/// RelayedRefusal = problem:byte type:byte sentence:prefixed
/// NotTaken       = reason:byte
/// ReadState, ReadDigest = key:prefixed
/// StateRead      = flags:byte digest:16 clock record records       DigestRead = flags:byte digest:16 clock     flags: 1 = datum, 2 = behind
/// RepairAsk      = key:prefixed node:prefixed clock
/// AskClock       =                                              ClockTold = clock records
/// ListNames      = flags:byte type:prefixed bucket:prefixed?       NamesListed = flags:byte count:varint name:prefixed*
/// FeedAsk        = kind:byte scopeKind:byte scope:prefixed flags:byte clock? clock? intervalMs:varint                flags: 1 = known, 2 = seen
/// FeedAck        = number:varint intervalMs:varint              FeedStop =
/// FeedPart       = number:varint flags:byte record? clock                                      flags: 1 = reset, 2 = last, 4 = states, 8 = complete
/// outcome        = 1 copies primaries durable short | 2 kind got wanted | 3 copies | 4 reason refusal+1
/// ]]></code>
/// </remarks>
public static class CoordinationWire
{
    private const byte Version = 1;

    // A sentence of ours never comes near; one of a peer gone bad is cut off.
    private const int SentenceBytesMax = 4096;

    private enum Kind : byte
    {
        Forward = 1,
        Relayed = 2,
        RelayedRefusal = 3,
        NotTaken = 4,
        ReadState = 5,
        ReadDigest = 6,
        StateRead = 7,
        DigestRead = 8,
        ListNames = 9,
        NamesListed = 10,
        RepairAsk = 11,
        AskClock = 12,
        ClockTold = 13,
        FeedAsk = 14,
        FeedAck = 15,
        FeedStop = 16,
        FeedPart = 17,
    }

    /// <summary>Appends a message's bytes.</summary>
    public static void Write(WireWriter writer, CoordinationMessage message)
    {
        writer.WriteByte(Version);
        switch (message)
        {
            case CoordinationMessage.Forward forward:
                Head(writer, Kind.Forward, message);
                WriteForward(writer, forward);
                break;
            case CoordinationMessage.Relayed relayed:
                Head(writer, Kind.Relayed, message);
                WriteOutcome(writer, relayed.Outcome);
                relayed.Clock.Write(writer);
                WriteOptional(writer, relayed.State);
                break;
            case CoordinationMessage.RelayedRefusal refusal:
                Head(writer, Kind.RelayedRefusal, message);
                writer.WriteByte((byte)refusal.Error.Problem);
                writer.WriteByte((byte)refusal.Error.Type);
                writer.WritePrefixed(Encoding.UTF8.GetBytes(refusal.Error.Sentence));
                break;
            case CoordinationMessage.NotTaken not:
                Head(writer, Kind.NotTaken, message);
                writer.WriteByte((byte)not.Reason);
                break;
            case CoordinationMessage.ReadState read:
                Head(writer, Kind.ReadState, message);
                writer.WritePrefixed(read.Key.Flat);
                break;
            case CoordinationMessage.ReadDigest read:
                Head(writer, Kind.ReadDigest, message);
                writer.WritePrefixed(read.Key.Flat);
                break;
            case CoordinationMessage.StateRead read:
                Head(writer, Kind.StateRead, message);
                WriteDigest(writer, read.HasDatum, read.Behind, read.Digest, read.Clock);
                read.State.Write(writer);
                WriteRecords(writer, read.Folds);
                break;
            case CoordinationMessage.DigestRead read:
                Head(writer, Kind.DigestRead, message);
                WriteDigest(writer, read.HasDatum, read.Behind, read.Digest, read.Clock);
                break;
            case CoordinationMessage.RepairAsk ask:
                Head(writer, Kind.RepairAsk, message);
                writer.WritePrefixed(ask.Key.Flat);
                writer.WritePrefixed(Encoding.ASCII.GetBytes(ask.Lacking.Text));
                ask.Known.Write(writer);
                break;
            case CoordinationMessage.AskClock:
                Head(writer, Kind.AskClock, message);
                break;
            case CoordinationMessage.ClockTold told:
                Head(writer, Kind.ClockTold, message);
                told.Clock.Write(writer);
                WriteRecords(writer, told.Folds);
                break;
            case CoordinationMessage.ListNames list:
                Head(writer, Kind.ListNames, message);
                writer.WriteByte(list.Bucket is null ? (byte)0 : (byte)1);
                writer.WritePrefixed(Encoding.UTF8.GetBytes(list.Type));
                if (list.Bucket is not null) writer.WritePrefixed(Encoding.UTF8.GetBytes(list.Bucket));
                break;
            case CoordinationMessage.NamesListed listed:
                Head(writer, Kind.NamesListed, message);
                writer.WriteByte(listed.IsLast ? (byte)1 : (byte)0);
                writer.WriteCount(listed.Names.Count);
                foreach (var name in listed.Names) writer.WritePrefixed(Encoding.UTF8.GetBytes(name));
                break;
            case CoordinationMessage.FeedAsk ask:
                Head(writer, Kind.FeedAsk, message);
                writer.WriteByte((byte)ask.Kind);
                ask.Scope.Write(writer);
                writer.WriteByte((byte)((ask.Known is null ? 0 : 1) | (ask.Seen is null ? 0 : 2)));
                ask.Known?.Write(writer);
                ask.Seen?.Write(writer);
                writer.WriteVarint((ulong)ask.Interval.TotalMilliseconds);
                break;
            case CoordinationMessage.FeedAck ack:
                Head(writer, Kind.FeedAck, message);
                writer.WriteCount(ack.Number);
                writer.WriteVarint((ulong)ack.Interval.TotalMilliseconds);
                break;
            case CoordinationMessage.FeedStop:
                Head(writer, Kind.FeedStop, message);
                break;
            case CoordinationMessage.FeedPart part:
                Head(writer, Kind.FeedPart, message);
                writer.WriteCount(part.Number);
                writer.WriteByte((byte)((part.IsReset ? 1 : 0) | (part.IsLast ? 2 : 0) | (part.States is null ? 0 : 4) | (part.IsComplete ? 8 : 0)));
                part.States?.Write(writer);
                part.Clock.Write(writer);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{message.GetType().Name} has no binary form.");
        }
    }

    /// <summary>Reads exactly one message from bytes that may be hostile; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CoordinationMessage? message, out WireError error)
    {
        var reader = new WireReader(bytes);
        if (reader.ReadByte() != Version) reader.Fail("a coordinator's message of version 1");
        var kind = (Kind)reader.ReadByte();
        var read = ReadBody(ref reader, kind, reader.ReadVarint());
        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of the message");
        message = reader.Failed ? null : read;
        error = reader.Error;
        return message is not null;
    }

    private static CoordinationMessage? ReadBody(ref WireReader reader, Kind kind, ulong call)
    {
        switch (kind)
        {
            case Kind.Forward:
                return ReadForward(ref reader, call);
            case Kind.Relayed:
                var outcome = ReadOutcome(ref reader);
                var clock = DotSet.Read(ref reader);
                var state = ReadFlags(ref reader, 1) == 1 ? Record.Read(ref reader) : (Record?)null;
                return outcome is null ? null : new CoordinationMessage.Relayed(call, outcome, clock, state);
            case Kind.RelayedRefusal:
                var problem = (OperationProblem)reader.ReadByte();
                if (problem > OperationProblem.NeedsState) reader.Fail("the problem of an operation");
                var type = ReadType(ref reader);
                return new CoordinationMessage.RelayedRefusal(
                    call, new OperationError(problem, Encoding.UTF8.GetString(reader.ReadPrefixed(SentenceBytesMax)), type));
            case Kind.NotTaken:
                return new CoordinationMessage.NotTaken(call, ReadReason(ref reader));
            case Kind.ReadState:
                return new CoordinationMessage.ReadState(call, ReadKey(ref reader));
            case Kind.ReadDigest:
                return new CoordinationMessage.ReadDigest(call, ReadKey(ref reader));
            case Kind.StateRead:
                var (hasDatum, behind, digest) = ReadDigest(ref reader);
                clock = DotSet.Read(ref reader);
                var record = Record.Read(ref reader);
                return new CoordinationMessage.StateRead(call, digest, hasDatum, behind, record, clock, ReadRecords(ref reader));
            case Kind.DigestRead:
                (hasDatum, behind, digest) = ReadDigest(ref reader);
                return new CoordinationMessage.DigestRead(call, digest, hasDatum, behind, DotSet.Read(ref reader));
            case Kind.RepairAsk:
                var key = ReadKey(ref reader);
                if (!NodeName.TryParse(reader.ReadPrefixed(NodeName.LengthMax), out var lacking)) reader.Fail("a node name");
                return new CoordinationMessage.RepairAsk(call, key, lacking, DotSet.Read(ref reader));
            case Kind.AskClock:
                return new CoordinationMessage.AskClock(call);
            case Kind.ClockTold:
                return new CoordinationMessage.ClockTold(call, DotSet.Read(ref reader), ReadRecords(ref reader));
            case Kind.ListNames:
                var hasBucket = ReadFlags(ref reader, 1) == 1;
                var typeName = Encoding.UTF8.GetString(reader.ReadPrefixed(Key.TypeBytesMax));
                return new CoordinationMessage.ListNames(call, typeName, hasBucket ? Encoding.UTF8.GetString(reader.ReadPrefixed(Key.BucketBytesMax)) : null);
            case Kind.NamesListed:
                var isLast = ReadFlags(ref reader, 1) == 1;
                var names = new string[reader.ReadCount(2)];
                for (var i = 0; i < names.Length && !reader.Failed; i++) names[i] = Encoding.UTF8.GetString(reader.ReadPrefixed(Key.NameBytesMax));
                return new CoordinationMessage.NamesListed(call, names, isLast);
            case Kind.FeedAsk:
                var wanted = (FeedAskKind)reader.ReadByte();
                if (wanted > FeedAskKind.CatchUp) reader.Fail("what is wanted of a feed, 0 to 2");
                var scope = FeedScope.Read(ref reader);
                var flags = ReadFlags(ref reader, 3);
                var known = (flags & 1) != 0 ? DotSet.Read(ref reader) : null;
                var seen = (flags & 2) != 0 ? DotSet.Read(ref reader) : null;
                var interval = ReadMilliseconds(ref reader);
                return scope is null ? null : new CoordinationMessage.FeedAsk(call, wanted, scope, known, seen, interval);
            case Kind.FeedAck:
                return new CoordinationMessage.FeedAck(call, reader.ReadInt(int.MaxValue, "the number of a part"), ReadMilliseconds(ref reader));
            case Kind.FeedStop:
                return new CoordinationMessage.FeedStop(call);
            case Kind.FeedPart:
                var number = reader.ReadInt(int.MaxValue, "the number of a part");
                flags = ReadFlags(ref reader, 15);
                var states = (flags & 4) != 0 ? Record.Read(ref reader) : (Record?)null;
                return new CoordinationMessage.FeedPart(call, number, (flags & 1) != 0, (flags & 2) != 0, states, DotSet.Read(ref reader), (flags & 8) != 0);
            default:
                reader.Fail("the kind of a coordinator's message, 1 to 17");
                return null;
        }
    }

    private static void Head(WireWriter writer, Kind kind, CoordinationMessage message)
    {
        writer.WriteByte((byte)kind);
        writer.WriteVarint(message.Call);
    }

    private static void WriteForward(WireWriter writer, CoordinationMessage.Forward forward)
    {
        writer.WriteByte((byte)((forward.ReturnsState ? 1 : 0) | (forward.Observed is null ? 0 : 2)));
        writer.WriteByte((byte)forward.Type);
        writer.WriteVarint((ulong)Math.Max(1, (long)forward.Timeout.TotalMilliseconds));
        writer.WriteVarint((ulong)Math.Max(0, forward.BeginBy.Ticks / TimeSpan.TicksPerMicrosecond));
        var quorum = forward.Quorum;
        foreach (var count in (ReadOnlySpan<int>)[quorum.N, quorum.W, quorum.Dw, quorum.Pw, quorum.NodeConfirms]) writer.WriteByte((byte)count);
        writer.WritePrefixed(forward.Key.Flat);
        forward.Observed?.Write(writer);
        OperationWire.Write(writer, forward.Operation);
    }

    private static CoordinationMessage.Forward? ReadForward(ref WireReader reader, ulong call)
    {
        var flags = ReadFlags(ref reader, 3);
        var type = ReadType(ref reader);
        var timeout = TimeSpan.FromMilliseconds(reader.ReadInt(int.MaxValue, "milliseconds in 31 bits"));
        if (timeout <= TimeSpan.Zero) reader.Fail("a timeout above zero");
        var beginBy = TimeSpan.FromMicroseconds(Math.Min(reader.ReadLong(), TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond));
        var n = reader.ReadByte();
        if (n is < 1 or > QuorumProperties.NMax) reader.Fail($"n_val from 1 to {QuorumProperties.NMax}");
        var (w, dw, pw, confirms) = (reader.ReadByte(), reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        if (w < 1 || Math.Max(Math.Max(w, dw), Math.Max(pw, confirms)) > n) reader.Fail("a quorum of at most n_val");
        var key = ReadKey(ref reader);
        var observed = (flags & 2) != 0 ? DotSet.Read(ref reader) : null;
        var operation = OperationWire.Read(ref reader);
        return operation is null
            ? null
            : new CoordinationMessage.Forward(call, key, type, operation, new WriteQuorum(n, w, dw, pw, confirms), timeout, beginBy, observed, (flags & 1) != 0);
    }

    private static void WriteOutcome(WireWriter writer, WriteOutcome outcome)
    {
        switch (outcome)
        {
            case WriteOutcome.Written written:
                writer.WriteByte(1);
                writer.WriteByte((byte)written.Copies);
                writer.WriteByte((byte)written.Primaries);
                writer.WriteByte((byte)written.Durable);
                writer.WriteByte(written.Short ? (byte)1 : (byte)0);
                break;
            case WriteOutcome.Unsatisfied unmet:
                writer.WriteByte(2);
                writer.WriteByte((byte)unmet.Kind);
                writer.WriteByte((byte)unmet.Got);
                writer.WriteByte((byte)unmet.Wanted);
                break;
            case WriteOutcome.TimedOut late:
                writer.WriteByte(3);
                writer.WriteByte((byte)late.Copies);
                break;
            case WriteOutcome.NoCoordinator none:
                writer.WriteByte(4);
                writer.WriteByte((byte)none.Reason);
                writer.WriteByte((byte)(none.LastRefusal is { } refusal ? (int)refusal + 1 : 0));
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{outcome.GetType().Name} has no binary form.");
        }
    }

    private static WriteOutcome? ReadOutcome(ref WireReader reader)
    {
        switch (reader.ReadByte())
        {
            case 1:
                return new WriteOutcome.Written(reader.ReadByte(), reader.ReadByte(), reader.ReadByte(), ReadFlags(ref reader, 1) == 1);
            case 2:
                var kind = (UnmetQuorum)reader.ReadByte();
                if (!Enum.IsDefined(kind)) reader.Fail("a part of a quorum");
                return new WriteOutcome.Unsatisfied(kind, reader.ReadByte(), reader.ReadByte());
            case 3:
                return new WriteOutcome.TimedOut(reader.ReadByte());
            case 4:
                var reason = (NoCoordinatorReason)reader.ReadByte();
                if (reason > NoCoordinatorReason.Refused) reader.Fail("why nobody coordinated");
                var refusal = reader.ReadByte();
                if (refusal > (int)RefusalReason.Late + 1) reader.Fail("the reason of a refusal");
                return new WriteOutcome.NoCoordinator(reason, refusal == 0 ? null : (RefusalReason)(refusal - 1));
            default:
                reader.Fail("an outcome, 1 to 4");
                return null;
        }
    }

    private static void WriteDigest(WireWriter writer, bool hasDatum, bool behind, UInt128 digest, DotSet clock)
    {
        writer.WriteByte((byte)((hasDatum ? 1 : 0) | (behind ? 2 : 0)));
        BinaryPrimitives.WriteUInt128LittleEndian(writer.GetSpan(16), digest);
        writer.Advance(16);
        clock.Write(writer);
    }

    private static (bool HasDatum, bool Behind, UInt128 Digest) ReadDigest(ref WireReader reader)
    {
        var flags = ReadFlags(ref reader, 3);
        var bytes = reader.ReadBytes(16);
        return ((flags & 1) != 0, (flags & 2) != 0, bytes.Length == 16 ? BinaryPrimitives.ReadUInt128LittleEndian(bytes) : 0);
    }

    private static void WriteRecords(WireWriter writer, IReadOnlyList<Record> records)
    {
        writer.WriteCount(records.Count);
        foreach (var record in records) record.Write(writer);
    }

    private static Record[] ReadRecords(ref WireReader reader)
    {
        var records = new Record[reader.ReadCount(2)];
        for (var i = 0; i < records.Length && !reader.Failed; i++) records[i] = Record.Read(ref reader);
        return records;
    }

    private static void WriteOptional(WireWriter writer, Record? record)
    {
        writer.WriteByte(record is null ? (byte)0 : (byte)1);
        record?.Write(writer);
    }

    private static TimeSpan ReadMilliseconds(ref WireReader reader) => TimeSpan.FromMilliseconds(reader.ReadInt(int.MaxValue, "milliseconds in 31 bits"));

    private static Key ReadKey(ref WireReader reader)
    {
        if (Key.TryOfFlat(reader.ReadPrefixed(Key.FlatBytesMax), out var key)) return key;
        reader.Fail("the flat form of a key");
        return default;
    }

    private static DataType ReadType(ref WireReader reader)
    {
        var type = reader.ReadByte();
        if (type is < (byte)DataType.Counter or > (byte)DataType.Map) reader.Fail("a data type, 1 to 7");
        return (DataType)type;
    }

    private static RefusalReason ReadReason(ref WireReader reader)
    {
        var reason = (RefusalReason)reader.ReadByte();
        if (reason > RefusalReason.Late) reader.Fail("the reason of a refusal, 0 to 6");
        return reason;
    }

    private static int ReadFlags(ref WireReader reader, int known)
    {
        var flags = reader.ReadByte();
        if ((flags & ~known) != 0) reader.Fail($"flags out of {known}");
        return flags;
    }
}
