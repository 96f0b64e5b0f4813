using CsCheck;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Core.Tests.Reconciliation;

public sealed class SymbolTests
{
    private static readonly SipHash Key = new(1, 2);

    private static readonly Gen<(int Common, int OnlyFirst, int OnlySecond, ulong Seed)> Sets = Gen.Select(
        Gen.Int[0, 2_000], Gen.OneOf(Gen.Int[0, 3], Gen.Int[0, 150]), Gen.OneOf(Gen.Int[0, 3], Gen.Int[0, 150]), Gen.ULong);

    [Fact]
    public void What_two_sets_differ_in_is_decoded_whatever_they_are() => Property.ForAll(Sets, sets =>
    {
        SetEntry[] common = Entries(sets.Seed, sets.Common), onlyFirst = Entries(sets.Seed + 1, sets.OnlyFirst), onlySecond = Entries(sets.Seed + 2, sets.OnlySecond);

        var decoder = Decode([.. common, .. onlyFirst], [.. onlySecond, .. common], Key, out _);

        Assert.Equal(onlyFirst.ToHashSet(), [.. decoder.OnlyFirst]);
        Assert.Equal(onlySecond.ToHashSet(), [.. decoder.OnlySecond]);
    });

    [Theory]
    [InlineData(10, 2.2)]
    [InlineData(100, 1.7)]
    [InlineData(1_000, 1.5)]
    public void Symbols_are_in_proportion_to_the_difference_and_not_to_the_sets(int differences, double symbolsMax)
    {
        double Average(int common) => Enumerable.Range(0, 20).Average(run =>
        {
            var shared = Entries((ulong)run, common);
            Decode([.. shared, .. Entries((ulong)run + 1_000, differences)], shared, new SipHash((ulong)run, 7), out var symbols);
            return (double)symbols / differences;
        });

        Assert.InRange(Average(0), 1.0, symbolsMax);
        Assert.InRange(Average(2_000), 1.0, symbolsMax);
    }

    [Fact]
    public void Symbols_are_the_same_whatever_the_parts_in_which_they_are_asked_for() => Property.ForAll(
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 40].Array[1, 20], Gen.ULong), (count, parts, seed) =>
        {
            var entries = Entries(seed, count);
            var whole = new CodedSymbol[parts.Sum()];
            new SymbolEncoder(entries, Key).Next(whole);

            var encoder = new SymbolEncoder([.. entries.Reverse()], Key);
            var inParts = parts.SelectMany(length =>
            {
                var part = new CodedSymbol[length];
                encoder.Next(part);
                return part;
            });

            Assert.Equal(whole, inParts);
        });

    [Fact]
    public void An_index_is_hit_with_the_probability_that_the_paper_gives_it()
    {
        const int entries = 40_000;
        var hits = new int[1_000];
        for (ulong seed = 0; seed < entries; seed++)
        {
            for (var mapping = new IndexMapping(Key.Of(seed, 0, 0, 0)); mapping.Index < hits.Length; mapping.Next()) hits[mapping.Index]++;
        }

        Assert.Equal(entries, hits[0]);
        foreach (var index in (int[])[1, 2, 3, 10, 100])
        {
            var expected = entries / (1 + (index / 2.0));
            Assert.InRange(hits[index], expected - (6 * Math.Sqrt(expected)), expected + (6 * Math.Sqrt(expected)));
        }

        var tail = Enumerable.Range(500, 500).Sum(index => entries / (1 + (index / 2.0)));
        Assert.InRange(hits[500..].Sum(), tail * 0.97, tail * 1.03);
    }

    [Fact]
    public void Indices_are_the_same_for_ever()
    {
        var mapping = new IndexMapping(0x0123_4567_89AB_CDEF);
        var indices = new List<int>();
        for (var i = 0; i < 16; i++, mapping.Next()) indices.Add(mapping.Index);

        Assert.Equal(GoldenIndices, indices);
    }

    [Fact]
    public void A_mapping_comes_to_its_end() => Property.ForAll(Gen.ULong, hash =>
    {
        var mapping = new IndexMapping(hash);
        for (var steps = 0; mapping.Index < IndexMapping.IndexMax; steps++)
        {
            Assert.InRange(steps, 0, 200);
            mapping.Next();
        }
    });

    [Fact]
    public void Hostile_symbols_end_in_a_refusal_or_in_nothing_and_never_in_a_hang() => Property.ForAll(
        Gen.Select(Gen.Int[1, 200], Gen.ULong, Gen.Int[0, 3]), (count, seed, kind) =>
        {
            var random = new Random((int)seed);
            var own = new CodedSymbol[count];
            new SymbolEncoder(Entries(seed, 100), Key).Next(own);
            var decoder = new SymbolDecoder(Key);
            foreach (var symbol in own)
            {
                var entry = Entries((ulong)random.Next(20), 1)[0];
                decoder.Add(symbol, kind switch
                {
                    0 => new CodedSymbol(entry, entry.HashUnder(Key), 1),
                    1 => symbol.With(entry, entry.HashUnder(Key), 1),
                    2 => new CodedSymbol(entry, (ulong)random.NextInt64(), random.NextInt64()),
                    _ => symbol.With(entry, entry.HashUnder(Key), random.Next(2) == 0 ? 1 : -1),
                });
            }

            Assert.InRange(decoder.OnlyFirst.Count() + decoder.OnlySecond.Count(), 0, decoder.SymbolCount);
        });

    [Fact]
    public void An_entry_that_comes_out_twice_is_refused()
    {
        var entry = Entries(1, 1)[0];
        var alone = new CodedSymbol(entry, entry.HashUnder(Key), 1);
        var decoder = new SymbolDecoder(Key);
        for (var i = 0; i < 200 && !decoder.IsRefused; i++) decoder.Add(alone, default);

        Assert.True(decoder.IsRefused);
        Assert.False(decoder.OnlyFirst.Any());
    }

    private static int[] GoldenIndices => [0, 4, 5, 14, 18, 278, 981, 1155, 1579, 1600, 4129, 4607, 7146, 9571, 12423, 26550];

    private static SymbolDecoder Decode(SetEntry[] first, SetEntry[] second, SipHash key, out int symbols)
    {
        var (one, two) = (new SymbolEncoder(first, key), new SymbolEncoder(second, key));
        var decoder = new SymbolDecoder(key);
        var (left, right) = (new CodedSymbol[1], new CodedSymbol[1]);
        for (symbols = 0; !decoder.IsDecoded; symbols++)
        {
            Assert.InRange(symbols, 0, 1_000 + (10 * (first.Length + second.Length)));
            one.Next(left);
            two.Next(right);
            decoder.Add(left[0], right[0]);
        }

        return decoder;
    }

    private static SetEntry[] Entries(ulong seed, int count)
    {
        var random = new Random((int)(seed ^ (seed >> 32)));
        return [.. Enumerable.Range(0, count).Select(_ => new SetEntry(Draw(), Draw()))];

        UInt128 Draw() => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
    }
}
