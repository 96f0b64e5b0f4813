using System.Collections.Immutable;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Core.Tests.Audit;

/// <summary>The replicas of one partition with their auditors. Messages go through their bytes, batches through a disk that keeps all; virtual time.</summary>
internal sealed class AuditorWorld
{
    private readonly Queue<Action> _events = new();
    private readonly Random _random;

    public AuditorWorld(int nodes = 3, int seed = 1, AuditorOptions? options = null)
    {
        _random = new Random(seed);
        Nodes = [.. Enumerable.Range(0, nodes).Select(index => new Member(this, index, options))];
        NodeName[] names = [.. Nodes.Select(node => node.Name)];
        foreach (var node in Nodes) node.Protocol.ChangeRing(1, names, names);
    }

    public ImmutableArray<Member> Nodes { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Which messages are lost.</summary>
    public Func<NodeName, NodeName, AuditProtocol.Message, bool> Loses { get; set; } = (_, _, _) => false;

    public List<AuditProtocol.Message> Messages { get; } = [];

    public long MessageBytes { get; private set; }

    public ulong Random64() => (ulong)_random.NextInt64(1, long.MaxValue);

    /// <summary>A write at one node that all have at once.</summary>
    public void Write(int at, Key key, Operation operation, bool everywhere = true)
    {
        var delta = Nodes[at].Replica.Write(operation.Type ?? DataType.Set, key, operation, Nodes[at].Replica.Clock);
        if (delta is null || !everywhere) return;
        foreach (var node in Nodes)
        {
            if (node != Nodes[at]) Replicas.Feed(node.Replica, [new Record(RecordKind.Delta, delta.Bytes)]);
        }
    }

    /// <summary>Starts an audit and lets it come to its end; meanwhile, at each step, something may happen.</summary>
    public AuditReport Audit(int by = 0, Action? meanwhile = null, int stepsMax = 5_000)
    {
        var node = Nodes[by];
        node.Start([.. Nodes.Where(other => other != node).Select(other => other.Name)]);
        for (var step = 0; node.Ended is null; step++)
        {
            Assert.InRange(step, 0, stepsMax);
            Settle();
            meanwhile?.Invoke();
            Now += TimeSpan.FromMilliseconds(20);
            foreach (var member in Nodes) member.Tick();
        }

        Settle();
        var report = node.Ended;
        node.Ended = null;
        return report;
    }

    public void AssertSame()
    {
        foreach (var node in Nodes)
        {
            Replicas.AssertSame(Nodes[0].Replica, node.Replica);
            Replicas.AssertAuditIsTrue(node.Replica);
        }
    }

    private void Settle()
    {
        while (_events.TryDequeue(out var what)) what();
    }

    private void Send(Member from, NodeName to, AuditProtocol.Message message)
    {
        if (Loses(from.Name, to, message)) return;
        var bytes = AuditWireTests.Bytes(message);
        MessageBytes += bytes.Length;
        Messages.Add(message);
        _events.Enqueue(() => Nodes.Single(node => node.Name == to).Receive(from.Name, AuditWireTests.Read(bytes)));
    }

    internal sealed class Member
    {
        private readonly AuditorWorld _world;

        public Member(AuditorWorld world, int index, AuditorOptions? options)
        {
            _world = world;
            Protocol = new ReplicaProtocol(NodeName.Of($"n{index}"), Replicas.New(index), world.Random64);
            Auditor = new Auditor(Protocol, world.Random64, options);
        }

        public NodeName Name => Protocol.Self;

        public ReplicaProtocol Protocol { get; }

        public Replica Replica => Protocol.Replica;

        public Auditor Auditor { get; }

        public List<AuditFinding> Found { get; } = [];

        public List<int> Rotten { get; } = [];

        /// <summary>What was written to the disk by repairs.</summary>
        public List<Record> Disk { get; } = [];

        public AuditReport? Ended { get; set; }

        public void Start(NodeName[] peers) => Run(effects => Auditor.Start(peers, _world.Now, effects));

        public void Receive(NodeName from, AuditProtocol.Message message) => Run(effects => Auditor.Receive(from, message, _world.Now, effects));

        public void Tick() => Run(effects => Auditor.Tick(_world.Now, effects));

        private void Run(Action<List<AuditorEffect>> what)
        {
            var effects = new List<AuditorEffect>();
            what(effects);
            foreach (var effect in effects) Carry(effect);
        }

        private void Carry(AuditorEffect effect)
        {
            switch (effect)
            {
                case AuditorEffect.Send send:
                    _world.Send(this, send.To, send.Message);
                    break;
                case AuditorEffect.Repair repair:
                    var effects = new List<ReplicaEffect>();
                    Protocol.Repair(repair.Op, repair.Record, repair.Expected, effects);
                    Carry(effects);
                    break;
                case AuditorEffect.Found found:
                    Found.Add(found.Finding);
                    break;
                case AuditorEffect.Rot rot:
                    Rotten.AddRange(rot.Leaves);
                    break;
                case AuditorEffect.Ended ended:
                    Ended = ended.Report;
                    break;
            }
        }

        private void Carry(List<ReplicaEffect> effects)
        {
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case ReplicaEffect.Persist persist:
                        Disk.AddRange(persist.Batch.Records);
                        var then = new List<ReplicaEffect>();
                        Protocol.Durable(persist.Batch, then);
                        Carry(then);
                        break;
                    case ReplicaEffect.Repaired repaired:
                        Run(more => Auditor.Repaired(repaired.Op, repaired.Result, _world.Now, more));
                        break;
                }
            }
        }
    }
}
