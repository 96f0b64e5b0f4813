using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Causality;

public sealed partial class DotSet
{
    /// <summary>Writes the set: count of replica ids; per id its name, generation and ranges.</summary>
    /// <remarks>
    /// Ranges are written as (gap to the previous range minus 2, length minus 1), both varints; the first gap counts from -1, so that the base of a
    /// version vector costs one byte and its length. Replica ids and ranges come sorted, which makes the form canonical.
    /// </remarks>
    public void Write(WireWriter writer)
    {
        writer.WriteCount(_count);
        foreach (ref readonly var run in Runs)
        {
            run.Replica.Write(writer);
            WriteRanges(writer, run.Span);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; refuses any form that is not canonical.</summary>
    public static DotSet Read(ref WireReader reader)
    {
        var count = reader.ReadCount(ReplicaId.WireBytesMin + 3);
        if (count == 0) return Empty;
        var runs = new Run[count];
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var replica = ReplicaId.Read(ref reader);
            if (i > 0 && runs[i - 1].Replica.CompareTo(replica) >= 0) reader.Fail("replica ids in ascending order");
            runs[i] = Run.Of(replica, ReadRanges(ref reader));
        }

        return reader.Failed ? Empty : new DotSet(runs, count);
    }

    /// <summary>The set's bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new WireWriter(64);
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>The set of bytes that may be hostile.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DotSet dots, out WireError error)
    {
        var reader = new WireReader(bytes);
        dots = Read(ref reader);
        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of a set of dots");
        error = reader.Error;
        if (reader.Failed) dots = Empty;
        return !reader.Failed;
    }

    internal static void WriteRanges(WireWriter writer, ReadOnlySpan<CounterRange> ranges)
    {
        writer.WriteCount(ranges.Length);
        long previous = -1;
        foreach (var range in ranges)
        {
            writer.WriteVarint((ulong)(range.First - previous - 2));
            writer.WriteVarint((ulong)(range.Last - range.First));
            previous = range.Last;
        }
    }

    internal static CounterRange[] ReadRanges(ref WireReader reader)
    {
        var count = reader.ReadCount(2);
        if (count == 0) reader.Fail("at least one range");
        if (reader.Failed) return [];
        var ranges = new CounterRange[count];
        long previous = -1;
        for (var i = 0; i < count && !reader.Failed; i++) ranges[i] = ReadRange(ref reader, ref previous);
        return reader.Failed ? [] : ranges;
    }

    /// <summary>Checks ranges and keeps nothing of them.</summary>
    internal static void SkipRanges(ref WireReader reader)
    {
        var count = reader.ReadCount(2);
        if (count == 0) reader.Fail("at least one range");
        long previous = -1;
        for (var i = 0; i < count && !reader.Failed; i++) ReadRange(ref reader, ref previous);
    }

    private static CounterRange ReadRange(ref WireReader reader, ref long previous)
    {
        var gap = reader.ReadLong();
        var length = reader.ReadLong();

        // One below the greatest long, so that "the counter after the last" never overflows.
        if (gap > CounterMax - previous - 2 || length > CounterMax - (previous + 2 + gap)) reader.Fail("counters up to 2^62 - 1");
        var range = new CounterRange(previous + 2 + gap, previous + 2 + gap + length);
        previous = range.Last;
        return range;
    }

    /// <summary>The greatest counter a dot can have: at a million writes a second it lasts 146,000 years.</summary>
    public const long CounterMax = long.MaxValue >> 1;
}
