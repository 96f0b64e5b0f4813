using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Replication;

namespace GossipCluster.Actors.Identity;

/// <summary>Under which replica id this node names dots, and what it can tell others about theirs. Decides nothing itself: see <see cref="IdentityCheck"/>.</summary>
/// <remarks>
/// A start is written to disk before anything else, so that the mark of a clean stop is used once. A restart of this actor takes a new id, which is always
/// right.
/// </remarks>
internal sealed class IdentityActor : ReceiveActor, IWithTimers
{
    private const string StartsFact = "starts/";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeName _self;
    private readonly IActorRef _storage;
    private readonly IActorRef _links;
    private readonly IReadOnlyDictionary<ReplicaAddress, long> _next;
    private readonly Dictionary<string, NodeStart> _startsSeen = [];
    private readonly Dictionary<long, OpenQuestion> _questions = [];
    private readonly long _question = Random.Shared.NextInt64(1, long.MaxValue >> 1);
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly bool _wasClean;
    private ImmutableArray<IActorRef> _shards = [];
    private NodeLife _life;
    private IdentityCheck? _check;
    private ClusterView? _view;
    private bool _isStarted;
    private bool _isDecided;
    private long _questionsSoFar;
    private ReplicaId? _wanted;

    public IdentityActor(
        NodeName self, IActorRef storage, IActorRef links, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> facts, IReadOnlyDictionary<ReplicaAddress, long> next)
    {
        (_self, _storage, _links, _next) = (self, storage, links, next);
        var former = facts.TryGetValue(NodeLife.FactName, out var bytes) ? NodeLife.Read(bytes.Span) : NodeLife.None;
        _wasClean = former.StoppedCleanly;
        _life = former.Next((ulong)Random.Shared.NextInt64());
        foreach (var (name, value) in facts)
        {
            if (name.StartsWith(StartsFact, StringComparison.Ordinal)) _startsSeen[name] = ReadStart(value.Span);
        }

        Receive<ViewChanged>(changed => See(changed.View));
        Receive<LinkProtocol.ReachabilityChanged>(changed => AskWhereOpen(changed));
        Receive<LinkProtocol.Delivered>(Deliver);
        Receive<Shards>(shards => _shards = shards.Refs);
        Receive<ShardProtocol.KnowsMore>(told => Gather(told.Question, told.Yes));
        Receive<StorageProtocol.FactPut>(put => Written(put.Name));
        Receive<End>(_ => Decide(_check?.Tick(Now)));
        Receive<StopCleanly>(_ => PutLife(_life with { StoppedCleanly = _life.Id is not null && _wanted is null }));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Stopwatch.GetElapsedTime(_startedAt);

    public static Props CreateProps(
        NodeName self, IActorRef storage, IActorRef links, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> facts, IReadOnlyDictionary<ReplicaAddress, long> next) =>
        Props.Create(() => new IdentityActor(self, storage, links, facts, next));

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.Parent.Tell(Restarted.Instance);
    }

    protected override void PreStart()
    {
        PutLife(_life);
        _links.Tell(new LinkProtocol.Subscribe(ParcelKind.Identity, Self));
    }

    private void PutLife(NodeLife life)
    {
        _life = life;
        _storage.Tell(new StorageProtocol.PutFact(NodeLife.FactName, life.ToBytes()));
    }

    /// <summary>The start is on disk: now it may be asked whether the id of the disk is still ours. Or the new id is: now dots may be named under it.</summary>
    private void Written(string fact)
    {
        if (fact.StartsWith(StartsFact, StringComparison.Ordinal))
        {
            foreach (var (number, question) in _questions.ToArray())
            {
                if (question.Fact == fact) Gather(number, false);
            }

            return;
        }

        if (_life.StoppedCleanly) Context.Parent.Tell(MarkWritten.Instance);
        else if (!_isStarted)
        {
            _isStarted = true;
            Begin();
        }
        else if (_wanted is { } id)
        {
            _wanted = null;
            Context.Parent.Tell(new Decided(id));
        }
    }

    private void See(ClusterView view)
    {
        _view = view;
        Begin();
    }

    private void Begin()
    {
        if (!_isStarted || _check is not null || _view is not { IsRingKnown: true } view) return;
        var others = view.Ring.Members.Select(member => member.Name).Where(name => name != _self).ToArray();
        _check = new IdentityCheck(_wasClean && _life.Id is not null, others, Now);
        Timers.StartSingleTimer(End.Instance, End.Instance, IdentityCheck.Deadline + TimeSpan.FromMilliseconds(50));
        if (_check.Decision == IdentityDecision.Undecided)
        {
            foreach (var other in others) Ask(other);
        }

        Decide(_check.Decision);
    }

    private void AskWhereOpen(LinkProtocol.ReachabilityChanged changed)
    {
        if (changed.IsReachable && _check?.Decision == IdentityDecision.Undecided) Ask(changed.Node);
    }

    private void Ask(NodeName node) =>
        Send(node, IdentityWire.ToBytes(new IdentityAsk(_question, _life.Id!.Value, _life.Start, _next)));

    private void Send(NodeName node, byte[] body) => _links.Tell(new LinkProtocol.Send(node, ParcelKind.Identity, Lane.Foreground, body));

    private void Deliver(LinkProtocol.Delivered delivered)
    {
        switch (IdentityWire.Read(delivered.Body.Span))
        {
            case IdentityAsk ask:
                Consider(delivered.From, ask);
                break;
            case IdentityAnswer answer when answer.Question == _question:
                Decide(_check?.Answered(delivered.From, answer.KnowsMore));
                break;
        }
    }

    private void Decide(IdentityDecision? decision)
    {
        if (decision is null or IdentityDecision.Undecided || _wanted is not null || _isDecided) return;
        _isDecided = true;
        var id = decision == IdentityDecision.Keep ? _life.Id!.Value : new ReplicaId(_self, (ulong)Random.Shared.NextInt64(2, long.MaxValue));
        _log.Info("Dots are named under {ReplicaId}, {Why}", id, decision == IdentityDecision.Keep ? "as before the clean stop" : "a new id");
        _wanted = id;
        PutLife(_life with { Id = id });
    }

    /// <summary>Another node asks: our replicas' clocks say, and the latest start of that id that was ever told here. Its start is on disk before the answer.</summary>
    private void Consider(NodeName from, IdentityAsk ask)
    {
        var fact = StartsFact + ask.Id;
        var isContradicted = _startsSeen.TryGetValue(fact, out var seen) && seen.Contradicts(ask.Start);
        var number = ++_questionsSoFar;
        _questions[number] = new OpenQuestion(from, ask.Question, fact, 1 + _shards.Length) { KnowsMore = isContradicted };
        if (!_startsSeen.TryGetValue(fact, out seen) || seen.Number <= ask.Start.Number) _startsSeen[fact] = ask.Start;
        _storage.Tell(new StorageProtocol.PutFact(fact, StartBytes(_startsSeen[fact])));
        foreach (var shard in _shards) shard.Tell(new ShardProtocol.AskKnowsMore(number, ask.Id, ask.Next));
    }

    private void Gather(long number, bool knowsMore)
    {
        if (!_questions.TryGetValue(number, out var question)) return;
        question.KnowsMore |= knowsMore;
        if (--question.Open > 0) return;
        _questions.Remove(number);
        Send(question.From, IdentityWire.ToBytes(new IdentityAnswer(question.Question, question.KnowsMore)));
    }

    private static byte[] StartBytes(NodeStart start) => (NodeLife.None with { Start = start }).ToBytes();

    private static NodeStart ReadStart(ReadOnlySpan<byte> bytes) => NodeLife.Read(bytes).Start;

    /// <summary>To this actor: the shards that know what the replicas have seen.</summary>
    public sealed record Shards(ImmutableArray<IActorRef> Refs) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: this actor has begun anew and knows no shards.</summary>
    public sealed record Restarted : INoSerializationVerificationNeeded
    {
        public static readonly Restarted Instance = new();
    }

    /// <summary>To the parent: the id, which is on disk.</summary>
    public sealed record Decided(ReplicaId Id) : INoSerializationVerificationNeeded;

    /// <summary>To this actor: everything is on disk and nothing more comes: mark it. Answered by <see cref="MarkWritten"/> to the parent.</summary>
    public sealed record StopCleanly : INoSerializationVerificationNeeded
    {
        public static readonly StopCleanly Instance = new();
    }

    /// <summary>The mark is on disk.</summary>
    public sealed record MarkWritten : INoSerializationVerificationNeeded
    {
        public static readonly MarkWritten Instance = new();
    }

    private sealed record End : INoSerializationVerificationNeeded
    {
        public static readonly End Instance = new();
    }

    /// <summary>A question of another node whose answer is not complete.</summary>
    private sealed record OpenQuestion(NodeName From, long Question, string Fact, int Parts)
    {
        public int Open { get; set; } = Parts;

        public bool KnowsMore { get; set; }
    }
}
