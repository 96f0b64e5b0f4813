using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Core.Audit;

/// <summary>The audit of one replica, from both sides: starts audits with its peers and repairs what they find; answers those of peers. Pure, one owner.</summary>
/// <remarks>
/// One audit that is started here compares this replica with every peer at one clock, and so sees all states of a key that differs at once: that is what makes a
/// majority. All replicas of a group may audit; one that is being audited need not do so itself for a while.
/// <para>
/// Time comes in with each input; work is done in steps in <see cref="Tick"/>.
/// </para>
/// </remarks>
public sealed partial class Auditor
{
    // What peers may have repaired here at once; more is asked again.
    private const int RepairsForPeersMax = 256;

    private readonly ReplicaProtocol _protocol;
    private readonly Func<ulong> _random;
    private readonly AuditorOptions _options;
    private readonly Dictionary<NodeName, GivenView> _given = [];
    private readonly Dictionary<ulong, (NodeName Peer, AuditProtocol.Repair Request, Key Key)> _repairsForPeers = [];
    private RunningAudit? _run;
    private ulong _ops;

    /// <summary>An auditor at rest.</summary>
    /// <param name="protocol">Whose replica.</param>
    /// <param name="random">Numbers of sessions, which are the keys of their hashes.</param>
    /// <param name="options">Bounds.</param>
    public Auditor(ReplicaProtocol protocol, Func<ulong> random, AuditorOptions? options = null) =>
        (_protocol, _random, _options) = (protocol, random, options ?? AuditorOptions.Default);

    /// <summary>True where <see cref="Tick"/> has something to do.</summary>
    public bool IsBusy => _run is not null || _given.Count > 0;

    /// <summary>True where an audit that was started here is under way.</summary>
    public bool IsRunning => _run is not null;

    /// <summary>True where a peer is auditing this replica.</summary>
    public bool IsAudited => _given.Count > 0;

    private Replica Replica => _protocol.Replica;

    /// <summary>A message from the auditor of the same partition on another node.</summary>
    public void Receive(NodeName from, AuditProtocol.Message message, TimeSpan now, List<AuditorEffect> effects)
    {
        switch (message)
        {
            case AuditProtocol.Release release:
                if (_given.TryGetValue(from, out var given) && given.View.ClockFingerprint == release.Clock) TakeBack(from);
                break;
            case AuditProtocol.Repair repair:
                RepairFor(from, repair, effects);
                break;
            case AuditProtocol.Request request:
                effects.Add(new AuditorEffect.Send(from, AnswerTo(from, request, now)));
                break;
            case AuditProtocol.Answer answer:
                Heard(from, answer, now, effects);
                break;
        }
    }

    /// <summary>What was to be repaired is durable, or will not be.</summary>
    public void Repaired(ulong op, RepairResult result, TimeSpan now, List<AuditorEffect> effects)
    {
        if (_repairsForPeers.Remove(op, out var repair))
        {
            effects.Add(new AuditorEffect.Send(repair.Peer, new AuditProtocol.Repaired(repair.Request.Session, repair.Request.Number, result)));
            effects.Add(new AuditorEffect.RepairedForPeer(repair.Peer, repair.Key, result));
        }
        else if (_run?.Repair is { } running && running.Op == op)
        {
            RepairHeard(_protocol.Self, result, now, effects);
        }
    }

    /// <summary>Time has passed: one step of work, and what is overdue.</summary>
    public void Tick(TimeSpan now, List<AuditorEffect> effects)
    {
        foreach (var (peer, given) in _given.ToArray())
        {
            if (given.View.IsBroken || now - given.UsedAt > _options.ViewTimeout) TakeBack(peer);
        }

        if (!Step(_run?.View, effects)) _ = _given.Values.Any(given => Step(given.View, effects));
        GoOn(now, effects);
    }

    // One step of one view, the own one first: the others wait for nobody who is not there yet.
    private bool Step(AuditView? view, List<AuditorEffect> effects)
    {
        if (view is null || view.IsWalked || view.IsBroken || (ReferenceEquals(view, _run?.View) && _run.Phase == AuditPhase.Agreeing)) return false;
        view.Walk(_options.KeysPerStep);
        if (!view.IsWalked) return true;
        if (Replica.CorrectTree(view) is { Count: > 0 } leaves)
        {
            effects.Add(new AuditorEffect.Rot(leaves));
            if (_run is not null) _run.RottenLeaves += leaves.Count;
        }

        return true;
    }

    private AuditProtocol.Answer AnswerTo(NodeName from, AuditProtocol.Request request, TimeSpan now)
    {
        if (request is AuditProtocol.Pin pin) return Give(from, pin, now);
        if (!_given.TryGetValue(from, out var given) || given.View.IsBroken || given.View.ClockFingerprint != request.Clock)
            return new AuditProtocol.Refused(request.Session, request.Number, AuditProtocol.Refusal.NoView);
        _given[from] = given with { UsedAt = now };
        if (!given.View.IsWalked) return new AuditProtocol.Refused(request.Session, request.Number, AuditProtocol.Refusal.NotYet);
        if (request is not AuditProtocol.AskState ask) return AuditResponder.Answer(request, given.View);
        return Key.TryOfFlat(ask.Key.Span, out var key)
            ? new AuditProtocol.State(ask.Session, ask.Number, given.View.StateOf(key).Bytes)
            : new AuditProtocol.Refused(ask.Session, ask.Number, AuditProtocol.Refusal.OutOfRange);
    }

    private AuditProtocol.Answer Give(NodeName to, AuditProtocol.Pin pin, TimeSpan now)
    {
        // Told twice, it is the same view.
        if (_given.TryGetValue(to, out var given) && given.Session == pin.Session && given.View.ClockFingerprint == pin.Clock && !given.View.IsBroken)
            return new AuditProtocol.Pinned(pin.Session, pin.Number);
        TakeBack(to);
        var refusal = pin.LeafCount != MerkleTree.LeafCountDefault ? AuditProtocol.Refusal.ShapeDiffers
            : pin.Clock != AuditView.Fingerprint(Replica.Clock) ? AuditProtocol.Refusal.ClockDiffers
            : Replica.View() is { } view && _given.TryAdd(to, new GivenView(pin.Session, view, now)) ? default(AuditProtocol.Refusal?)
            : AuditProtocol.Refusal.Busy;
        return refusal is { } reason ? new AuditProtocol.Refused(pin.Session, pin.Number, reason) : new AuditProtocol.Pinned(pin.Session, pin.Number);
    }

    private void TakeBack(NodeName from)
    {
        if (_given.Remove(from, out var given)) Replica.Release(given.View);
    }

    // The view may be gone by now: whether the key is still what was compared is asked where it is staged.
    private void RepairFor(NodeName from, AuditProtocol.Repair request, List<AuditorEffect> effects)
    {
        var record = new Record(RecordKind.AuditRepair, request.Record);
        if (!Replica.TryReadRepaired(record, out var key))
        {
            effects.Add(new AuditorEffect.Send(from, new AuditProtocol.Repaired(request.Session, request.Number, RepairResult.Refused)));
            return;
        }

        if (_repairsForPeers.Count >= RepairsForPeersMax) _repairsForPeers.Remove(_repairsForPeers.Keys.Min());
        _repairsForPeers.Add(++_ops, (from, request, key));
        effects.Add(new AuditorEffect.Repair(_ops, record, request.Expected));
    }

    private readonly record struct GivenView(ulong Session, AuditView View, TimeSpan UsedAt);
}
