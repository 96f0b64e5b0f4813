using Record = GossipCluster.Core.Kernel.Record;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <content>What becomes durable, when, and who hears of it.</content>
internal sealed partial class SimNode
{
    private DotSet? _beforeDrop;

    public SimDisk Disk { get; set; } = new(world.Plan.Partitions);

    public SimDisk? Backup { get; set; }

    public bool EverLostDisk { get; set; }

    /// <summary>All that each partition has ever let go as a fallback.</summary>
    public DotSet[] Forgotten { get; } = [.. Enumerable.Repeat(DotSet.Empty, world.Plan.Partitions)];

    /// <summary>How often it did.</summary>
    public int ForgetCount { get; private set; }

    /// <summary>Replaces each log by a snapshot and cuts what came before.</summary>
    public void SaveSnapshots()
    {
        for (var i = 0; i < Protocols.Length; i++)
        {
            Disk.Log[i].Clear();
            foreach (var record in Protocols[i].Replica.Snapshot(300)) Disk.Log[i].Add([record]);
        }
    }

    /// <summary>For a broken rule: what was dropped as hints stays in the clock.</summary>
    public void KeepDropped(int partition)
    {
        if (!IsAlive) return;
        var replica = Protocols[partition].Replica;
        var before = _beforeDrop;
        _beforeDrop = replica.Clock;
        if (before is not null && !replica.Clock.IsEmpty) replica.DamageClock(before.Except(replica.Clock));
    }

    private void Persist(int partition, Batch batch)
    {
        if (Mutant == Mutant.SpeakFirst)
        {
            // Says that it is on disk, and puts it there later, if at all.
            foreach (var record in batch.Records) Register(partition, record);
            var speaker = Life;
            Record[] records = [.. batch.Records];
            world.After(TimeSpan.FromMilliseconds(40), () =>
            {
                if (Life == speaker) Disk.Log[partition].Add(records);
            });
            world.After(TimeSpan.Zero, () =>
            {
                if (Life == speaker) Run(partition, (protocol, effects) => protocol.Durable(batch, effects));
            });
            return;
        }

        var life = Life;
        var disk = Disk;
        var lands = world.Chance(.5);
        world.After(world.Delay(2), () =>
        {
            if (Life == life && IsAlive)
            {
                if (world.WritesFail())
                {
                    world.Trace($"{Name} cannot write batch {batch.Number} of {partition}");
                    Run(partition, (protocol, effects) => protocol.Lost(effects));
                    RefuseStaged(partition);
                    return;
                }

                Land(partition, batch, disk);
                Run(partition, (protocol, effects) => protocol.Durable(batch, effects));
                if (!IsAlive) return;
                world.NoteGone(this, partition);
                world.Oracles[partition].CheckState(Protocols[partition].Replica, Name.Text, !world.IsSpoiled && (batch.IsAlone || world.Chance(.05)) ? null : batch.ChangedKeys);
            }
            else if (lands && Life == life + 1 && ReferenceEquals(disk, Disk))
            {
                // The process died while the batch was on its way to the platter, and it got there.
                Land(partition, batch, disk);
            }
        });
    }

    private void Land(int partition, Batch batch, SimDisk disk)
    {
        if (IsAlive && batch.Records is [{ Kind: RecordKind.Emptied }]) world.CheckForgotten(this, partition);
        if (batch.Records.Any(record => record.Kind is RecordKind.Emptied or RecordKind.HintsDropped))
        {
            Forgotten[partition] = Forgotten[partition].Union(ClockOf(partition));
            ForgetCount++;
        }

        foreach (var record in batch.Records) Register(partition, record);
        disk.Log[partition].Add([.. batch.Records]);
    }

    /// <summary>A write of this node has become a fact.</summary>
    private void Register(int partition, Record record)
    {
        if (record.Kind == RecordKind.Identity)
        {
            var reader = new Core.Wire.WireReader(record.Bytes.Span);
            reader.ReadByte();
            Disk.Id = ReplicaId.Read(ref reader);
            return;
        }

        if (record.Kind is RecordKind.Emptied or RecordKind.HintsDropped)
        {
            world.Trace($"{Name} forgets ({record.Kind}) in partition {partition}, ring {Ring.Version}");
            return;
        }

        if (record.Kind == RecordKind.Fold)
        {
            var reader = new Core.Wire.WireReader(record.Bytes.Span);
            var fold = Fold.Read(ref reader);
            if (fold.By.Node == Name) world.Oracles[partition].Register(fold);
            if (fold.By.Node == Name) world.Trace($"{Name} folds {fold.Ids.Count} ids, event {fold.Event}");
            return;
        }

        if (record.Kind != RecordKind.Delta) return;
        var table = new ReplicaTable();
        Check.That(Delta.TryRead(record.Bytes, table, null, out var delta, out var error), error.ToString());
        if (table[delta!.WriterSlot].Node != Name) return;
        var write = world.Oracles[partition].Register(delta, table, out var isNew);
        if (!isNew) return;
        world.Trace($"{Name} made {write.Own} of {write.Key}: {write.Items.Length} items, supersedes {write.Superseded}");
        if (Mutant == Mutant.OneDot && write.Event is { } happened) world.EverybodyKnows(partition, DotSet.Of(happened));
    }
}
