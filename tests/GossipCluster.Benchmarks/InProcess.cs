using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Hosting;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Benchmarks;

/// <summary>What a cluster of three nodes takes without HTTP: whole nodes with their disks and sockets, in this one process.</summary>
internal static class InProcess
{
    private const int KeyCount = 10_000;

    /// <summary>Counter increments, N = 3, W = 2, both copies on disk, then quorum reads; and where the CPU time goes by the count of events.</summary>
    public static async Task RunAsync(TextWriter output, int inFlight, TimeSpan duration)
    {
        ThreadPool.SetMinThreads(16, 16);
        var directory = Directory.CreateTempSubdirectory("gossip-in-process");
        var nodes = new List<(ActorSystem System, IActorRef Root, NodeStore Store)>();
        for (var i = 0; i < 3; i++) nodes.Add(Start($"n{i + 1}", nodes.Count == 0 ? null : nodes[0].System, directory));
        while (!nodes.TrueForAll(node => node.Store.Status is { IsReady: true } status && status.Members.Length == 3 && status.Members.All(member => member.Reachable))) await Task.Delay(50);

        Key[] keys = [.. Enumerable.Range(0, KeyCount).Select(i => Key.Of("counters", "bench", $"counter-{i}"))];
        NodeStore[] stores = [.. nodes.Select(node => node.Store)];
        await MeasureAsync("warm-up", stores, keys, inFlight, TimeSpan.FromSeconds(8), WriteAsync, TextWriter.Null);
        await MeasureAsync("increment", stores, keys, inFlight, duration, WriteAsync, output);
        await MeasureAsync("read", stores, keys, inFlight, duration, ReadAsync, output);

        foreach (var node in nodes)
        {
            await node.Root.Ask<NodeActor.Stopped>(NodeActor.Stop.Instance);
            await node.System.Terminate();
        }

        directory.Delete(recursive: true);
    }

    private static async Task MeasureAsync(string name, NodeStore[] stores, Key[] keys, int inFlight, TimeSpan duration, Func<NodeStore, Key, Task<bool>> operate, TextWriter output)
    {
        var (done, failed, cpu, watch) = (0L, 0L, Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(async client =>
        {
            var random = new Random(client);
            var store = stores[client % stores.Length];
            while (watch.Elapsed < duration)
            {
                if (await operate(store, keys[random.Next(keys.Length)])) Interlocked.Increment(ref done);
                else Interlocked.Increment(ref failed);
            }
        }));
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-10} {inFlight,5} in flight {done / watch.Elapsed.TotalSeconds,10:N0} /s {used.TotalMicroseconds / done,8:N1} us CPU each, all three nodes and the clients; {failed} failed"));
    }

    private static async Task<bool> WriteAsync(NodeStore store, Key key) =>
        await store.WriteAsync(new WriteCommand(key, DataType.Counter, new Operation.Increment(1), new WriteQuorum(3, 2, 2, 0, 0))) is WriteReply.Written;

    private static async Task<bool> ReadAsync(NodeStore store, Key key) => await store.ReadAsync(new ReadCommand(key, new ReadQuorum(3, 2, 0))) is ReadReply.Found;

    private static (ActorSystem System, IActorRef Root, NodeStore Store) Start(string name, ActorSystem? seed, DirectoryInfo directory)
    {
        var node = NodeName.Of(name);
        var storage = new StorageOptions { DataDirectory = Path.Combine(directory.FullName, name), Owner = name };
        var system = ActorSystem.Create("gossip-cluster", ConfigurationFactory.ParseString($$"""
            akka.loglevel = WARNING
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            akka.cluster.roles = ["{{MemberRoles.Of(node)}}"]
            """).WithFallback(StorageConfig.Hocon(storage)).WithFallback(GossipHocon.Defaults("local")));
        var self = Akka.Cluster.Cluster.Get(system).SelfUniqueAddress;
        var local = new LocalNode(node, new ClusterIdentity("gossip", 64), self.Address, self.Uid, "http://127.0.0.1:1", "0.0.0")
        {
            Seeds = [Akka.Cluster.Cluster.Get(seed ?? system).SelfAddress],
        };
        var cluster = new ClusterDirectory(node, 64);
        var store = new NodeStore(cluster);
        return (system, system.ActorOf(NodeActor.CreateProps(new NodeParts(local, cluster, store, null) { Storage = storage }), "gossip"), store);
    }
}
