using GossipCluster.Core.Audit;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

internal sealed partial class Simulation
{
    private const int AuditStepsMax = 2_000;
    private readonly Dictionary<(SimNode Node, int Partition), Auditor> _auditors = [];
    private readonly Queue<Action> _auditMessages = new();
    private AuditReport? _audited;

    /// <summary>Keys are spoiled on purpose: not every key is what its clock names.</summary>
    public bool IsSpoiled { get; private set; }

    /// <summary>A repair is durable, or will not be.</summary>
    public void Repaired(SimNode node, int partition, ReplicaEffect.Repaired repaired) =>
        RunAuditor(node, partition, (auditor, effects) => auditor.Repaired(repaired.Op, repaired.Result, Now, effects));

    /// <summary>What a run leaves behind is spoiled on one replica of each partition; the audit has to find exactly that, and to repair it.</summary>
    private void CheckAudit()
    {
        // Of its own, so that it changes no run.
        var random = new Random(Plan.Seed);
        IsSpoiled = true;
        for (var partition = 0; partition < Plan.Partitions; partition++)
        {
            var primaries = _nodes.Where(node => node.Protocols[partition].IsPrimary).ToList();
            if (primaries.Count < 2) continue;
            var odd = primaries[random.Next(primaries.Count)];

            // Two replicas cannot tell which of two payloads is right.
            DamageKind[] kinds = primaries.Count > 2 ? [DamageKind.LoseItem, DamageKind.LoseKey, DamageKind.FlipPayload] : [DamageKind.LoseItem, DamageKind.LoseKey];
            var spoiled = odd.Protocols[partition].Replica.Keys.ToList()
                .Count(key => random.Next(2) == 0 && DamageDoor.Spoil(odd.Protocols[partition].Replica, key, kinds[random.Next(kinds.Length)]));

            var report = Audit(primaries[random.Next(primaries.Count)], partition, primaries);

            Check.That(report.Peers.Length == primaries.Count - 1, $"the audit of {partition} compared with all: {report}");
            Check.That(report.Differences == spoiled && report.Repaired == spoiled, $"{spoiled} keys were spoiled on {odd.Name}, the audit says {report}");
            foreach (var node in primaries)
            {
                Oracles[partition].CheckState(node.Protocols[partition].Replica, node.Name.Text);
                Check.That(
                    node.Protocols[partition].Replica.AuditSource.Tree.Root == primaries[0].Protocols[partition].Replica.AuditSource.Tree.Root,
                    $"{node.Name} has another audit root after the repair");
            }
        }
    }

    private AuditReport Audit(SimNode by, int partition, List<SimNode> primaries)
    {
        _audited = null;
        RunAuditor(by, partition, (auditor, effects) => auditor.Start([.. primaries.Where(node => node != by).Select(node => node.Name)], Now, effects));
        for (var step = 0; _audited is null; step++)
        {
            Check.That(step < AuditStepsMax, "the audit comes to no end");
            while (_auditMessages.TryDequeue(out var message)) message();
            Advance(TimeSpan.FromMilliseconds(20));
            foreach (var node in primaries) RunAuditor(node, partition, (auditor, effects) => auditor.Tick(Now, effects));
        }

        return _audited;
    }

    private void RunAuditor(SimNode node, int partition, Action<Auditor, List<AuditorEffect>> input)
    {
        if (!_auditors.TryGetValue((node, partition), out var auditor))
            _auditors[(node, partition)] = auditor = new Auditor(node.Protocols[partition], () => ++_lastNumber);
        var effects = new List<AuditorEffect>();
        input(auditor, effects);
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case AuditorEffect.Send send:
                    var to = _nodes.Single(other => other.Name == send.To);
                    _auditMessages.Enqueue(() => RunAuditor(to, partition, (other, more) => other.Receive(node.Name, send.Message, Now, more)));
                    break;
                case AuditorEffect.Repair repair:
                    node.Run(partition, (protocol, more) => protocol.Repair(repair.Op, repair.Record, repair.Expected, more));
                    break;
                case AuditorEffect.Ended ended:
                    _audited = ended.Report;
                    break;
            }
        }
    }
}
