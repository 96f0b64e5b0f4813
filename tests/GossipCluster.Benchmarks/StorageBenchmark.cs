using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Benchmarks;

/// <summary>The commit log alone, and a start. A program, for what it measures is a process: processor time over wall time, fsync and all.</summary>
internal static class StorageBenchmark
{
    private const int ReplicaCount = 64;
    private const int KeyCount = 1_000_000;
    private static readonly ReplicaId Writer = new(NodeName.Of("node-1"), 0x1234_5678_9ABC_DEF0);

    /// <summary>Durable deltas a second: shards that each append one batch as soon as the one before has landed.</summary>
    public static void Append(TextWriter output, string directory, string? postgres, double seconds)
    {
        foreach (var (shards, replicas, deltas) in new[] { (1, 1, 1), (4, 4, 1), (4, 16, 4), (4, 16, 16), (4, 16, 64) })
        {
            var options = Fresh(directory, postgres);
            using var system = Start(options);
            var storage = system.ActorOf(StorageActor.CreateProps(options, ReplicaOptions.Default), "storage");
            Recover(system, storage).GetAwaiter().GetResult();
            var counts = new Counts();
            var actors = Enumerable.Range(0, shards)
                .Select(shard => system.ActorOf(Props.Create(() => new AppendingActor(storage, shard, shards, replicas, deltas, counts)))).ToList();
            foreach (var actor in actors) actor.Tell("start");
            Thread.Sleep(1500);
            var (landed, batches, events, cpu, clock) = (counts.Deltas, counts.Batches, counts.LastPosition, Cpu(), Stopwatch.GetTimestamp());
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
            (landed, batches, events, cpu) = (counts.Deltas - landed, counts.Batches - batches, counts.LastPosition - events, Cpu() - cpu);
            var elapsed = Stopwatch.GetElapsedTime(clock).TotalSeconds;
            Line(output, $"{shards} shards x {replicas} replicas, batches of {deltas}: {landed / elapsed:N0} deltas/s, {batches / elapsed:N0} batches/s, {events / elapsed:N0} events/s of {(double)landed / Math.Max(1, events):F1} deltas; "
                + $"CPU {cpu.TotalMicroseconds / landed:F1} us/delta, {cpu.TotalMicroseconds / batches:F1} us/batch, {cpu.TotalMicroseconds / Math.Max(1, events):F0} us/event, {100 * cpu.TotalSeconds / elapsed:F0} % of a core");
            system.Terminate().GetAwaiter().GetResult();
        }
    }

    /// <summary>A start: a million counters out of the log, then out of snapshots with a tail of a tenth.</summary>
    public static void Recover(TextWriter output, string directory, string? postgres)
    {
        var options = Fresh(directory, postgres) with { TailBytesMax = 1L << 40, TailEventsMax = 100_000_000 };
        var replicas = Enumerable.Range(0, ReplicaCount).ToDictionary(partition => new ReplicaAddress(3, partition), _ => new BusyReplica());
        Fill(options, replicas, 0, KeyCount, snapshots: false);
        Line(output, $"log: {Size(options, "log.db") >> 20} MiB, snapshots: {Size(options, "snapshots.db") >> 20} MiB");
        for (var i = 0; i < 3; i++) Measure(output, options, "all from the log");
        Fill(options with { TailBytesMax = 16 << 10, TailEventsMax = 100, TailPercentOfSnapshots = 0 }, replicas, 0, 0, snapshots: true);
        Line(output, $"log: {Size(options, "log.db") >> 20} MiB, snapshots: {Size(options, "snapshots.db") >> 20} MiB");
        for (var i = 0; i < 3; i++) Measure(output, options, "all from snapshots");
        Fill(options, replicas, 0, KeyCount / 4, snapshots: false);
        for (var i = 0; i < 3; i++) Measure(output, options, "snapshots and a tail of a quarter");
    }

    private static void Measure(TextWriter output, StorageOptions options, string what)
    {
        GC.Collect();
        using var system = Start(options);
        var (cpu, clock, allocated) = (Cpu(), Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes());
        var storage = system.ActorOf(StorageActor.CreateProps(options, ReplicaOptions.Default), "storage");
        var recovered = Recover(system, storage).GetAwaiter().GetResult();
        var elapsed = Stopwatch.GetElapsedTime(clock);
        cpu = Cpu() - cpu;
        Line(output, $"{what}: {recovered.Replicas.Values.Sum(replica => replica.KeyCount):N0} keys in {elapsed.TotalSeconds:F2} s, CPU {cpu.TotalSeconds:F2} s, {(GC.GetTotalAllocatedBytes() - allocated) >> 20} MiB allocated, GC pauses {GC.GetTotalPauseDuration().TotalSeconds:F1} s in all");
        Stop(system, storage);
    }

    private static void Fill(StorageOptions options, Dictionary<ReplicaAddress, BusyReplica> replicas, int from, int count, bool snapshots)
    {
        using var system = Start(options);
        var storage = system.ActorOf(StorageActor.CreateProps(options, ReplicaOptions.Default), "storage");
        var position = Recover(system, storage).GetAwaiter().GetResult().Position;
        var done = new TaskCompletionSource();
        var filler = system.ActorOf(Props.Create(() => new FillingActor(storage, replicas, position, from, count, snapshots, done)));
        filler.Tell("start");
        done.Task.GetAwaiter().GetResult();
        Stop(system, storage);
    }

    private static void Stop(ActorSystem system, IActorRef storage)
    {
        storage.Ask<StorageProtocol.Closed>(StorageProtocol.Close.Instance, TimeSpan.FromMinutes(1)).GetAwaiter().GetResult();
        system.Terminate().GetAwaiter().GetResult();
    }

    private static ActorSystem Start(StorageOptions options) => ActorSystem.Create(
        "bench", StorageConfig.Hocon(options).WithFallback(ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = WARNING }\nakka.scheduler.implementation = \"GossipCluster.Actors.Configuration.DueTimeScheduler, GossipCluster.Actors\"")));

    private static async Task<StorageProtocol.Recovered> Recover(ActorSystem system, IActorRef storage)
    {
        var done = new TaskCompletionSource<StorageProtocol.Recovered>(TaskCreationOptions.RunContinuationsAsynchronously);
        storage.Tell(StorageProtocol.Recover.Instance, system.ActorOf(Props.Create(() => new RecoveringActor(done))));
        return await done.Task;
    }

    private static StorageOptions Fresh(string directory, string? postgres)
    {
        if (postgres is not null) return new StorageOptions { Provider = StorageProvider.PostgreSql, ConnectionString = postgres, Owner = Guid.NewGuid().ToString("N") };
        return new StorageOptions { DataDirectory = Path.Combine(directory, Guid.NewGuid().ToString("N")) };
    }

    private static long Size(StorageOptions options, string file)
    {
        var info = new FileInfo(Path.Combine(options.DataDirectory, file));
        return info.Exists ? info.Length : 0;
    }

    private static TimeSpan Cpu() => Process.GetCurrentProcess().TotalProcessorTime;

    private static void Line(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static void Line(TextWriter output, string line) => output.WriteLine(line);

    private sealed class Counts
    {
        public long Deltas;
        public long Batches;
        public long LastPosition;
    }

    private sealed class RecoveringActor : ReceiveActor
    {
        public RecoveringActor(TaskCompletionSource<StorageProtocol.Recovered> done) => Receive<StorageProtocol.Recovered>(recovered => done.TrySetResult(recovered));
    }

    /// <summary>A shard under full load that costs nothing itself: its deltas are made beforehand, and its batches are the same again and again.</summary>
    private sealed class AppendingActor : ReceiveActor
    {
        public AppendingActor(IActorRef storage, int shard, int shards, int replicas, int deltas, Counts counts)
        {
            var appends = new StorageProtocol.Append[replicas];
            for (var i = 0; i < replicas; i++)
            {
                var replica = new Replica(Writer);
                for (var delta = 0; delta < deltas; delta++) replica.Stage(DataType.Counter, BusyReplica.CounterKey((i * 100) + delta), new Operation.Increment(1), new WriteContext(DateTimeOffset.UnixEpoch));
                appends[i] = new StorageProtocol.Append([new StagedBatch(new ReplicaAddress(3, (i * shards) + shard), replica.Seal())]);
            }

            Receive<string>(_ =>
            {
                foreach (var append in appends) storage.Tell(append);
            });
            Receive<StorageProtocol.Landed>(landed =>
            {
                Interlocked.Add(ref counts.Deltas, deltas);
                Interlocked.Increment(ref counts.Batches);
                Volatile.Write(ref counts.LastPosition, landed.Position);
                storage.Tell(appends[landed.Batches[0].Replica.Partition / shards]);
            });
            Receive<StorageProtocol.SnapshotWanted>(_ => { });
        }
    }

    /// <summary>Writes keys, a hundred a batch and replica, and makes snapshots until nothing of the log is needed.</summary>
    private sealed class FillingActor : ReceiveActor
    {
        private readonly Dictionary<(ReplicaAddress, long), IEnumerator<Record>> _snapshots = [];

        public FillingActor(IActorRef storage, Dictionary<ReplicaAddress, BusyReplica> replicas, long position, int from, int count, bool snapshots, TaskCompletionSource done)
        {
            var (next, inFlight) = (from, 0);
            var wanted = new HashSet<ReplicaAddress>(replicas.Keys);
            Receive<string>(_ =>
            {
                storage.Tell(new StorageProtocol.ShardStarted(0, 1));
                for (var i = 0; i < 4; i++) Send();
                if (snapshots) storage.Tell(new StorageProtocol.PutFact("begin", "1"u8.ToArray()));
            });
            Receive<StorageProtocol.Landed>(landed =>
            {
                position = landed.Position;
                inFlight--;
                foreach (var staged in landed.Batches) replicas[staged.Replica].CommitOnlyOf(staged.Batch);
                Send();
            });
            Receive<StorageProtocol.FactPut>(_ => { });
            Receive<StorageProtocol.SnapshotWanted>(wish =>
            {
                _snapshots[(wish.Replica, wish.Set)] = replicas[wish.Replica].Replica.Snapshot(wish.ChunkBytesMax).GetEnumerator();
                _snapshots[(wish.Replica, wish.Set)].MoveNext();
                Chunk(wish.Replica, wish.Set, 0, wish.ChunkBytesMax);
            });
            Receive<StorageProtocol.SnapshotChunkSaved>(saved =>
            {
                if (_snapshots.ContainsKey((saved.Replica, saved.Set))) Chunk(saved.Replica, saved.Set, saved.Index + 1, 1 << 20);
                else wanted.Remove(saved.Replica);
                if (snapshots && wanted.Count == 0) done.TrySetResult();
            });

            void Send()
            {
                if (next >= from + count)
                {
                    if (inFlight == 0 && !snapshots) done.TrySetResult();
                    return;
                }

                var batches = ImmutableArray.CreateBuilder<StagedBatch>();
                for (var i = 0; i < 400 && next < from + count; i++, next++) replicas[new ReplicaAddress(3, next % ReplicaCount)].Stage(DataType.Counter, BusyReplica.CounterKey(next), new Operation.Increment(1));
                foreach (var (address, replica) in replicas)
                {
                    if (replica.Replica.GatheredCount > 0) batches.Add(new StagedBatch(address, replica.Replica.Seal()));
                }

                inFlight++;
                storage.Tell(new StorageProtocol.Append(batches.ToImmutable()));
            }

            void Chunk(ReplicaAddress replica, long set, int index, int bytesMax)
            {
                var rest = _snapshots[(replica, set)];
                var (records, bytes, isLast) = (ImmutableArray.CreateBuilder<Record>(), 0, false);
                while (!isLast && (records.Count == 0 || bytes + rest.Current.WireBytes <= bytesMax))
                {
                    records.Add(rest.Current);
                    bytes += rest.Current.WireBytes;
                    isLast = !rest.MoveNext();
                }

                if (isLast) _snapshots.Remove((replica, set));
                storage.Tell(new StorageProtocol.SnapshotChunk(replica, set, index, records.ToImmutable(), position, isLast));
            }
        }
    }
}
