using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Reconciliation;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Audit;

/// <summary>The binary form of <see cref="AuditProtocol"/>'s messages. Each message has exactly one form.</summary>
/// <remarks>
/// <code><![CDATA[
/// message   = version:byte kind:byte session:8 number:varint body
/// request   = clock:16 leafCount:varint ...     Open: root:16    AskNodes: level:byte indices    AskKeys: indices after:prefixed
/// Agreed    =
/// Nodes     = level:byte count:varint (gap hash:16)*
/// Keys      = count:varint (gap complete:byte count:varint (key:prefixed hash:16)*)*
/// Refused   = reason:byte
/// Pin, Release =          AskSymbols: indices from:varint count:varint          AskNames: indices count:varint digest:16*
/// AskState  = key:prefixed                            Repair: expected:16 record:prefixed
/// Pinned    =             State: record:prefixed      Repaired: result:byte
/// Symbols   = keys:varint from:varint count:varint (name:16 value:16 hash:8 surplus:zigzag)*
/// Names     = count:varint (key:prefixed hash:16)*
/// indices   = count:varint gap*
/// ]]></code>
/// A coded symbol's count is written as what it has above the share of the keys that is expected there, 2 x keys / (index + 2): one or two bytes.
/// Indices ascend, so each is written as its gap from the one before: mostly one byte, and a list out of order cannot be said. Whether an
/// answer fits its request is not a question of form: <see cref="AuditSession"/> and <see cref="AuditResponder"/> decide that.
/// </remarks>
public static class AuditWire
{
    private const byte Version = 1;
    private const int HashBytes = 16;

    private enum Kind : byte
    {
        Open = 1,
        AskNodes = 2,
        AskKeys = 3,
        Agreed = 4,
        Nodes = 5,
        Keys = 6,
        Refused = 7,
        Pin = 8,
        AskSymbols = 9,
        AskNames = 10,
        AskState = 11,
        Repair = 12,
        Release = 13,
        Pinned = 14,
        Symbols = 15,
        Names = 16,
        State = 17,
        Repaired = 18,
    }

    /// <summary>Appends a message's bytes, at most <see cref="AuditProtocol.MessageBytesMax"/>.</summary>
    public static void Write(WireWriter writer, AuditProtocol.Message message)
    {
        writer.WriteByte(Version);
        writer.WriteByte((byte)KindOf(message));
        writer.WriteUInt64(message.Session);
        writer.WriteVarint((ulong)message.Number);
        if (message is AuditProtocol.Request request)
        {
            WriteHash(writer, request.Clock);
            writer.WriteCount(request.LeafCount);
        }

        WriteBody(writer, message);
    }

    /// <summary>
    /// Reads exactly one message from bytes that may be hostile; never throws. What it reads is bounded as <see cref="AuditProtocol"/>
    /// says.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out AuditProtocol.Message? message, out WireError error)
    {
        var reader = new WireReader(bytes);
        var bytesMax = bytes.Length > 1 && (Kind)bytes[1] is Kind.State or Kind.Repair ? AuditProtocol.StateBytesMax : AuditProtocol.MessageBytesMax;
        if (bytes.Length > bytesMax) reader.Fail($"at most {bytesMax} bytes");
        var read = ReadMessage(ref reader);
        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of the message");

        message = reader.Failed ? null : read;
        error = reader.Error;
        return message is not null;
    }

    private static Kind KindOf(AuditProtocol.Message message) => message switch
    {
        AuditProtocol.Open => Kind.Open,
        AuditProtocol.AskNodes => Kind.AskNodes,
        AuditProtocol.AskKeys => Kind.AskKeys,
        AuditProtocol.Agreed => Kind.Agreed,
        AuditProtocol.Nodes => Kind.Nodes,
        AuditProtocol.Keys => Kind.Keys,
        AuditProtocol.Refused => Kind.Refused,
        AuditProtocol.Pin => Kind.Pin,
        AuditProtocol.AskSymbols => Kind.AskSymbols,
        AuditProtocol.AskNames => Kind.AskNames,
        AuditProtocol.AskState => Kind.AskState,
        AuditProtocol.Repair => Kind.Repair,
        AuditProtocol.Release => Kind.Release,
        AuditProtocol.Pinned => Kind.Pinned,
        AuditProtocol.Symbols => Kind.Symbols,
        AuditProtocol.Names => Kind.Names,
        AuditProtocol.State => Kind.State,
        AuditProtocol.Repaired => Kind.Repaired,
        _ => throw new ArgumentException($"{message.GetType().Name} has no binary form.", nameof(message)),
    };

    private static void WriteBody(WireWriter writer, AuditProtocol.Message message)
    {
        switch (message)
        {
            case AuditProtocol.Open open:
                WriteHash(writer, open.Root);
                break;
            case AuditProtocol.AskNodes ask:
                writer.WriteByte((byte)ask.Level);
                WriteIndices(writer, ask.Parents);
                break;
            case AuditProtocol.AskKeys ask:
                WriteIndices(writer, ask.Leaves);
                writer.WritePrefixed(ask.After.Span);
                break;
            case AuditProtocol.Nodes nodes:
                WriteNodes(writer, nodes);
                break;
            case AuditProtocol.Keys keys:
                WriteKeys(writer, keys);
                break;
            case AuditProtocol.Refused refused:
                writer.WriteByte((byte)refused.Reason);
                break;
            case AuditProtocol.AskSymbols ask:
                WriteIndices(writer, ask.Leaves);
                writer.WriteCount(ask.From);
                writer.WriteCount(ask.Count);
                break;
            case AuditProtocol.AskNames ask:
                WriteIndices(writer, ask.Leaves);
                writer.WriteCount(ask.Digests.Length);
                foreach (var digest in ask.Digests) WriteHash(writer, digest);
                break;
            case AuditProtocol.AskState ask:
                writer.WritePrefixed(ask.Key.Span);
                break;
            case AuditProtocol.Repair repair:
                WriteHash(writer, repair.Expected);
                writer.WritePrefixed(repair.Record.Span);
                break;
            case AuditProtocol.Symbols symbols:
                WriteSymbols(writer, symbols);
                break;
            case AuditProtocol.Names names:
                WriteEntries(writer, names.Entries);
                break;
            case AuditProtocol.State state:
                writer.WritePrefixed(state.KeyState.Span);
                break;
            case AuditProtocol.Repaired repaired:
                writer.WriteByte((byte)repaired.Result);
                break;
        }
    }

    private static void WriteIndices(WireWriter writer, ImmutableArray<int> indices)
    {
        writer.WriteCount(indices.Length);
        var previous = -1;
        foreach (var index in indices) WriteGap(writer, ref previous, index);
    }

    private static void WriteNodes(WireWriter writer, AuditProtocol.Nodes nodes)
    {
        writer.WriteByte((byte)nodes.Level);
        writer.WriteCount(nodes.Hashes.Length);
        var previous = -1;
        foreach (var node in nodes.Hashes)
        {
            WriteGap(writer, ref previous, node.Index);
            WriteHash(writer, node.Hash);
        }
    }

    private static void WriteKeys(WireWriter writer, AuditProtocol.Keys keys)
    {
        writer.WriteCount(keys.Leaves.Length);
        var previous = -1;
        foreach (var leaf in keys.Leaves)
        {
            WriteGap(writer, ref previous, leaf.Leaf);
            writer.WriteByte(leaf.Complete ? (byte)1 : (byte)0);
            WriteEntries(writer, leaf.Entries);
        }
    }

    private static void WriteEntries(WireWriter writer, ImmutableArray<AuditKey> entries)
    {
        writer.WriteCount(entries.Length);
        foreach (var entry in entries)
        {
            writer.WritePrefixed(entry.Key.Span);
            WriteHash(writer, entry.StateHash);
        }
    }

    private static void WriteSymbols(WireWriter writer, AuditProtocol.Symbols symbols)
    {
        writer.WriteCount(symbols.KeyCount);
        writer.WriteCount(symbols.From);
        writer.WriteCount(symbols.Coded.Length);
        foreach (var (position, symbol) in symbols.Coded.Index())
        {
            WriteHash(writer, symbol.Sum.Name);
            WriteHash(writer, symbol.Sum.Value);
            writer.WriteUInt64(symbol.Hash);
            writer.WriteSigned(symbol.Count - ExpectedCount(symbols.KeyCount, symbols.From + position));
        }
    }

    private static long ExpectedCount(int keyCount, int index) => 2L * keyCount / (index + 2);

    private static void WriteGap(WireWriter writer, ref int previous, int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(index, previous);
        writer.WriteCount(index - previous - 1);
        previous = index;
    }

    private static void WriteHash(WireWriter writer, UInt128 hash)
    {
        writer.WriteUInt64((ulong)hash);
        writer.WriteUInt64((ulong)(hash >> 64));
    }

    private static AuditProtocol.Message? ReadMessage(ref WireReader reader)
    {
        if (reader.ReadByte() != Version) reader.Fail($"version {Version} of the audit's messages");
        var kind = (Kind)reader.ReadByte();
        var session = reader.ReadUInt64();
        var number = reader.ReadLong();
        var isRequest = kind is Kind.Open or Kind.AskNodes or Kind.AskKeys or (>= Kind.Pin and <= Kind.Release);
        var (clock, leafCount) = isRequest ? (ReadHash(ref reader), ReadLeafCount(ref reader)) : default;

        // C# evaluates arguments from left to right, which is the order of the fields.
        switch (kind)
        {
            case Kind.Open: return new AuditProtocol.Open(session, number, clock, leafCount, ReadHash(ref reader));
            case Kind.AskNodes:
                return new AuditProtocol.AskNodes(
                    session, number, clock, leafCount, ReadLevel(ref reader), ReadIndices(ref reader, AuditProtocol.ParentsPerRequestMax));
            case Kind.AskKeys:
                return new AuditProtocol.AskKeys(
                    session,
                    number,
                    clock,
                    leafCount,
                    ReadIndices(ref reader, AuditProtocol.LeavesPerRequestMax),
                    reader.ReadPrefixed(AuditProtocol.KeyBytesMax).ToArray());
            case Kind.Agreed: return new AuditProtocol.Agreed(session, number);
            case Kind.Nodes: return new AuditProtocol.Nodes(session, number, ReadLevel(ref reader), ReadNodes(ref reader));
            case Kind.Keys: return new AuditProtocol.Keys(session, number, ReadKeys(ref reader));
            case Kind.Pin: return new AuditProtocol.Pin(session, number, clock, leafCount);
            case Kind.AskSymbols:
                return new AuditProtocol.AskSymbols(
                    session,
                    number,
                    clock,
                    leafCount,
                    ReadIndices(ref reader, AuditProtocol.LeavesPerRequestMax),
                    reader.ReadInt(AuditProtocol.SymbolsMax, "the index of a coded symbol"),
                    ReadWithin(ref reader, AuditProtocol.SymbolsPerRequestMax));
            case Kind.AskNames:
                return new AuditProtocol.AskNames(
                    session, number, clock, leafCount, ReadIndices(ref reader, AuditProtocol.LeavesPerRequestMax), ReadDigests(ref reader));
            case Kind.AskState:
                return new AuditProtocol.AskState(session, number, clock, leafCount, ReadKey(ref reader));
            case Kind.Repair:
                return new AuditProtocol.Repair(session, number, clock, leafCount, ReadHash(ref reader), reader.ReadPrefixed().ToArray());
            case Kind.Release: return new AuditProtocol.Release(session, number, clock, leafCount);
            case Kind.Pinned: return new AuditProtocol.Pinned(session, number);
            case Kind.Symbols: return ReadSymbols(ref reader, session, number);
            case Kind.Names:
                var entriesLeft = AuditProtocol.EntriesPerMessageMax;
                return new AuditProtocol.Names(session, number, ReadEntries(ref reader, ref entriesLeft));
            case Kind.State: return new AuditProtocol.State(session, number, reader.ReadPrefixed().ToArray());
            case Kind.Repaired: return new AuditProtocol.Repaired(session, number, ReadResult(ref reader));
            case Kind.Refused: return new AuditProtocol.Refused(session, number, ReadReason(ref reader));
            default:
                reader.Fail("a kind of the audit's messages");
                return null;
        }
    }

    private static ImmutableArray<int> ReadIndices(ref WireReader reader, int countMax)
    {
        var indices = new int[ReadCount(ref reader, bytesEachMin: 1, countMax)];
        var previous = -1;
        for (var position = 0; position < indices.Length; position++) indices[position] = ReadIndex(ref reader, ref previous);
        return [.. indices];
    }

    private static ImmutableArray<AuditProtocol.NodeHash> ReadNodes(ref WireReader reader)
    {
        var hashes = new AuditProtocol.NodeHash[ReadCount(ref reader, 1 + HashBytes, AuditProtocol.EntriesPerMessageMax)];
        var previous = -1;
        for (var position = 0; position < hashes.Length; position++)
        {
            hashes[position] = new AuditProtocol.NodeHash(ReadIndex(ref reader, ref previous), ReadHash(ref reader));
        }

        return [.. hashes];
    }

    private static ImmutableArray<AuditProtocol.LeafKeys> ReadKeys(ref WireReader reader)
    {
        var leaves = new AuditProtocol.LeafKeys[ReadCount(ref reader, bytesEachMin: 3, AuditProtocol.LeavesPerRequestMax)];
        var (previous, entriesLeft) = (-1, AuditProtocol.EntriesPerMessageMax);
        for (var position = 0; position < leaves.Length; position++)
        {
            leaves[position] = new AuditProtocol.LeafKeys(
                ReadIndex(ref reader, ref previous), reader.ReadInt(1, "0 or 1") == 1, ReadEntries(ref reader, ref entriesLeft));
        }

        return [.. leaves];
    }

    private static ImmutableArray<AuditKey> ReadEntries(ref WireReader reader, ref int entriesLeft)
    {
        var count = reader.ReadCount(1 + 1 + HashBytes);
        if (count > entriesLeft)
        {
            reader.Fail($"at most {AuditProtocol.EntriesPerMessageMax} keys");
            return [];
        }

        entriesLeft -= count;
        var entries = new AuditKey[count];
        for (var position = 0; position < count; position++)
        {
            entries[position] = new AuditKey(ReadKey(ref reader), ReadHash(ref reader));
        }

        return [.. entries];
    }

    private static byte[] ReadKey(ref WireReader reader)
    {
        var key = reader.ReadPrefixed(AuditProtocol.KeyBytesMax);
        if (key.IsEmpty) reader.Fail("a key of at least one byte");
        return key.ToArray();
    }

    private static ImmutableArray<UInt128> ReadDigests(ref WireReader reader)
    {
        var digests = new UInt128[ReadCount(ref reader, HashBytes, AuditProtocol.EntriesPerMessageMax)];
        for (var position = 0; position < digests.Length; position++) digests[position] = ReadHash(ref reader);
        return [.. digests];
    }

    private static AuditProtocol.Symbols ReadSymbols(ref WireReader reader, ulong session, long number)
    {
        var keys = reader.ReadInt(AuditProtocol.SymbolKeysAnsweredMax, "a count of keys");
        var from = reader.ReadInt(AuditProtocol.SymbolsMax, "the index of a coded symbol");
        var symbols = new CodedSymbol[ReadCount(ref reader, (2 * HashBytes) + sizeof(ulong) + 1, AuditProtocol.SymbolsPerRequestMax)];
        for (var position = 0; position < symbols.Length; position++)
        {
            var sum = new SetEntry(ReadHash(ref reader), ReadHash(ref reader));
            var hash = reader.ReadUInt64();
            var surplus = reader.ReadSigned();
            if (Math.Abs(Math.Clamp(surplus, -int.MaxValue, int.MaxValue)) > AuditProtocol.SymbolKeysAnsweredMax) reader.Fail("a count of keys");
            symbols[position] = new CodedSymbol(sum, hash, surplus + ExpectedCount(keys, from + position));
        }

        return new AuditProtocol.Symbols(session, number, keys, from, [.. symbols]);
    }

    private static int ReadWithin(ref WireReader reader, int max)
    {
        var value = reader.ReadInt(max, $"a count of 1 to {max}");
        if (value == 0) reader.Fail($"a count of 1 to {max}");
        return value;
    }

    private static Kernel.RepairResult ReadResult(ref WireReader reader)
    {
        var result = (Kernel.RepairResult)reader.ReadByte();
        if (!Enum.IsDefined(result)) reader.Fail("what a repair has done");
        return result;
    }

    private static int ReadCount(ref WireReader reader, int bytesEachMin, int countMax)
    {
        var count = reader.ReadCount(bytesEachMin);
        if (count >= 1 && count <= countMax) return count;
        reader.Fail($"a count of 1 to {countMax}");
        return 0;
    }

    private static int ReadIndex(ref WireReader reader, ref int previous)
    {
        var gap = reader.ReadInt(MerkleTree.LeafCountMax - 1, "the index of a node");
        previous += 1 + gap;
        if (previous >= MerkleTree.LeafCountMax) reader.Fail("the index of a node");
        return previous;
    }

    private static int ReadLeafCount(ref WireReader reader)
    {
        var leafCount = reader.ReadInt(MerkleTree.LeafCountMax, "a leaf count");
        if (!MerkleTree.IsLeafCount(leafCount)) reader.Fail("a leaf count that is a power of two");
        return leafCount;
    }

    private static int ReadLevel(ref WireReader reader)
    {
        var level = reader.ReadByte();
        if (level > MerkleTree.LeafLevelMax) reader.Fail($"a level of at most {MerkleTree.LeafLevelMax}");
        return level;
    }

    private static AuditProtocol.Refusal ReadReason(ref WireReader reader)
    {
        var reason = (AuditProtocol.Refusal)reader.ReadByte();
        if (!Enum.IsDefined(reason)) reader.Fail("a reason for a refusal");
        return reason;
    }

    private static UInt128 ReadHash(ref WireReader reader)
    {
        var low = reader.ReadUInt64();
        return new UInt128(reader.ReadUInt64(), low);
    }
}
