using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Simulation.Tests;

/// <content>Reads: <see cref="ReadCoordination"/> decides, this carries out.</content>
internal sealed partial class SimNode
{
    private readonly List<ClientRead> _reads = [];

    /// <summary>How many reads wait for their answer here.</summary>
    public int ReadsOpen => _reads.Count;

    /// <summary>A client's read.</summary>
    public void Read(ClientRead read)
    {
        if (!IsAlive) return;
        var list = Ring.PreferenceList(read.Partition);
        read.Primaries = list.Primaries(read.Quorum.N).ToArray();
        read.Machine = new ReadCoordination(
            Candidates.Of(Name, list.Members, read.Quorum.N, _unreachable),
            read.Quorum,
            new ReadOptions { HedgeDelay = world.Plan.HedgeDelay, RequestTimeout = read.Timeout, HasToken = read.Token is not null });
        _reads.Add(read);
        world.Remember(read);
        Handle(read, ReadInput.Start);
    }

    private void Handle(ClientRead read, ReadInput input)
    {
        if (!_reads.Contains(read)) return;
        var effects = new List<ReadEffect>();
        read.Machine.Handle(input, world.Now, effects);
        foreach (var effect in effects)
        {
            if (world.CrashesHere()) Crash("crashes between two effects");
            if (!_reads.Contains(read)) return;
            Carry(read, effect);
        }

        Wake(read);
    }

    private void Wake(ClientRead read)
    {
        var next = read.Machine.NextDeadline;
        if (read.Machine.IsAnswered || next >= read.TickAt) return;
        read.TickAt = next;
        world.At(next, () =>
        {
            if (read.TickAt != next) return;
            read.TickAt = TimeSpan.MaxValue;
            Handle(read, ReadInput.Tick);
        });
    }

    private void Carry(ClientRead read, ReadEffect effect)
    {
        if (effect.Kind != ReadEffectKind.Answer) world.Count($"read: {effect.Kind}");
        switch (effect.Kind)
        {
            case ReadEffectKind.AskState:
                Ask(read, effect.Node, isForState: true);
                break;
            case ReadEffectKind.AskDigest:
                Ask(read, effect.Node, isForState: false);
                break;
            case ReadEffectKind.CheckCover:
                Handle(read, ReadInput.Covers(Mutant == Mutant.TokenIgnored || Join(read, effect.States).Covers(read.Token!)));
                break;
            case ReadEffectKind.Answer:
                Answer(read, effect.Outcome!);
                break;
            case ReadEffectKind.Repair:
                foreach (var behind in effect.Nodes) Repair(read, behind);
                if (Mutant == Mutant.RepairsFallbacks) foreach (var answer in read.Answers.Where(answer => !read.Primaries.Contains(answer.Node)).ToList()) Repair(read, answer.Node);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.Kind}.");
        }
    }

    private void Ask(ClientRead read, NodeName node, bool isForState)
    {
        if (node == Name)
        {
            Hear(read, Answer(read, isForState));
            return;
        }

        var life = Life;
        Request(
            node,
            new KeyAsk(isForState),
            other =>
            {
                var answer = other.Answer(read, isForState);
                other.Send(Name, answer, asker =>
                {
                    if (asker.Life == life) asker.Hear(read, answer);
                });
            },
            () => Handle(read, ReadInput.Refused(node, RefusalReason.ConnectionRefused)));
    }

    /// <summary>What this node has of the key, durably.</summary>
    private KeyAnswer Answer(ClientRead read, bool isForState)
    {
        var protocol = Protocols[read.Partition];
        var replica = protocol.Replica;
        var digest = Mutant == Mutant.DigestsAlike ? read.Key.Hash : replica.DigestOf(read.Key);
        var behind = !(protocol.IsPrimary && protocol.HasSynced) && Mutant != Mutant.BehindIsEvidence;
        return isForState
            ? new KeyAnswer(Name, digest, replica.Has(read.Key), behind, replica.Clock, replica.StateOf(read.Key), replica.AllFolds())
            : new KeyAnswer(Name, digest, replica.Has(read.Key), behind, replica.Clock, null, []);
    }

    private void Hear(ClientRead read, KeyAnswer answer)
    {
        if (!_reads.Contains(read)) return;
        read.Answers.Add(answer);
        Handle(read, InputOf(answer));

        // A fallback that has nothing stands in for a primary that has not spoken.
        if (Mutant != Mutant.FallbackIsEvidence || answer.HasDatum || read.Primaries.Contains(answer.Node)) return;
        foreach (var silent in read.Primaries.Except(read.Answers.Select(other => other.Node))) Handle(read, InputOf(answer with { Node = silent }));
    }

    private static ReadInput InputOf(KeyAnswer answer) => answer.State is null
        ? ReadInput.DigestRead(answer.Node, answer.Digest, answer.HasDatum, answer.Behind)
        : ReadInput.StateRead(answer.Node, answer.Digest, answer.HasDatum, answer.Behind, answer);

    private static KeyReader Join(ClientRead read, ImmutableArray<object> states)
    {
        var reader = new KeyReader();
        foreach (KeyAnswer answer in states)
        {
            foreach (var fold in answer.Folds) Check.That(reader.TryLearn(fold, out var error), error.ToString());
        }

        foreach (KeyAnswer answer in states)
        {
            var seen = read.Answers.Where(other => other.Digest == answer.Digest).Aggregate(DotSet.Empty, (clock, other) => clock.Union(other.Clock));
            Check.That(reader.TryJoin(answer.State!.Value, seen, out var error), error.ToString());
        }

        return reader;
    }

    private void Answer(ClientRead read, ReadOutcome outcome)
    {
        read.Outcome = outcome;
        world.Count($"read ends: {EndingOf(outcome)}");
        world.Trace($"{Name} answers a read of {read.Key}: {outcome}");
        if (outcome is ReadOutcome.Found found) read.Joined = Join(read, found.States);
        if (outcome is ReadOutcome.NotFound none) read.Joined = Join(read, none.States);
        world.Forget(read);
        world.CheckRead(read);
        if (outcome is ReadOutcome.Found) Handle(read, ReadInput.Joined(read.Joined!.Digest));
        _reads.Remove(read);
    }

    private static string EndingOf(ReadOutcome outcome) => outcome switch
    {
        ReadOutcome.Found { Short: true } => "Found, short",
        ReadOutcome.NotFound none => $"NotFound, {none.Witnesses} witnesses{(none.Short ? ", short" : "")}",
        ReadOutcome.Unsatisfied unmet => $"Unsatisfied {unmet.Kind}",
        _ => outcome.GetType().Name,
    };

    /// <summary>Read repair (4.3): whoever was seen to have what the primary lacks sends it the key's state.</summary>
    private void Repair(ClientRead read, NodeName behind)
    {
        if (read.Answers.Find(answer => answer.Node == behind)?.Clock is not { } known) return;
        foreach (var source in read.Answers.Where(answer => answer.Node != behind && !known.Dominates(answer.Clock)))
        {
            if (source.Node == Name) RepairFrom(read, behind, known);
            else Send(source.Node, new RepairAsk(), node => node.RepairFrom(read, behind, known));
        }
    }

    private void RepairFrom(ClientRead read, NodeName behind, DotSet known) =>
        Run(read.Partition, (protocol, effects) => protocol.RepairPeer(behind, read.Key, known, effects));
}
