using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

internal sealed record WriteSetting(
    int N,
    int Nodes,
    int Self,
    uint Down,
    int W,
    int Dw,
    int Pw,
    int NodeConfirms,
    bool NeedsState,
    bool Repeatable,
    bool Forwarded);

/// <summary>One write and everything that may happen to it; checks it against a plain account of who has what.</summary>
internal sealed class WriteWorld : RequestWorld
{
    private readonly WriteSetting _setting;
    private readonly WriteCoordination _write;
    private readonly List<WriteEffect> _effects = [];

    private readonly HashSet<NodeName> _asked = [];
    private readonly HashSet<NodeName> _forwarded = [];
    private readonly HashSet<NodeName> _everForwarded = [];
    private readonly Dictionary<NodeName, TimeSpan> _mayBegin = [];
    private readonly HashSet<NodeName> _copies = [];
    private readonly HashSet<NodeName> _durable = [];
    private bool _mayBeApplied;
    private bool _staged;
    private bool _everStaged;
    private bool _committed;
    private WriteOutcome? _outcome;

    public WriteWorld(WriteSetting setting)
        : base(setting.N, setting.Nodes, setting.Self, setting.Down)
    {
        _setting = setting;
        _write = new WriteCoordination(
            Candidates,
            new WriteQuorum(setting.N, setting.W, setting.Dw, setting.Pw, setting.NodeConfirms),
            new WriteOptions
            {
                HedgeDelay = TimeSpan.FromMilliseconds(50),
                RequestTimeout = Timeout,
                NeedsState = setting.NeedsState,
                Repeatable = setting.Repeatable,
                Forwarded = setting.Forwarded,
            });
    }

    protected override bool IsAnswered => _outcome is not null;

    protected override TimeSpan NextDeadline => _write.NextDeadline;

    public void Start() => Handle(WriteInput.Start);

    public void Step(int choice)
    {
        var (kind, argument) = (choice % 16, choice / 16);
        var node = List[argument % List.Length];
        var detail = argument / List.Length;
        switch (kind)
        {
            case 0:
                Handle(WriteInput.Start);
                break;
            case 1 or 2 or 3 when _staged:
                Commit();
                break;
            case 4 or 5 or 6 or 7 or 8:
                Ack(node, durable: detail % 4 != 0, counts: detail % 5 != 0);
                break;
            case 9:
                Refuse(node, (RefusalReason)(detail % 7));
                break;
            case 10 or 11:
                Verdict(node, detail % 2 == 0);
                break;
            case 12 when _forwarded.Count > 0:
                Relay(node, detail);
                break;
            default:
                Wait(TimeSpan.FromMilliseconds(detail % 120));
                break;
        }
    }

    /// <summary>Nothing more happens but time.</summary>
    public void End()
    {
        WaitForTheAnswer();
        foreach (var node in List) Ack(node, durable: true, counts: true);
        foreach (var node in List) Verdict(node, reachable: true);
        Handle(WriteInput.Committed);
        Wait(Timeout);
    }

    /// <summary>Every reachable node does what it is asked, in a random order, in no time.</summary>
    public void AnswerAll(Random order)
    {
        if (_staged) Commit();
        while (_asked.Except(_copies).Where(Reachable.Contains).ToArray() is { Length: > 0 } waiting && _outcome is null)
        {
            Ack(waiting[order.Next(waiting.Length)], durable: true, counts: true);
        }
    }

    public void CheckWrittenWherePossible()
    {
        var reachable = Reachable.ToArray();
        var possible = _staged && Primaries.Intersect(reachable).Count() >= _setting.Pw && reachable.Length >= _setting.NodeConfirms;
        Assert.Equal(possible, _outcome is WriteOutcome.Written);
    }

    private void Commit()
    {
        if (!_committed && _outcome is null) (_committed, _, _) = (true, _copies.Add(Self), _durable.Add(Self));
        Handle(WriteInput.Committed);
    }

    private void Ack(NodeName node, bool durable, bool counts)
    {
        if (_asked.Contains(node) && counts && _outcome is null)
        {
            _copies.Add(node);
            if (durable) _durable.Add(node);
        }

        Handle(WriteInput.Acked(node, durable, counts));
    }

    private void Refuse(NodeName node, RefusalReason reason)
    {
        var coordinating = !_committed && _forwarded.Contains(node);
        var replicating = _committed && _asked.Contains(node) && !_copies.Contains(node);
        if (reason == RefusalReason.ConnectionRefused && node == Self) return;
        if (reason == RefusalReason.ConnectionRefused && (coordinating || replicating)) Shut.Add(node);
        if (node == Self && !_committed) _staged = false;
        if (coordinating) _mayBegin.Remove(node);
        if (coordinating && reason == RefusalReason.Late) _everForwarded.Remove(node);

        if (!_committed) _forwarded.Remove(node);
        Handle(WriteInput.Refused(node, reason));
    }

    private void Verdict(NodeName node, bool reachable)
    {
        Judge(node, reachable);

        // Given up: what it still says of the operation it was to coordinate is not listened to.
        if (!reachable) _mayBeApplied |= _forwarded.Remove(node);
        Handle(WriteInput.ReachabilityChanged(node, reachable));
    }

    private void Relay(NodeName node, int detail)
    {
        WriteOutcome outcome = (detail % 3) switch
        {
            0 => new WriteOutcome.Written(2, 2, 2, false),
            1 => new WriteOutcome.NoCoordinator(NoCoordinatorReason.Refused, RefusalReason.NotSynced),
            _ => new WriteOutcome.TimedOut(1),
        };
        _mayBeApplied |= _forwarded.Remove(node) && outcome is not WriteOutcome.NoCoordinator;
        _mayBegin.Remove(node);
        Handle(WriteInput.Relayed(node, outcome));
    }

    protected override void Tick() => Handle(WriteInput.Tick);

    private void Handle(WriteInput input)
    {
        var answeredBefore = _outcome is not null;
        _effects.Clear();
        _write.Handle(input, Now, _effects);

        if (answeredBefore) Assert.Empty(_effects);
        foreach (var effect in _effects) Check(effect, input.Kind);
        if (_committed && _outcome is null) Assert.False(IsMet, "A quorum that is met is answered at once.");
        Assert.Equal(_outcome is not null, _write.IsAnswered);
    }

    private void Check(WriteEffect effect, WriteInputKind cause)
    {
        Assert.Null(_outcome);
        switch (effect.Kind)
        {
            case WriteEffectKind.StageLocally:
                Assert.Contains(Self, List);
                Assert.True(Primaries.Contains(Self) || !_setting.NeedsState, "Only a primary coordinates what needs state.");
                Assert.False(_everStaged, "A write is staged once.");
                CheckThatNobodyElseBegins();
                _staged = _everStaged = true;
                break;
            case WriteEffectKind.ForwardTo:
                Assert.False(_setting.Forwarded, "What was forwarded is not forwarded again.");
                Assert.False(_staged, "A staged write is not given away.");
                Assert.NotEqual(Self, effect.Node);
                Assert.Contains(effect.Node, Reachable);
                Assert.True(effect.BeginBy <= Now + Timeout);
                CheckThatNobodyElseBegins();
                _mayBegin[effect.Node] = effect.BeginBy;
                _forwarded.Add(effect.Node);
                Assert.True(_everForwarded.Add(effect.Node), "A node is asked to coordinate once, but for one that was late.");
                break;
            case WriteEffectKind.Replicate:
                Assert.True(_committed, "Log before you speak.");
                Assert.NotEqual(Self, effect.Node);
                Assert.Contains(effect.Node, Reachable);
                Assert.True(_asked.Add(effect.Node), "A node is sent the write once.");
                Assert.Equal(!Primaries.Contains(effect.Node), effect.OnBehalfOf is not null);
                if (effect.OnBehalfOf is { } primary) Assert.Contains(primary, Primaries);
                break;
            default:
                _outcome = effect.Outcome;
                CheckOutcome(cause);
                break;
        }
    }

    /// <summary>Of what may be done twice, nobody begins when the next has been asked; what may not is asked of one node at a time.</summary>
    private void CheckThatNobodyElseBegins() => Assert.DoesNotContain(_mayBegin, other => other.Value > Now || !_setting.Repeatable);

    private void CheckOutcome(WriteInputKind cause)
    {
        switch (_outcome)
        {
            case WriteOutcome.Written written when cause != WriteInputKind.Relayed:
                Assert.True(IsMet, "Only a quorum that is met is answered so.");
                Assert.Equal(_copies.Count, written.Copies);
                Assert.Equal(_durable.Count, written.Durable);
                Assert.Equal(_copies.Intersect(Primaries).Count(), written.Primaries);
                Assert.Equal(_copies.Count < _setting.W || _durable.Count < _setting.Dw, written.Short);
                break;
            case WriteOutcome.Unsatisfied unmet:
                Assert.True(unmet.Got < unmet.Wanted);
                Assert.False(_committed && IsMet);
                break;
            case WriteOutcome.NoCoordinator:
                Assert.False(_mayBeApplied, "Nobody may have applied what is said not to be.");
                break;
            case WriteOutcome.TimedOut late when cause != WriteInputKind.Relayed:
                if (_committed || !_mayBeApplied) Assert.Equal(_committed ? _copies.Count : 0, late.Copies);
                Assert.True(IsOverdue || _mayBeApplied);
                break;
        }
    }

    // Slow on purpose: sets of names, no counting ahead. W nodes, or all that are reachable; nobody who refuses is "not reachable".
    private bool IsMet =>
        _copies.Count >= Math.Min(_setting.W, _copies.Union(Reachable).Count())
        && _durable.Count >= Math.Min(_setting.Dw, _durable.Union(Reachable).Count())
        && _copies.Intersect(Primaries).Count() >= _setting.Pw
        && _copies.Count >= _setting.NodeConfirms;
}
