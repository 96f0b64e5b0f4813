using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <param name="N">n_val.</param>
/// <param name="Nodes">In the ring.</param>
/// <param name="Self">Where in the list; -1 for outside.</param>
/// <param name="Down">Which are unreachable at the start.</param>
/// <param name="R">R.</param>
/// <param name="Pr">PR.</param>
/// <param name="States">What each node has: 0 for nothing, else a state.</param>
/// <param name="Behind">Which know themselves to be behind.</param>
/// <param name="Token">The state that a join must have seen; below 0 for no token.</param>
internal sealed record ReadSetting(
    int N, int Nodes, int Self, uint Down, int R, int Pr, int[] States, bool[] Behind, int Token);

/// <summary>One read and everything that may happen to it; checks it against a plain account of who said what.</summary>
internal sealed class ReadWorld : RequestWorld
{
    private readonly ReadSetting _setting;
    private readonly ReadCoordination _read;
    private readonly List<ReadEffect> _effects = [];

    private readonly HashSet<NodeName> _stateAsked = [];
    private readonly HashSet<NodeName> _digestAsked = [];
    private readonly HashSet<NodeName> _replied = [];
    private readonly HashSet<NodeName> _stated = [];
    private int[]? _check;
    private ReadOutcome? _outcome;
    private bool _repaired;

    public ReadWorld(ReadSetting setting)
        : base(setting.N, setting.Nodes, setting.Self, setting.Down)
    {
        _setting = setting;
        _read = new ReadCoordination(
            Candidates,
            new ReadQuorum(setting.N, setting.R, setting.Pr),
            new ReadOptions { HedgeDelay = TimeSpan.FromMilliseconds(50), RequestTimeout = Timeout, HasToken = setting.Token >= 0 });
    }

    protected override bool IsAnswered => _outcome is not null;

    protected override TimeSpan NextDeadline => _read.NextDeadline;

    private HashSet<NodeName> Asked => [.. _stateAsked, .. _digestAsked];

    /// <summary>Those whose state is at hand, itself or an equal one; of those that all have nothing, nothing needs to be.</summary>
    private NodeName[] Resolved =>
        _setting.Token < 0 && _replied.All(node => StateOf(node) == 0)
            ? [.. _replied]
            : [.. _replied.Where(node => _stated.Any(other => StateOf(other) == StateOf(node)))];

    public void Start() => Handle(ReadInput.Start);

    public void Step(int choice)
    {
        var (kind, argument) = (choice % 16, choice / 16);
        var node = List[argument % List.Length];
        var detail = argument / List.Length;
        switch (kind)
        {
            case 0:
                Handle(ReadInput.Start);
                break;
            case 1 or 2 or 3 or 4:
                Reply(node, state: true);
                break;
            case 5 or 6 or 7 or 8:
                Reply(node, state: false);
                break;
            case 9:
                Refuse(node, (RefusalReason)(detail % 7));
                break;
            case 10 or 11:
                Verdict(node, detail % 2 == 0);
                break;
            case 12 or 13 when _check is not null:
                Compare();
                break;
            default:
                Wait(TimeSpan.FromMilliseconds(detail % 120));
                break;
        }
    }

    /// <summary>Nothing more happens but time; then all that is too late.</summary>
    public void End()
    {
        WaitForTheAnswer();
        foreach (var node in List) Reply(node, state: true);
        foreach (var node in List) Verdict(node, reachable: true);
        for (var times = 0; times < 2; times++) Handle(ReadInput.Joined((UInt128)2));
    }

    /// <summary>Every reachable node does what it is asked, in a random order, in no time.</summary>
    public void AnswerAll(Random order)
    {
        while (_outcome is null)
        {
            var due = _stateAsked.Except(_stated).Where(Reachable.Contains).Select(node => (node, state: true))
                .Concat(_digestAsked.Except(_replied).Where(Reachable.Contains).Select(node => (node, state: false)))
                .ToArray();
            if (_check is not null && (due.Length == 0 || order.Next(2) == 0)) Compare();
            else if (due.Length > 0) Give(due[order.Next(due.Length)]);
            else break;
        }

        void Give((NodeName Node, bool State) what) => Reply(what.Node, what.State);
    }

    /// <summary>With every reachable node answering, only a strict quorum, a token or nobody's being there stands in the way.</summary>
    public void CheckAnsweredTruly()
    {
        var known = Reachable;
        var primaries = Primaries.Intersect(known).ToArray();
        switch (_outcome)
        {
            case ReadOutcome.Found:
                break;
            case ReadOutcome.NotFound:
                Assert.DoesNotContain(primaries, node => StateOf(node) != 0);
                break;
            case ReadOutcome.Unsatisfied(UnmetQuorum.Pr, _, _):
                Assert.True(primaries.Length < _setting.Pr);
                break;
            case ReadOutcome.Unsatisfied(UnmetQuorum.R, _, _):
                Assert.Empty(known);
                break;
            case ReadOutcome.Unsatisfied(UnmetQuorum.Token, _, _):
                Assert.DoesNotContain(known, node => StateOf(node) >= _setting.Token);
                break;
            default:
                Assert.Fail($"{_outcome?.ToString() ?? "No answer"} where all nodes answered.");
                break;
        }
    }

    private int StateOf(NodeName node) => _setting.States[Array.IndexOf(List, node)];

    private void Reply(NodeName node, bool state)
    {
        var index = Array.IndexOf(List, node);
        var (digest, has, behind) = ((UInt128)StateOf(node), StateOf(node) != 0, _setting.Behind[index]);
        if (Asked.Contains(node) && _outcome is null)
        {
            _replied.Add(node);
            if (state) _stated.Add(node);
        }

        Handle(state
            ? ReadInput.StateRead(node, digest, has, behind, StateOf(node))
            : ReadInput.DigestRead(node, digest, has, behind));
    }

    private void Refuse(NodeName node, RefusalReason reason)
    {
        if (reason == RefusalReason.ConnectionRefused && node == Self) return;
        var waitedFor = (Asked.Contains(node) && !_replied.Contains(node)) || (_stateAsked.Contains(node) && !_stated.Contains(node));
        if (reason == RefusalReason.ConnectionRefused && waitedFor && _outcome is null) Shut.Add(node);
        Handle(ReadInput.Refused(node, reason));
    }

    private void Verdict(NodeName node, bool reachable)
    {
        Judge(node, reachable);
        Handle(ReadInput.ReachabilityChanged(node, reachable));
    }

    // The later states have seen all that the earlier have.
    private void Compare()
    {
        var covers = _check!.Max() >= _setting.Token;
        _check = null;
        Handle(ReadInput.Covers(covers));
    }

    protected override void Tick() => Handle(ReadInput.Tick);

    private void Handle(ReadInput input)
    {
        var answeredBefore = _outcome is not null;
        _effects.Clear();
        _read.Handle(input, Now, _effects);

        if (answeredBefore) Assert.All(_effects, effect => Assert.Equal(ReadEffectKind.Repair, effect.Kind));
        foreach (var effect in _effects) Check(effect);
        Assert.Equal(_outcome is not null, _read.IsAnswered);
        if (_outcome is null && _setting.Token < 0 && !StandsForAnother) Assert.False(IsMet, "A quorum that is met is answered at once.");
    }

    /// <summary>A primary that is behind has answered, and somebody is there who has not and may be asked in its place.</summary>
    private bool StandsForAnother =>
        Primaries.Any(node => _replied.Contains(node) && _setting.Behind[Array.IndexOf(List, node)]) && Reachable.Except(Resolved).Any();

    private void Check(ReadEffect effect)
    {
        if (effect.Kind != ReadEffectKind.Repair) Assert.Null(_outcome);
        switch (effect.Kind)
        {
            case ReadEffectKind.AskState:
                Assert.Contains(effect.Node, Reachable);
                Assert.True(_stateAsked.Add(effect.Node), "A node is asked for its state once.");
                break;
            case ReadEffectKind.AskDigest:
                Assert.Contains(effect.Node, Reachable);
                Assert.False(_stateAsked.Contains(effect.Node), "Who is asked for its state is not asked for a digest.");
                Assert.True(_digestAsked.Add(effect.Node), "A node is asked for its digest once.");
                break;
            case ReadEffectKind.CheckCover:
                Assert.Null(_check);
                Assert.True(_setting.Token >= 0);
                _check = [.. effect.States.Cast<int>()];
                break;
            case ReadEffectKind.Repair:
                Assert.False(_repaired, "Repair comes once.");
                _repaired = true;
                Assert.Equal(Primaries.Where(node => _replied.Contains(node) && StateOf(node) != 2), effect.Nodes);
                Assert.NotEmpty(effect.Nodes);
                Assert.True(_replied.Select(StateOf).Distinct().Count() > 1, "Equals are not repaired.");
                break;
            default:
                _outcome = effect.Outcome;
                CheckOutcome();
                break;
        }
    }

    private void CheckOutcome()
    {
        switch (_outcome)
        {
            case ReadOutcome.Found found:
                Assert.True(IsMet);
                Assert.Contains(found.States.Cast<int>(), state => state != 0);
                Assert.Equal(_stated.Select(StateOf).Distinct().Order(), found.States.Cast<int>().Order());
                Assert.Equal(Resolved.Length, found.Copies);
                Assert.Equal(Resolved.Length < _setting.R, found.Short);
                Assert.True(_setting.Token < 0 || found.States.Cast<int>().Max() >= _setting.Token, "The token is a minimum.");
                break;
            case ReadOutcome.NotFound none:
                Assert.DoesNotContain(_replied, node => StateOf(node) != 0);
                Assert.Empty(Primaries.Intersect(Reachable).Except(_replied));
                Assert.True(Resolved.Length >= Math.Min(_setting.R, Resolved.Union(Reachable).Count()));
                Assert.Equal(_replied.Intersect(Primaries).Count(node => !_setting.Behind[Array.IndexOf(List, node)]), none.Witnesses);
                break;
            case ReadOutcome.Unsatisfied unmet:
                Assert.True(unmet.Got < unmet.Wanted || unmet.Kind == UnmetQuorum.Token);
                Assert.False(_setting.Token < 0 && IsMet);
                break;
            case ReadOutcome.TimedOut:
                Assert.True(IsOverdue);
                break;
        }
    }

    // Slow on purpose: sets of names. R nodes, or all that are reachable, and one with the datum among them.
    private bool IsMet =>
        Resolved.Length >= Math.Min(_setting.R, Resolved.Union(Reachable).Count())
        && Resolved.Intersect(Primaries).Count() >= _setting.Pr
        && Resolved.Any(node => StateOf(node) != 0);
}
