using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>One write under a test's hand. Nodes are named by one letter; the list is their order, the first n its primaries.</summary>
internal sealed class WriteRun
{
    private readonly WriteCoordination _write;
    private readonly List<WriteEffect> _effects = [];

    public WriteRun(
        string list = "abcdef",
        int n = 3,
        char self = 'a',
        string down = "",
        int w = 2,
        int dw = 0,
        int pw = 0,
        int nodeConfirms = 0,
        bool needsState = false,
        bool repeatable = false,
        bool forwarded = false,
        double timeout = 1_000)
    {
        var unreachable = down.Select(Node).ToHashSet();
        var candidates = Candidates.Of(Node(self), [.. list.Select(Node)], n, unreachable);
        _write = new WriteCoordination(candidates, new WriteQuorum(n, w, dw, pw, nodeConfirms), new WriteOptions
        {
            HedgeDelay = TimeSpan.FromMilliseconds(50),
            RequestTimeout = TimeSpan.FromMilliseconds(timeout),
            NeedsState = needsState,
            Repeatable = repeatable,
            Forwarded = forwarded,
        });
    }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(-1);

    public WriteOutcome? Outcome { get; private set; }

    public bool IsAnswered => _write.IsAnswered;

    public static NodeName Node(char name) => NodeName.Of(name.ToString());

    /// <summary>Milliseconds to the next tick; null where none is due.</summary>
    public double? TickIn => _write.NextDeadline == TimeSpan.MaxValue ? null : (_write.NextDeadline - Now).TotalMilliseconds;

    /// <summary>Milliseconds that the last node to coordinate was given.</summary>
    public double BeginWithin { get; private set; }

    public string Start() => Handle(WriteInput.Start);

    public string Committed() => Handle(WriteInput.Committed);

    /// <summary>Start and the own commit.</summary>
    public string Begin() => $"{Start()}, {Committed()}";

    public string Acked(char node, bool durable = true, bool counts = true) => Handle(WriteInput.Acked(Node(node), durable, counts));

    public string Refused(char node, RefusalReason reason = RefusalReason.ConnectionRefused) =>
        Handle(WriteInput.Refused(Node(node), reason));

    public string Relayed(char node, WriteOutcome outcome) => Handle(WriteInput.Relayed(Node(node), outcome));

    public string Reachable(char node, bool reachable) => Handle(WriteInput.ReachabilityChanged(Node(node), reachable));

    /// <summary>Lets time pass without a tick.</summary>
    public void Skip(double milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Lets time pass, with a tick whenever one is due and at the end.</summary>
    public string Wait(double milliseconds)
    {
        var end = Now + TimeSpan.FromMilliseconds(milliseconds);
        List<string> all = [];
        while (_write.NextDeadline <= end)
        {
            var due = _write.NextDeadline;
            Now = due > Now ? due : Now;
            all.Add(Handle(WriteInput.Tick));
            Assert.True(_write.NextDeadline > Now, "A tick must not leave itself due.");
        }

        Now = end;
        all.Add(Handle(WriteInput.Tick));
        return string.Join(", ", all.Where(text => text.Length > 0));
    }

    /// <summary>What the input brought about, in words: "stage", "stage for b", "forward b", "replicate d for b", the outcome.</summary>
    public string Handle(WriteInput input)
    {
        _effects.Clear();
        _write.Handle(input, Now, _effects);
        foreach (var answer in _effects.Where(effect => effect.Kind == WriteEffectKind.Answer))
        {
            Assert.Null(Outcome);
            Outcome = answer.Outcome;
        }

        return string.Join(", ", _effects.Select(Words));
    }

    private string Forward(WriteEffect effect)
    {
        BeginWithin = (effect.BeginBy - Now).TotalMilliseconds;
        return $"forward {effect.Node}";
    }

    private string Words(WriteEffect effect)
    {
        var onBehalf = effect.OnBehalfOf is { } primary ? $" for {primary}" : "";
        return effect.Kind switch
        {
            WriteEffectKind.StageLocally => $"stage{onBehalf}",
            WriteEffectKind.ForwardTo => Forward(effect),
            WriteEffectKind.Replicate => $"replicate {effect.Node}{onBehalf}",
            _ => effect.Outcome switch
            {
                WriteOutcome.Written written => $"written {written.Copies}{(written.Short ? " short" : "")}",
                WriteOutcome.Unsatisfied unmet => $"unsatisfied {unmet.Kind} {unmet.Got}/{unmet.Wanted}",
                WriteOutcome.TimedOut late => $"timed out {late.Copies}",
                WriteOutcome.NoCoordinator none => $"no coordinator {none.Reason} {none.LastRefusal}".TrimEnd(),
                _ => throw new InvalidOperationException("An outcome without words."),
            },
        };
    }
}
