using System.Globalization;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Benchmarks;

/// <summary>Live heap a key, all in: trees, keys, tables, clocks, logs after their trim, audit trees. A program, for no benchmark holds a million keys.</summary>
internal static class MemoryPerKey
{
    private const int KeyCount = 1_000_000;
    private const int ReplicaCount = 64;
    private const int ElementCount = 100_000;
    private const int BatchSize = 100;

    public static void Run(TextWriter output)
    {
        // What the run time and the first replica allocate once is no key's.
        Build(shares: 3, keyCount: ReplicaCount);
        Report(output, $"{KeyCount:N0} counters of one share over {ReplicaCount} replicas", KeyCount, "key", () => Build(shares: 1, KeyCount));
        Report(output, $"{KeyCount:N0} counters of three shares over {ReplicaCount} replicas", KeyCount, "key", () => Build(shares: 3, KeyCount));
        Report(output, $"a set of {ElementCount:N0} elements of 16 bytes, in random order", ElementCount, "element", BuildSet);
    }

    private static void Report(TextWriter output, string what, int count, string unit, Func<object> build)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var built = build();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(built);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {(double)(after - before) / count:F1} bytes of live heap per {unit}"));
    }

    /// <summary>Each key is written once by each writer; the first writer's replicas, which have joined the others' deltas, are kept.</summary>
    private static List<Replica> Build(int shares, int keyCount)
    {
        var kept = new List<Replica>();
        for (var partition = 0; partition < ReplicaCount; partition++)
        {
            var replica = Writer(1);
            for (var share = 1; share <= shares; share++)
            {
                var writer = share == 1 ? replica : Writer(share);
                for (var i = partition; i < keyCount; i += ReplicaCount)
                {
                    var delta = writer.Stage(DataType.Counter, BusyReplica.CounterKey(i), new Operation.Increment(1));
                    if (share > 1) replica.Stage(new Record(RecordKind.Delta, delta.Bytes));
                    if (i / ReplicaCount % BatchSize != BatchSize - 1) continue;
                    writer.Commit();
                    if (share > 1) replica.Commit();
                }

                writer.Commit();
                if (share > 1) replica.Commit();
            }

            replica.Replica.Trim(replica.Replica.Clock);
            kept.Add(replica.Replica);
        }

        return kept;
    }

    private static BusyReplica Writer(int number) => new($"node-{number}", (ulong)number * 0x1111_1111_1111_1111);

    private static Replica BuildSet()
    {
        var replica = Writer(1);
        var key = Key.Of("sets", "b", "a set");
        var numbers = Enumerable.Range(0, ElementCount).ToArray();
        new Random(1).Shuffle(numbers);
        foreach (var number in numbers)
        {
            replica.Write(DataType.Set, key, new Operation.UpdateSet([BusyReplica.Element(number)], []));
        }

        replica.Replica.Trim(replica.Replica.Clock);
        return replica.Replica;
    }
}
