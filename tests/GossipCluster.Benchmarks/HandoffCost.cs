using System.Diagnostics;
using System.Globalization;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Benchmarks;

/// <summary>What it costs to bring a replica what it missed of one key, or of many: records, bytes, and the time of both sides. A program: it counts bytes.</summary>
internal static class HandoffCost
{
    private const int PartBytesMax = 64 << 10;
    private static readonly Key Set = Key.Of("sets", "b", "a set of some size");

    public static void Run(TextWriter output)
    {
        output.WriteLine("what was missed                                records     bytes   send us  receive us   sent alloc  received alloc");
        foreach (var times in (int[])[1, 10, 1_000]) Report(output, $"a counter incremented {times:N0} times", () => Counters(keys: 1, times), DotSet.Empty);
        Report(output, "100 counters incremented 10 times in turn", () => Counters(keys: 100, times: 10), DotSet.Empty);
        Report(output, "4,000 counters incremented 10 times in turn", () => Counters(keys: 4_000, times: 10), DotSet.Empty);
        Report(output, "1,000 elements added to a set one by one", () => Added(1_000), DotSet.Empty);
        Report(output, "1,000 elements added to a set and removed", AddedAndRemoved, DotSet.Empty);
        var hot = Counters(keys: 1, times: 10_000);
        Report(output, "one increment of 10,000 that are in the log", () => hot, hot.Clock.Except(DotSet.Of(hot.Self, hot.Clock.LastOf(hot.Self) - 1, hot.Clock.LastOf(hot.Self))));
        var cold = Counters(keys: 10_000, times: 1);
        Report(output, "one increment among 10,000 keys", () => cold, cold.Clock.Except(DotSet.Of(cold.Self, 5_000, 5_000)));
    }

    private static void Report(TextWriter output, string what, Func<Replica> make, DotSet has)
    {
        var (sent, received) = (new List<double>(), new List<double>());
        var (records, bytes) = (0, 0);
        var (sentBytes, receivedBytes) = (0L, 0L);
        var source = make();
        var watch = Stopwatch.StartNew();
        while (sent.Count < 20 || (watch.ElapsedMilliseconds < 1_500 && sent.Count < 20_000))
        {
            var target = new Replica(new ReplicaId(NodeName.Of("node-9"), 0x9999));
            (records, bytes) = (0, 0);
            var (send, receive) = (0L, 0L);
            (sentBytes, receivedBytes) = (0, 0);
            for (var clock = has; ;)
            {
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                var from = Stopwatch.GetTimestamp();
                var part = source.Missing(clock, PartBytesMax);
                send += Stopwatch.GetTimestamp() - from;
                sentBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
                if (part.Need != SyncNeed.Records) break;
                records += part.Records.Count;
                bytes += part.Records.Sum(record => record.WireBytes);

                // As from the wire, staged and written as one batch.
                var writer = new WireWriter();
                allocated = GC.GetAllocatedBytesForCurrentThread();
                from = Stopwatch.GetTimestamp();
                foreach (var record in part.Records) target.Stage(record, out _);
                var batch = target.Seal();
                batch.Write(writer);
                target.Commit(batch);
                receive += Stopwatch.GetTimestamp() - from;
                receivedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
                clock = clock.Union(part.Covered);
            }

            sent.Add(Stopwatch.GetElapsedTime(0, send).TotalMicroseconds);
            received.Add(Stopwatch.GetElapsedTime(0, receive).TotalMicroseconds);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-45} {records,8:N0} {bytes,9:N0} {Median(sent),9:F1} {Median(received),11:F1} {sentBytes,12:N0} {receivedBytes,15:N0}"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static Replica Counters(int keys, int times)
    {
        var source = new BusyReplica();
        for (var i = 0; i < times; i++)
        {
            for (var key = 0; key < keys; key++) source.Stage(DataType.Counter, BusyReplica.CounterKey(key), new Operation.Increment(1));
        }

        source.Replica.Commit(source.Replica.Seal());
        return source.Replica;
    }

    private static Replica Added(int elements)
    {
        var source = new BusyReplica();
        for (var i = 0; i < elements; i++) source.Stage(DataType.Set, Set, new Operation.UpdateSet([BusyReplica.Element(i)], []));
        source.Replica.Commit(source.Replica.Seal());
        return source.Replica;
    }

    private static Replica AddedAndRemoved()
    {
        var source = new BusyReplica();
        for (var i = 0; i < 1_000; i++)
        {
            source.Stage(DataType.Set, Set, new Operation.UpdateSet([BusyReplica.Element(i)], []));
            source.Stage(DataType.Set, Set, new Operation.UpdateSet([], [BusyReplica.Element(i)]));
        }

        source.Replica.Commit(source.Replica.Seal());
        return source.Replica;
    }
}
