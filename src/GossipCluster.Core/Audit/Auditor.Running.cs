using System.Collections.Immutable;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Audit;

/// <content>An audit that was started here: agreement on a clock, comparison with one peer after another.</content>
public sealed partial class Auditor
{
    /// <summary>Starts an audit; nothing where one is under way.</summary>
    /// <param name="peers">The other primaries that are reachable.</param>
    /// <param name="now">Monotonic.</param>
    /// <param name="effects">What is to be done.</param>
    public void Start(IReadOnlyCollection<NodeName> peers, TimeSpan now, List<AuditorEffect> effects)
    {
        if (_run is not null) return;
        _run = new RunningAudit(_random(), peers, now);
        GoOn(now, effects);
    }

    /// <summary>Gives up what is under way, without a word: the replica is about to be forgotten.</summary>
    public void Abandon()
    {
        if (_run?.View is { } view) Replica.Release(view);
        _run = null;
        foreach (var peer in _given.Keys.ToArray()) TakeBack(peer);
    }

    private void GoOn(TimeSpan now, List<AuditorEffect> effects)
    {
        if (_run is not { } run) return;
        if (run.View is { IsBroken: true } || now - run.StartedAt > _options.AuditTimeout)
        {
            run.IsViewLost = true;
            End(now, effects);
            return;
        }

        switch (run.Phase)
        {
            case AuditPhase.Agreeing when now >= run.DueAt:
                Agree(run, now, effects);
                break;
            case AuditPhase.Walking when run.View!.IsWalked:
                run.Phase = AuditPhase.Comparing;
                CompareNext(run, now, effects);
                break;
            case AuditPhase.Comparing when now >= run.DueAt:
                if (++run.Asks > _options.AsksMax) CompareNext(run, now, effects);
                else Follow(run, run.Comparison!.Repeat(), now, effects);
                break;
            case AuditPhase.Repairing when now >= run.DueAt:
                RepeatRepair(run, now, effects);
                break;
        }
    }

    /// <summary>Another moment is tried; or those who have not answered in the last one are left out.</summary>
    private void Agree(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        if (run.Open.Count > 0 && ++run.Asks >= _options.AsksMax)
        {
            run.Peers.RemoveAll(run.Open.Contains);
            run.Open.Clear();
            if (run.Pinned.Count > 0)
            {
                Agreed(run, now, effects);
                return;
            }
        }

        if (run.Peers.Count == 0)
        {
            End(now, effects);
            return;
        }

        Forget(run, effects);
        run.View = Replica.View();
        run.Number++;
        if (run.View is null)
        {
            TryLater(run, now, effects);
            return;
        }

        run.Open.UnionWith(run.Peers);
        run.DueAt = now + _options.AnswerTimeout;
        foreach (var peer in run.Peers)
            effects.Add(new AuditorEffect.Send(peer, new AuditProtocol.Pin(run.Session, run.Number, run.View.ClockFingerprint, run.View.Tree.LeafCount)));
    }

    private void PinHeard(RunningAudit run, NodeName from, AuditProtocol.Answer answer, TimeSpan now, List<AuditorEffect> effects)
    {
        if (answer.Session != run.Session || answer.Number != run.Number || !run.Open.Remove(from)) return;
        if (answer is AuditProtocol.Pinned)
        {
            run.Pinned.Add(from);
            run.Holders.Add(from);
        }

        if (answer is AuditProtocol.Refused { Reason: AuditProtocol.Refusal.ShapeDiffers }) run.Peers.Remove(from);
        if (run.Open.Count > 0) return;
        run.Asks = 0;
        if (run.Pinned.Count > 0 && (run.Pinned.Count == run.Peers.Count || IsLate(run, now))) Agreed(run, now, effects);
        else TryLater(run, now, effects);
    }

    private bool IsLate(RunningAudit run, TimeSpan now) => now - run.StartedAt >= _options.AgreementTimeout;

    private void TryLater(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        if (run.Peers.Count == 0 || (IsLate(run, now) && run.Pinned.Count == 0))
        {
            End(now, effects);
            return;
        }

        Forget(run, effects);
        run.DueAt = now + (_options.AgreementRetry * (1 + (_random() % 4)));
    }

    private void Agreed(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        run.Phase = AuditPhase.Walking;
        run.Pinned.Sort();
        GoOn(now, effects);
    }

    private void CompareNext(RunningAudit run, TimeSpan now, List<AuditorEffect> effects)
    {
        // Who was compared with is in front, who is to come behind; who falls out leaves.
        var next = run.Comparison is null ? 0 : run.Compared.Count;
        if (run.Comparison is not null && run.Compared.Count < run.Pinned.Count && run.Comparison.Outcome is null or not (AuditOutcome.Equal or AuditOutcome.Compared))
            run.Pinned.RemoveAt(next);
        run.Comparison = null;
        if (next >= run.Pinned.Count)
        {
            BeginRepairs(run, now, effects);
            return;
        }

        Follow(run, AuditSession.Open(_random(), run.View!), now, effects);
    }

    private void Follow(RunningAudit run, AuditStep step, TimeSpan now, List<AuditorEffect> effects)
    {
        if (!ReferenceEquals(run.Comparison, step.Session)) run.Asks = 1;
        run.Comparison = step.Session;
        run.DueAt = now + _options.AnswerTimeout;
        var peer = run.Pinned[run.Compared.Count];
        foreach (var effect in step.Effects)
        {
            switch (effect)
            {
                case AuditEffect.Send send:
                    effects.Add(new AuditorEffect.Send(peer, send.Request));
                    break;
                case AuditEffect.Found found:
                    Note(run, peer, found.Difference);
                    break;
                case AuditEffect.Unexplained:
                    run.Unexplained++;
                    break;
                case AuditEffect.Ended ended:
                    if (ended.Outcome is AuditOutcome.Equal or AuditOutcome.Compared) run.Compared.Add(peer);
                    if (ended.Outcome is AuditOutcome.ViewLost) run.IsViewLost = true;
                    CompareNext(run, now, effects);
                    return;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
            }
        }
    }

    private void Note(RunningAudit run, NodeName peer, KeyDifference difference)
    {
        if (!Key.TryOfFlat(difference.Key.Span, out var key)) return;
        if (!run.Findings.TryGetValue(key, out var there))
        {
            run.IsCutShort |= run.Findings.Count >= _options.FindingsMax;
            if (run.Findings.Count >= _options.FindingsMax) return;
            run.Findings.Add(key, there = []);
        }

        there[peer] = difference.There;
    }

    private void Heard(NodeName from, AuditProtocol.Answer answer, TimeSpan now, List<AuditorEffect> effects)
    {
        if (_run is not { } run || run.View is not { IsBroken: false } view) return;
        switch (run.Phase)
        {
            case AuditPhase.Agreeing:
                PinHeard(run, from, answer, now, effects);
                break;
            case AuditPhase.Comparing when run.Comparison is { } comparison && from == run.Pinned[run.Compared.Count]:
                var step = comparison.Receive(answer, view);
                if (!step.Effects.IsEmpty) Follow(run, step, now, effects);
                else if (answer is AuditProtocol.Refused { Reason: AuditProtocol.Refusal.NotYet }) (run.Asks, run.DueAt) = (0, now + (2 * _options.AgreementRetry));
                break;
            case AuditPhase.Repairing when run.Repair is { } repair && answer.Session == run.Session && answer.Number == run.Number:
                if (answer is AuditProtocol.Repaired repaired) RepairHeard(from, repaired.Result, now, effects);
                else StateHeard(run, repair, from, answer, now, effects);
                break;
        }
    }

    private void End(TimeSpan now, List<AuditorEffect> effects)
    {
        var run = _run!;
        var result = run.Findings.Count > 0 ? run.Repaired == run.Findings.Count && !run.IsCutShort ? AuditResult.Repaired : AuditResult.Differs
            : run.Compared.Count > 0 ? AuditResult.Equal
            : run.IsViewLost ? AuditResult.ViewLost
            : run.Peers.Count == 0 || run.Phase != AuditPhase.Agreeing ? AuditResult.NoPeer
            : AuditResult.ClocksDiffer;
        var keys = run.View?.KeysWalked ?? 0;
        Forget(run, effects);
        _run = null;
        effects.Add(new AuditorEffect.Ended(new AuditReport(
            result, [.. run.Compared], keys, run.Findings.Count, run.Repaired, run.RottenLeaves, run.Unexplained, now - run.StartedAt)));
    }

    private void Forget(RunningAudit run, List<AuditorEffect> effects)
    {
        if (run.View is not { } view) return;
        foreach (var peer in run.Holders)
            effects.Add(new AuditorEffect.Send(peer, new AuditProtocol.Release(run.Session, run.Number, view.ClockFingerprint, view.Tree.LeafCount)));
        run.Pinned.Clear();
        run.Holders.Clear();
        Replica.Release(view);
        run.View = null;
    }
}
