using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Core.Tests.Coordination;

/// <summary>One read under a test's hand. Nodes are named by one letter; the list is their order, the first n its primaries.</summary>
internal sealed class ReadRun
{
    private readonly ReadCoordination _read;
    private readonly List<ReadEffect> _effects = [];

    public ReadRun(
        string list = "abcdef", int n = 3, char self = 'a', string down = "", int r = 2, int pr = 0, bool token = false)
    {
        var candidates = Candidates.Of(WriteRun.Node(self), [.. list.Select(WriteRun.Node)], n, down.Select(WriteRun.Node).ToHashSet());
        _read = new ReadCoordination(candidates, new ReadQuorum(n, r, pr), new ReadOptions
        {
            HedgeDelay = TimeSpan.FromMilliseconds(50),
            RequestTimeout = TimeSpan.FromMilliseconds(1_000),
            HasToken = token,
        });
    }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(-1);

    public ReadOutcome? Outcome { get; private set; }

    public bool IsAnswered => _read.IsAnswered;

    public string Start() => Handle(ReadInput.Start);

    /// <summary>A state: nothing where the digest is 0, else something; equal numbers, equal states.</summary>
    public string State(char node, int digest, bool behind = false, bool? has = null) =>
        Handle(ReadInput.StateRead(WriteRun.Node(node), (UInt128)digest, has ?? digest != 0, behind, $"{node}{digest}"));

    public string Digest(char node, int digest, bool behind = false, bool? has = null) =>
        Handle(ReadInput.DigestRead(WriteRun.Node(node), (UInt128)digest, has ?? digest != 0, behind));

    public string Refused(char node, RefusalReason reason = RefusalReason.ConnectionRefused) =>
        Handle(ReadInput.Refused(WriteRun.Node(node), reason));

    public string Reachable(char node, bool reachable) => Handle(ReadInput.ReachabilityChanged(WriteRun.Node(node), reachable));

    public string Covers(bool covers) => Handle(ReadInput.Covers(covers));

    public string Joined(int digest) => Handle(ReadInput.Joined((UInt128)digest));

    public void Skip(double milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Lets time pass, with a tick whenever one is due and at the end.</summary>
    public string Wait(double milliseconds)
    {
        var end = Now + TimeSpan.FromMilliseconds(milliseconds);
        List<string> all = [];
        while (_read.NextDeadline <= end)
        {
            var due = _read.NextDeadline;
            Now = due > Now ? due : Now;
            all.Add(Handle(ReadInput.Tick));
            Assert.True(_read.NextDeadline > Now, "A tick must not leave itself due.");
        }

        Now = end;
        all.Add(Handle(ReadInput.Tick));
        return string.Join(", ", all.Where(text => text.Length > 0));
    }

    /// <summary>What the input brought about, in words: "state a", "digest b", "check a1 b2", "repair b", the outcome.</summary>
    private string Handle(ReadInput input)
    {
        _effects.Clear();
        _read.Handle(input, Now, _effects);
        foreach (var answer in _effects.Where(effect => effect.Kind == ReadEffectKind.Answer))
        {
            Assert.Null(Outcome);
            Outcome = answer.Outcome;
        }

        return string.Join(", ", _effects.Select(Words));
    }

    private static string Words(ReadEffect effect) => effect.Kind switch
    {
        ReadEffectKind.AskState => $"state {effect.Node}",
        ReadEffectKind.AskDigest => $"digest {effect.Node}",
        ReadEffectKind.CheckCover => $"check {string.Join(' ', effect.States)}",
        ReadEffectKind.Repair => $"repair {string.Join(' ', effect.Nodes)}",
        _ => effect.Outcome switch
        {
            ReadOutcome.Found found => $"found {string.Join(' ', found.States)}{(found.Short ? " short" : "")}",
            ReadOutcome.NotFound none => $"not found by {none.Witnesses}{(none.Short ? " short" : "")}",
            ReadOutcome.Unsatisfied unmet => $"unsatisfied {unmet.Kind} {unmet.Got}/{unmet.Wanted}",
            ReadOutcome.TimedOut late => $"timed out {late.Copies}",
            _ => throw new InvalidOperationException("An outcome without words."),
        },
    };
}
