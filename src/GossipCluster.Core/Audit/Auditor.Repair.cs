using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Audit;

/// <content>Repair of what was found: by majority, else by keeping what is live anywhere. Never by rule 4, by which what a peer has not is dead: it would spread the rot.</content>
public sealed partial class Auditor
{
    private void BeginRepairs(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        run.Phase = AuditPhase.Repairing;
        foreach (var (key, there) in run.Findings)
        {
            // What one said who then fell out is no finding: the next audit will see.
            if (there.Keys.Any(run.Compared.Contains)) run.ToRepair.Enqueue(key);
        }

        RepairNext(run, now, effects);
    }

    private void RepairNext(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        run.Repair = null;
        run.IsViewLost |= run.View!.IsBroken;
        if (run.IsViewLost || !run.ToRepair.TryDequeue(out var key))
        {
            End(now, effects);
            return;
        }

        var repair = run.Repair = new RunningRepair(key, ++_ops);
        var here = run.View.HashOf(key);
        repair.Votes[_protocol.Self] = here;
        foreach (var peer in run.Compared) repair.Votes[peer] = run.Findings[key].GetValueOrDefault(peer, here);
        var majority = AuditVerdict.MajorityOf(repair.Votes);
        repair.HasMajority = majority is not null;
        repair.Odd.AddRange(repair.Votes.Where(vote => vote.Value != majority).Select(vote => vote.Key).Order());

        // Of a majority one state is enough; without one, one of each.
        var wanted = majority is { } right ? [right] : repair.Votes.Values.ToHashSet();
        if (wanted.Remove(here)) repair.States.Add(run.View.StateOf(key));
        foreach (var (node, hash) in repair.Votes.OrderBy(vote => vote.Key))
        {
            if (wanted.Remove(hash)) repair.Asked.Add(node);
        }

        run.Asks = 0;
        run.Number++;
        AskForRepair(run, repair, now, effects);
    }

    private void AskForRepair(RunningAudit run, RunningRepair repair, TimeSpan now, List<AuditorEffect> effects)
    {
        run.DueAt = now + _options.AnswerTimeout;
        if (repair.Asked.Count == 0)
        {
            SendRepairs(run, repair, now, effects);
            return;
        }

        foreach (var node in repair.Asked)
        {
            effects.Add(new AuditorEffect.Send(
                node, new AuditProtocol.AskState(run.Session, run.Number, run.View!.ClockFingerprint, run.View.Tree.LeafCount, repair.Key.Flat.ToArray())));
        }
    }

    private void StateHeard(RunningAudit run, RunningRepair repair, NodeName from, AuditProtocol.Answer answer, TimeSpan now, List<AuditorEffect> effects)
    {
        if (repair.Record is not null || !repair.Asked.Remove(from)) return;
        if (answer is AuditProtocol.State state)
        {
            // What cannot be read is rot beyond telling: without a majority the others' is what is live anywhere.
            var record = new Record(RecordKind.KeyStates, state.KeyState);
            if (Replica.RepairOf(repair.Key, [record], out _) is not null) repair.States.Add(record);
        }

        if (repair.Asked.Count == 0) SendRepairs(run, repair, now, effects);
    }

    private void SendRepairs(RunningAudit run, RunningRepair repair, TimeSpan now, List<AuditorEffect> effects)
    {
        repair.Record = repair.States.Count > 0 ? Replica.RepairOf(repair.Key, repair.States, out _) : null;
        if (repair.Record is null)
        {
            // Nothing that can be read: given up at the next tick, not from here, where thousands of such keys would be as many calls deep.
            (run.Asks, run.DueAt) = (_options.AsksMax, now);
            return;
        }

        run.Asks = 0;
        run.Number++;
        repair.Open.UnionWith(repair.Odd);
        RepeatRepair(run, now, effects);
    }

    /// <summary>What is not answered is asked again; told twice, a repair is done once.</summary>
    private void RepeatRepair(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        var repair = run.Repair!;
        if (++run.Asks > _options.AsksMax)
        {
            repair.NotRepaired.AddRange(repair.Record is null ? repair.Odd : repair.Open);
            Conclude(run, repair, now, effects);
            return;
        }

        if (repair.Record is not { } record)
        {
            AskForRepair(run, repair, now, effects);
            return;
        }

        run.DueAt = now + _options.AnswerTimeout;
        foreach (var node in repair.Open)
        {
            effects.Add(node == _protocol.Self
                ? new AuditorEffect.Repair(repair.Op, record, repair.Votes[node])
                : new AuditorEffect.Send(node, new AuditProtocol.Repair(
                    run.Session, run.Number, run.View!.ClockFingerprint, run.View.Tree.LeafCount, repair.Votes[node], record.Bytes)));
        }
    }

    private void RepairHeard(NodeName from, RepairResult result, TimeSpan now, List<AuditorEffect> effects)
    {
        if (_run is not { Repair: { } repair } run || !repair.Open.Remove(from)) return;
        if (result != RepairResult.Staged) repair.NotRepaired.Add(from);
        if (repair.Open.Count == 0) Conclude(run, repair, now, effects);
    }

    private void Conclude(RunningAudit run, RunningRepair repair, TimeSpan now, List<AuditorEffect> effects)
    {
        var finding = new AuditFinding(repair.Key, repair.HasMajority, [.. repair.Odd], [.. repair.NotRepaired]);
        if (finding.IsRepaired) run.Repaired++;
        effects.Add(new AuditorEffect.Found(finding));
        RepairNext(run, now, effects);
    }
}
