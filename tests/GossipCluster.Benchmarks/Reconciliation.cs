using System.Diagnostics;
using System.Globalization;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Benchmarks;

/// <summary>Coded symbols against lists: what it takes to find some differences among a million entries. A program, for what counts are symbols and bytes.</summary>
internal static class Reconciliation
{
    private const int EntryCount = 1_000_000;

    // A sum, a checksum, and a count of one or two bytes, as the audit writes them.
    private const int SymbolBytes = SetEntry.WireBytes + sizeof(ulong) + 2;

    public static void Run(TextWriter output)
    {
        output.WriteLine($"{EntryCount:N0} entries of {SetEntry.WireBytes} bytes; a list of them is {EntryCount * (long)SetEntry.WireBytes / 1e6:N0} MB. Half of the differences on each side.");
        output.WriteLine("| differences | symbols | a difference | bytes | bytes a difference | of a list | encode, s CPU | decode, ms CPU |");
        output.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var differences in (int[])[10, 100, 1_000, 10_000]) Measure(output, differences);
        foreach (var differences in (int[])[10, 100, 1_000]) Average(output, differences);
    }

    private static void Measure(TextWriter output, int differences)
    {
        var random = new Random(differences);
        var common = Entries(random, EntryCount - (differences / 2));
        SetEntry[] first = [.. common, .. Entries(random, differences / 2)];
        SetEntry[] second = [.. common, .. Entries(random, differences / 2)];
        var key = new SipHash((ulong)random.NextInt64(), (ulong)random.NextInt64());

        // As many as a stream of parts would bring: each part a quarter of what there is, at least 16.
        var start = Cpu();
        var (one, two) = (new SymbolEncoder(first, key), new SymbolEncoder(second, key));
        var decoder = new SymbolDecoder(key);
        var decoding = TimeSpan.Zero;
        var needed = 0;
        var sent = 0;
        while (!decoder.IsDecoded)
        {
            var (left, right) = (new CodedSymbol[Math.Max(16, sent / 4)], new CodedSymbol[Math.Max(16, sent / 4)]);
            one.Next(left);
            two.Next(right);
            sent += left.Length;
            var from = Cpu();
            for (var i = 0; i < left.Length && !decoder.IsDecoded; i++, needed++) decoder.Add(left[i], right[i]);
            decoding += Cpu() - from;
        }

        // Two encoders ran; each side has one.
        var encoding = (Cpu() - start - decoding) / 2;
        if (decoder.OnlyFirst.Count() + decoder.OnlySecond.Count() != differences) throw new InvalidOperationException("Not all differences were found.");
        var bytes = (long)needed * SymbolBytes;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {differences:N0} | {needed:N0} ({sent:N0} in parts) | {needed / (double)differences:N2} | {bytes:N0} | {bytes / (double)differences:N1} | {100.0 * bytes / (EntryCount * (long)SetEntry.WireBytes):N4} % | {encoding.TotalSeconds:N2} | {decoding.TotalMilliseconds:N1} |"));
    }

    /// <summary>One run says little of small differences: the mean of many, of which only the differences matter.</summary>
    private static void Average(TextWriter output, int differences)
    {
        const int runs = 1_000;
        var random = new Random(7);
        var counts = new int[runs];
        for (var run = 0; run < runs; run++)
        {
            var key = new SipHash((ulong)random.NextInt64(), (ulong)random.NextInt64());
            var encoder = new SymbolEncoder(Entries(random, differences), key);
            var decoder = new SymbolDecoder(key);
            var symbol = new CodedSymbol[1];
            for (; !decoder.IsDecoded; counts[run]++)
            {
                encoder.Next(symbol);
                decoder.Add(symbol[0], default);
            }
        }

        Array.Sort(counts);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"mean of {runs:N0} runs with {differences:N0} differences: {counts.Average() / differences:N2} symbols a difference, p99 {counts[runs * 99 / 100] / (double)differences:N2}"));
    }

    private static TimeSpan Cpu() => Process.GetCurrentProcess().TotalProcessorTime;

    private static SetEntry[] Entries(Random random, int count)
    {
        var entries = new SetEntry[count];
        for (var i = 0; i < count; i++) entries[i] = new SetEntry(Draw(), Draw());
        return entries;

        UInt128 Draw() => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
    }
}
