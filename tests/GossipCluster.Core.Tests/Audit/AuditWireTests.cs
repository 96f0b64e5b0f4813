using System.Collections.Immutable;
using CsCheck;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Reconciliation;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Tests.Audit;

public sealed class AuditWireTests
{
    private static readonly UInt128 Clock = new(0x0F0E_0D0C_0B0A_0908, 0x0706_0504_0302_0100);

    private static readonly Gen<UInt128> Hash = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low));

    private static readonly Gen<ReadOnlyMemory<byte>> Key = Gen.Byte.Array[1, 40].Select(bytes => (ReadOnlyMemory<byte>)bytes);

    private static readonly Gen<(ulong Session, long Number, UInt128 Clock, int LeafCount)> Head = Gen.Select(
        Gen.ULong,
        Gen.Long[0, long.MaxValue],
        Hash,
        Gen.Int[1, 16].Select(bits => 1 << bits),
        (session, number, clock, leafCount) => (session, number, clock, leafCount));

    private static readonly Gen<AuditProtocol.LeafKeys> LeafKeys = Gen.Select(
        Gen.Int[0, MerkleTree.LeafCountMax - 1],
        Gen.Bool,
        Gen.Select(Key, Hash, (key, hash) => new AuditKey(key, hash)).Array[0, 10],
        (leaf, complete, entries) => new AuditProtocol.LeafKeys(leaf, complete, [.. entries]));

    private static readonly Gen<CodedSymbol> Symbol = Gen.Select(
        Hash, Hash, Gen.ULong, Gen.Long[-1_000, 16_384], (name, value, hash, count) => new CodedSymbol(new SetEntry(name, value), hash, count));

    private static readonly Gen<AuditProtocol.Message> Messages = Gen.OneOf(
        Gen.Select(Head, Hash, AuditProtocol.Message (head, root) =>
            new AuditProtocol.Open(head.Session, head.Number, head.Clock, head.LeafCount, root)),
        Gen.Select(Head, Gen.Int[0, 4], Indices(64), AuditProtocol.Message (head, level, parents) =>
            new AuditProtocol.AskNodes(head.Session, head.Number, head.Clock, head.LeafCount, level, parents)),
        Gen.Select(Head, Indices(64), Gen.Byte.Array[0, 40], AuditProtocol.Message (head, leaves, after) =>
            new AuditProtocol.AskKeys(head.Session, head.Number, head.Clock, head.LeafCount, leaves, after)),
        Head.Select(AuditProtocol.Message (head) => new AuditProtocol.Agreed(head.Session, head.Number)),
        Gen.Select(Head, Gen.Int[0, 4], Indices(1_024), Hash, AuditProtocol.Message (head, level, indices, hash) =>
            new AuditProtocol.Nodes(head.Session, head.Number, level, [.. indices.Select(index => NodeHash(index, hash + (uint)index))])),
        Gen.Select(Head, LeafKeys.Array[1, 64], AuditProtocol.Message (head, leaves) =>
            new AuditProtocol.Keys(head.Session, head.Number, [.. leaves.DistinctBy(leaf => leaf.Leaf).OrderBy(leaf => leaf.Leaf)])),
        Gen.Select(Head, Gen.Int[1, 7], AuditProtocol.Message (head, reason) =>
            new AuditProtocol.Refused(head.Session, head.Number, (AuditProtocol.Refusal)reason)),
        Head.Select(AuditProtocol.Message (head) => new AuditProtocol.Pin(head.Session, head.Number, head.Clock, head.LeafCount)),
        Gen.Select(Head, Indices(64), Gen.Int[0, AuditProtocol.SymbolsMax], Gen.Int[1, 1_024], AuditProtocol.Message (head, leaves, from, count) =>
            new AuditProtocol.AskSymbols(head.Session, head.Number, head.Clock, head.LeafCount, leaves, from, count)),
        Gen.Select(Head, Indices(64), Hash.Array[1, 20], AuditProtocol.Message (head, leaves, digests) =>
            new AuditProtocol.AskNames(head.Session, head.Number, head.Clock, head.LeafCount, leaves, [.. digests])),
        Gen.Select(Head, Key, AuditProtocol.Message (head, key) =>
            new AuditProtocol.AskState(head.Session, head.Number, head.Clock, head.LeafCount, key)),
        Gen.Select(Head, Hash, Gen.Byte.Array[0, 40], AuditProtocol.Message (head, expected, record) =>
            new AuditProtocol.Repair(head.Session, head.Number, head.Clock, head.LeafCount, expected, record)),
        Head.Select(AuditProtocol.Message (head) => new AuditProtocol.Release(head.Session, head.Number, head.Clock, head.LeafCount)),
        Head.Select(AuditProtocol.Message (head) => new AuditProtocol.Pinned(head.Session, head.Number)),
        Gen.Select(Head, Gen.Int[0, 16_384], Gen.Int[0, 65_536], Symbol.Array[1, 20], AuditProtocol.Message (head, keys, from, symbols) =>
            new AuditProtocol.Symbols(head.Session, head.Number, keys, from, [.. symbols])),
        Gen.Select(Head, Gen.Select(Key, Hash, (key, hash) => new AuditKey(key, hash)).Array[1, 10], AuditProtocol.Message (head, entries) =>
            new AuditProtocol.Names(head.Session, head.Number, [.. entries])),
        Gen.Select(Head, Gen.Byte.Array[0, 40], AuditProtocol.Message (head, state) => new AuditProtocol.State(head.Session, head.Number, state)),
        Gen.Select(Head, Gen.Int[1, 3], AuditProtocol.Message (head, result) =>
            new AuditProtocol.Repaired(head.Session, head.Number, (RepairResult)result)));

    public static TheoryData<AuditProtocol.Message, string> Golden => new()
    {
        {
            new AuditProtocol.Open(1, 0, Clock, 1_024, 2),
            "0101010000000000000000000102030405060708090A0B0C0D0E0F800802000000000000000000000000000000"
        },
        {
            new AuditProtocol.AskNodes(1, 300, Clock, 1_024, 2, [0, 1, 63]),
            "01020100000000000000AC02000102030405060708090A0B0C0D0E0F8008020300003D"
        },
        {
            new AuditProtocol.AskKeys(1, 5, Clock, 65_536, [7, 65_535], "a/b"u8.ToArray()),
            "0103010000000000000005000102030405060708090A0B0C0D0E0F8080040207F7FF0303612F62"
        },
        { new AuditProtocol.Agreed(0x0123_4567_89AB_CDEF, 0), "0104EFCDAB896745230100" },
        {
            new AuditProtocol.Nodes(1, 1, 1, [new(0, 3), new(2, UInt128.MaxValue)]),
            "01050100000000000000010102000300000000000000000000000000000001FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        },
        {
            new AuditProtocol.Keys(1, 5, [new(7, true, []), new(9, false, [new AuditKey("k"u8.ToArray(), Clock)])]),
            "010601000000000000000502070100010001016B000102030405060708090A0B0C0D0E0F"
        },
        { new AuditProtocol.Refused(1, 0, AuditProtocol.Refusal.ShapeDiffers), "010701000000000000000002" },
        { new AuditProtocol.Pin(1, 2, Clock, 1_024), "0108010000000000000002000102030405060708090A0B0C0D0E0F8008" },
        { new AuditProtocol.AskSymbols(1, 3, Clock, 1_024, [5, 9], 16, 32), "0109010000000000000003000102030405060708090A0B0C0D0E0F80080205031020" },
        { new AuditProtocol.AskNames(1, 4, Clock, 1_024, [5], [3, UInt128.MaxValue]), "010A010000000000000004000102030405060708090A0B0C0D0E0F800801050203000000000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        { new AuditProtocol.AskState(1, 5, Clock, 1_024, "a/b"u8.ToArray()), "010B010000000000000005000102030405060708090A0B0C0D0E0F800803612F62" },
        { new AuditProtocol.Repair(1, 6, Clock, 1_024, 7, new byte[] { 1, 2, 3 }), "010C010000000000000006000102030405060708090A0B0C0D0E0F80080700000000000000000000000000000003010203" },
        { new AuditProtocol.Release(1, 7, Clock, 1_024), "010D010000000000000007000102030405060708090A0B0C0D0E0F8008" },
        { new AuditProtocol.Pinned(1, 2), "010E010000000000000002" },
        {
            new AuditProtocol.Symbols(1, 3, 1_000, 16, [new CodedSymbol(new SetEntry(3, Clock), 0x0123_4567_89AB_CDEF, 113), new CodedSymbol(default, 0, 105)]),
            "010F010000000000000003E807100203000000000000000000000000000000000102030405060708090A0B0C0D0E0FEFCDAB8967452301040000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        },
        { new AuditProtocol.Names(1, 4, [new AuditKey("k"u8.ToArray(), Clock)]), "011001000000000000000401016B000102030405060708090A0B0C0D0E0F" },
        { new AuditProtocol.State(1, 5, new byte[] { 9, 8 }), "0111010000000000000005020908" },
        { new AuditProtocol.Repaired(1, 6, RepairResult.Changed), "011201000000000000000602" },
    };

    [Theory]
    [MemberData(nameof(Golden), DisableDiscoveryEnumeration = true)]
    public void A_message_has_the_same_bytes_for_ever(AuditProtocol.Message message, string expected)
    {
        Assert.Equal(expected, Convert.ToHexString(Bytes(message)));
        Assert.Equal(Plain(message), Plain(Read(Convert.FromHexString(expected))));
    }

    [Fact]
    public void What_is_written_is_read_again() =>
        Messages.Sample(message =>
        {
            var read = Read(Bytes(message));

            Assert.Equal(Plain(message), Plain(read));
            Assert.Equal(Bytes(message), Bytes(read));
        });

    [Fact]
    public void A_message_that_is_cut_off_or_too_long_is_refused() =>
        Gen.Select(Messages, Gen.Double.Unit).Sample((message, share) =>
        {
            var bytes = Bytes(message);

            Assert.False(AuditWire.TryRead(bytes.AsSpan(0, (int)(share * bytes.Length)), out _, out _));
            Assert.False(AuditWire.TryRead([.. bytes, 0], out _, out var error));
            Assert.Equal(bytes.Length, error.Offset);
        });

    [Fact]
    public void Hostile_bytes_are_refused_without_an_exception() => Gen.Byte.Array[0, 200].Sample(Survive, iter: 10_000);

    [Fact]
    public void Hostile_bytes_behind_a_good_start_are_refused_without_an_exception() =>
        Gen.Select(Gen.Byte[1, 18], Gen.Byte.Array[0, 200]).Sample((kind, bytes) => Survive([1, kind, .. bytes]), iter: 10_000);

    [Fact]
    public void A_changed_message_is_refused_or_another_message_of_one_form() =>
        Gen.Select(Messages, Gen.Int[0, 100_000], Gen.Byte).Sample(
            (message, position, value) =>
            {
                var bytes = Bytes(message);
                bytes[position % bytes.Length] = value;
                Survive(bytes);
            },
            iter: 5_000);

    [Theory]
    [InlineData("", "one more byte")]
    [InlineData("02", "version 1 of the audit's messages")]
    [InlineData("0113010000000000000000", "a kind of the audit's messages")]
    [InlineData("010701000000000000000008", "a reason for a refusal")]
    [InlineData("0105010000000000000001050100", "a level of at most 4")]
    [InlineData("01050100000000000000010100", "a count of 1 to 1024")]
    public void A_malformed_message_says_what_was_expected(string hex, string expected)
    {
        Assert.False(AuditWire.TryRead(Convert.FromHexString(hex), out var message, out var error));
        Assert.Null(message);
        Assert.Equal(expected, error.Expected);
    }

    [Fact]
    public void More_than_the_bounds_allow_is_refused()
    {
        var entries = Enumerable.Range(0, 1_025).Select(index => new AuditKey(BitConverter.GetBytes(index), 1)).ToImmutableArray();
        AuditProtocol.Message[] tooMuch =
        [
            new AuditProtocol.AskNodes(1, 1, Clock, 1_024, 1, [.. Enumerable.Range(0, 65)]),
            new AuditProtocol.AskKeys(1, 1, Clock, 1_024, [.. Enumerable.Range(0, 65)], default),
            new AuditProtocol.AskKeys(1, 1, Clock, 1_024, [1], new byte[AuditProtocol.KeyBytesMax + 1]),
            new AuditProtocol.AskKeys(1, 1, Clock, 1_024, [MerkleTree.LeafCountMax], default),
            new AuditProtocol.AskKeys(1, 1, Clock, 1_000, [1], default),
            new AuditProtocol.Nodes(1, 1, 1, [.. Enumerable.Range(0, 1_025).Select(index => NodeHash(index, 1))]),
            new AuditProtocol.Keys(1, 1, [.. Enumerable.Range(0, 65).Select(leaf => new AuditProtocol.LeafKeys(leaf, true, []))]),
            new AuditProtocol.Keys(1, 1, [new(1, true, entries)]),
            new AuditProtocol.Keys(1, 1, [new(1, true, entries[..600]), new(2, true, entries[..600])]),
            new AuditProtocol.Keys(1, 1, [new(1, true, [new AuditKey(default, 1)])]),
            new AuditProtocol.Keys(1, 1, [new(1, true, [.. Enumerable.Repeat(new AuditKey(new byte[16_000], 1), 7)])]),
        ];

        Assert.All(tooMuch, message => Assert.False(AuditWire.TryRead(Bytes(message), out _, out _)));
    }

    internal static byte[] Bytes(AuditProtocol.Message message)
    {
        var writer = new WireWriter();
        AuditWire.Write(writer, message);
        return writer.ToArray();
    }

    internal static AuditProtocol.Message Read(byte[] bytes)
    {
        Assert.True(AuditWire.TryRead(bytes, out var message, out var error), error.ToString());
        return message;
    }

    // Whatever the bytes: no exception, and what is read has no other form.
    private static void Survive(byte[] bytes)
    {
        if (AuditWire.TryRead(bytes, out var message, out var error)) Assert.Equal(bytes, Bytes(message));
        else Assert.InRange(error.Offset, 0, bytes.Length);
    }

    private static AuditProtocol.NodeHash NodeHash(int index, UInt128 hash) => new(index, hash);

    private static Gen<ImmutableArray<int>> Indices(int countMax) =>
        Gen.Int[0, MerkleTree.LeafCountMax - 1].Array[1, countMax].Select(indices => indices.Distinct().Order().ToImmutableArray());

    // Records compare their collections by reference: as text, by content.
    private static string Plain(AuditProtocol.Message message) => message switch
    {
        AuditProtocol.AskNodes ask => $"{ask with { Parents = [] }} {string.Join(' ', ask.Parents)}",
        AuditProtocol.AskKeys ask =>
            $"{ask with { Leaves = [], After = default }} {string.Join(' ', ask.Leaves)} {Convert.ToHexString(ask.After.Span)}",
        AuditProtocol.Nodes nodes => $"{nodes with { Hashes = [] }} {string.Join(' ', nodes.Hashes)}",
        AuditProtocol.Keys keys => $"{keys with { Leaves = [] }} {string.Join(' ', keys.Leaves.Select(Plain))}",
        AuditProtocol.AskSymbols ask => $"{ask with { Leaves = [] }} {string.Join(' ', ask.Leaves)}",
        AuditProtocol.AskNames ask => $"{ask with { Leaves = [], Digests = [] }} {string.Join(' ', ask.Leaves)} {string.Join(' ', ask.Digests)}",
        AuditProtocol.AskState ask => $"{ask with { Key = default }} {Convert.ToHexString(ask.Key.Span)}",
        AuditProtocol.Repair repair => $"{repair with { Record = default }} {Convert.ToHexString(repair.Record.Span)}",
        AuditProtocol.Symbols symbols => $"{symbols with { Coded = [] }} {string.Join(' ', symbols.Coded)}",
        AuditProtocol.Names names => $"{names with { Entries = [] }} {string.Join(' ', names.Entries.Select(Plain))}",
        AuditProtocol.State state => $"{state with { KeyState = default }} {Convert.ToHexString(state.KeyState.Span)}",
        _ => message.ToString(),
    };

    private static string Plain(AuditProtocol.LeafKeys leaf) =>
        $"{leaf.Leaf} {leaf.Complete} {string.Join(' ', leaf.Entries.Select(Plain))}";

    private static string Plain(AuditKey entry) => $"{Convert.ToHexString(entry.Key.Span)}={entry.StateHash}";
}
