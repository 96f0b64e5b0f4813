using System.Collections.Immutable;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Replicas;

/// <content>Audits: the shell of <see cref="Auditor"/>, and when to start one.</content>
internal sealed partial class Shard
{
    // Of those that are under way, so many take a step at each tick.
    private const int AuditStepsPerTick = 4;
    private const int BusyTicksPerStep = 8;
    private const int AuditTicketsMax = 64;

    // The shells whose audit has something to do, in the order of their turns.
    private readonly Queue<ReplicaShell> _auditing = new();
    private readonly List<AuditTicket> _auditTickets = [];
    private readonly Dictionary<(ReplicaAddress, Key), Record> _rememberedForDamage = [];
    private readonly Queue<(ReplicaShell Shell, ReplicaEffect.Repaired Repaired)> _repaired = new();
    private int _auditTicks;
    private bool _isTellingRepaired;

    /// <summary>Where findings are told.</summary>
    public IAuditJournal AuditJournal { get; init; } = Replicas.AuditJournal.Silent;

    private bool IsAuditing => _auditing.Count > 0;

    /// <summary>Starts audits that are due, as many as may be under way.</summary>
    public void LookForAudits(TimeSpan now)
    {
        _now = now;
        if (!_view.HasRing) return;
        var free = _options.Audit.AuditsMax - _auditing.Count(shell => shell.Audit!.Auditor.IsRunning);
        foreach (var shell in _shells.Values.Where(IsDue).OrderBy(shell => shell.Audit!.IsAskedFor ? TimeSpan.MinValue : shell.Audit.DueAt).Take(Math.Max(0, free)).ToArray()) StartAudit(shell);
    }

    /// <summary>Somebody asks for audits, or how they are.</summary>
    public void Audit(AuditTicket ticket, TimeSpan now)
    {
        _now = now;
        if (ticket.Starts)
        {
            foreach (var shell in _shells.Values.Where(shell => shell.Protocol.IsPrimary)) AuditOf(shell).IsAskedFor = true;
            LookForAudits(now);
        }

        if (ticket.Waits && _auditTickets.Count < AuditTicketsMax) _auditTickets.Add(ticket);
        else ticket.TrySetResult(AuditStatuses());
        AnswerAuditTickets();
    }

    /// <summary>The test door: spoils a replica's memory.</summary>
    public void Damage(DamageTicket ticket, TimeSpan now)
    {
        _now = now;
        if (!_shells.TryGetValue(ticket.Address, out var shell))
        {
            ticket.TrySetResult(false);
            return;
        }

        var name = (ticket.Address, ticket.Key);
        var done = ticket.Kind is { } kind && (kind == DamageKind.Resurrect
            ? _rememberedForDamage.TryGetValue(name, out var state) && DamageDoor.Resurrect(shell.Replica, ticket.Key, state)
            : DamageDoor.Spoil(shell.Replica, ticket.Key, kind));
        if (ticket.Kind is null)
        {
            _rememberedForDamage[name] = shell.Replica.StateOf(ticket.Key);
            done = shell.Replica.Has(ticket.Key);
        }

        if (done && ticket.OnDisk)
        {
            var effects = RentEffects();
            shell.Protocol.WriteAsIs(ticket.Key, effects);
            Carry(shell, effects);
        }

        ticket.TrySetResult(done);
    }

    private bool IsDue(ReplicaShell shell)
    {
        var audit = AuditOf(shell);
        return shell.Protocol.IsPrimary && !audit.Auditor.IsRunning && (audit.IsAskedFor || (_options.Audit.Enabled && _now >= audit.DueAt && shell.Replica.KeyCount > 0));
    }

    // The first one comes at any time of the interval, so that not all come at once.
    private ReplicaAudit AuditOf(ReplicaShell shell) => shell.Audit ??= new ReplicaAudit(
        new Auditor(shell.Protocol, _random, _options.Audit.Core), _now + (_options.Audit.Interval * ((_random() % 1000) / 1000.0)));

    private void StartAudit(ReplicaShell shell)
    {
        var audit = AuditOf(shell);
        audit.Bytes = 0;
        audit.DueAt = _now + _options.Audit.Interval;
        var effects = new List<AuditorEffect>();
        audit.Auditor.Start([.. shell.Protocol.Watermarks.OtherPrimaries.Where(_reachable.Contains)], _now, effects);
        Carry(shell, effects);
    }

    private void ReceiveForAudit(NodeName from, LinkProtocol.Parcel parcel)
    {
        if (!AuditWire.TryRead(parcel.Body.Span, out var message, out _))
        {
            Malformed++;
            return;
        }

        // Who asks for a replica that is not here hears nothing, as from a node that is down.
        if (!_shells.TryGetValue(parcel.Replica, out var shell)) return;
        var audit = AuditOf(shell);
        audit.Bytes += parcel.Body.Length;

        // Later than its own next one: of the group one starts, and the others only if it does not.
        if (message is AuditProtocol.Pin) audit.DueAt = _now + (_options.Audit.Interval * (1.1 + (_random() % 1000 / 5000.0)));
        var effects = new List<AuditorEffect>();
        audit.Auditor.Receive(from, message, _now, effects);
        Carry(shell, effects);
    }

    private void TickAudits()
    {
        if (_auditing.Count == 0) return;
        _auditTicks++;
        if (RequestCount > _options.Audit.SlackRequestsMax && _auditTicks % BusyTicksPerStep != 0) return;
        for (var left = Math.Min(AuditStepsPerTick, _auditing.Count); left > 0 && _auditing.TryDequeue(out var shell); left--)
        {
            var effects = new List<AuditorEffect>();
            shell.Audit!.IsInTurn = false;
            shell.Audit.Auditor.Tick(_now, effects);
            Carry(shell, effects);
        }

        LookForAudits(_now);
    }

    private void Repaired(ReplicaShell shell, ReplicaEffect.Repaired repaired)
    {
        // One repair leads to the next, which may be done or refused at once: in a row, not one inside the other.
        _repaired.Enqueue((shell, repaired));
        if (_isTellingRepaired) return;
        _isTellingRepaired = true;
        while (_repaired.TryDequeue(out var next))
        {
            var effects = new List<AuditorEffect>();
            next.Shell.Audit?.Auditor.Repaired(next.Repaired.Op, next.Repaired.Result, _now, effects);
            if (effects.Count > 0) Carry(next.Shell, effects);
        }

        _isTellingRepaired = false;
    }

    private void Carry(ReplicaShell shell, List<AuditorEffect> effects)
    {
        var audit = shell.Audit!;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case AuditorEffect.Send send:
                    audit.Bytes += _outbox.Add(send.To, shell.Address, send.Message);
                    break;
                case AuditorEffect.Repair repair:
                    var replicaEffects = RentEffects();
                    shell.Protocol.Repair(repair.Op, repair.Record, repair.Expected, replicaEffects);
                    Carry(shell, replicaEffects);
                    break;
                case AuditorEffect.Rot rot:
                    AuditJournal.Rot(shell.Address, rot.Leaves);
                    break;
                case AuditorEffect.Found found:
                    audit.Differences++;
                    if (found.Finding.IsRepaired) audit.Repaired++;
                    AuditJournal.Found(shell.Address, found.Finding);
                    break;
                case AuditorEffect.RepairedForPeer repaired:
                    AuditJournal.RepairedForPeer(shell.Address, repaired.Peer, repaired.Key, repaired.Result);
                    break;
                case AuditorEffect.Ended ended:
                    Ended(shell, audit, ended.Report);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"No shell for effect {effect.GetType().Name}.");
            }
        }

        if (!audit.Auditor.IsBusy || audit.IsInTurn) return;
        audit.IsInTurn = true;
        _auditing.Enqueue(shell);
    }

    private void Ended(ReplicaShell shell, ReplicaAudit audit, AuditReport report)
    {
        audit.Last = (_clock.GetUtcNow(), report, audit.Bytes);
        audit.IsAskedFor = false;
        AuditJournal.Ended(shell.Address, report, audit.Bytes);
        AnswerAuditTickets();
    }

    private void AnswerAuditTickets()
    {
        if (_auditTickets.Count == 0 || _shells.Values.Any(shell => shell.Protocol.IsPrimary && shell.Audit is { IsAskedFor: true })) return;
        foreach (var ticket in _auditTickets) ticket.TrySetResult(AuditStatuses());
        _auditTickets.Clear();
    }

    private ImmutableArray<AuditStatus> AuditStatuses() =>
        [.. _shells.Values.Where(shell => shell.Protocol.IsPrimary).Select(shell => AuditOf(shell).StatusOf(shell.Address))];

    private void AbandonAudits()
    {
        foreach (var shell in _shells.Values) shell.Audit?.Auditor.Abandon();
        foreach (var ticket in _auditTickets) ticket.TrySetResult(AuditStatuses());
        _auditTickets.Clear();
        _auditing.Clear();
    }
}
