using System.Collections.Immutable;

namespace GossipCluster.Core.Audit;

/// <summary>The side of an audit that asks: walks down two trees where they differ, and reports each key that differs. Immutable.</summary>
/// <remarks>
/// <para>
/// One request is out at a time. What was answered is forgotten but for the indices of nodes that differ: at most a tree's width.
/// Findings are effects at once and not kept: each was made while both clocks were what they were at the start, so each stands by itself
/// however the session ends.
/// </para>
/// <para>
/// Costs: equal trees, one round trip. One difference in a tree of the default size: four round trips, 36 hashes and the keys of one leaf.
/// </para>
/// <para>
/// The session knows no time. Where an answer is late the owner sends the request again (<see cref="Repeat"/>) or drops the session.
/// The findings are the asker's alone; a peer that wants its own asks in turn.
/// </para>
/// </remarks>
public sealed record AuditSession
{
    private AuditSession(AuditProtocol.Open open) => Pending = open;

    /// <summary>Nothing while the session runs; then how it ended.</summary>
    public AuditOutcome? Outcome { get; private init; }

    // The request that waits for its answer.
    private AuditProtocol.Request Pending { get; init; }

    // Nodes of this level that differ and are not yet looked into, and those found to differ one level below. Below the leaves are keys.
    private int Level { get; init; }

    private ImmutableArray<int> Ahead { get; init; } = [0];

    private ImmutableArray<int> Below { get; init; } = [];

    // Within the first leaf ahead: the last key compared, and whether any key before it differs.
    private ReadOnlyMemory<byte> After { get; init; }

    private bool Explained { get; init; }

    private long Differences { get; init; }

    private long Unexplained { get; init; }

    /// <summary>Begins a session.</summary>
    /// <param name="session">A random number that no other session between these two replicas has.</param>
    /// <param name="source">The own replica.</param>
    public static AuditStep Open(ulong session, IAuditSource source)
    {
        var opened = new AuditSession(new AuditProtocol.Open(session, 0, source.ClockFingerprint, source.Tree.LeafCount, source.Tree.Root));
        return opened.Repeat();
    }

    /// <summary>Asks once more what is not answered yet; nothing after the end.</summary>
    public AuditStep Repeat() => new(this, Outcome is null ? [new AuditEffect.Send(Pending)] : []);

    /// <summary>Takes an answer. One that is not to the request which is out (late, doubled, of another session) changes nothing.</summary>
    /// <param name="answer">From the wire (<see cref="AuditWire"/>).</param>
    /// <param name="source">The own replica, as it is now.</param>
    public AuditStep Receive(AuditProtocol.Answer answer, IAuditSource source)
    {
        if (Outcome is not null || answer.Session != Pending.Session || answer.Number != Pending.Number) return new(this, []);
        if (source.ClockFingerprint != Pending.Clock) return End(new AuditOutcome.ClockMoved());
        if (source.Tree.LeafCount != Pending.LeafCount) return End(new AuditOutcome.ShapeDiffers());

        return (Pending, answer) switch
        {
            (_, AuditProtocol.Refused refused) => End(OutcomeOf(refused.Reason)),
            (AuditProtocol.Open, AuditProtocol.Agreed) => End(new AuditOutcome.Equal()),
            (AuditProtocol.Open, AuditProtocol.Nodes nodes) => Compare(nodes, [0], source.Tree),
            (AuditProtocol.AskNodes ask, AuditProtocol.Nodes nodes) => Compare(nodes, ask.Parents, source.Tree),
            (AuditProtocol.AskKeys ask, AuditProtocol.Keys keys) => Compare(keys, ask.Leaves, source),
            _ => End(new AuditOutcome.Misunderstood($"{Pending.GetType().Name} was answered by {answer.GetType().Name}.")),
        };
    }

    private static AuditOutcome OutcomeOf(AuditProtocol.Refusal reason) => reason switch
    {
        AuditProtocol.Refusal.ClockDiffers => new AuditOutcome.ClockDiffers(),
        AuditProtocol.Refusal.ShapeDiffers => new AuditOutcome.ShapeDiffers(),
        _ => new AuditOutcome.Misunderstood("The peer's tree has no such nodes."),
    };

    private AuditStep Compare(AuditProtocol.Nodes nodes, ImmutableArray<int> parents, MerkleTree tree)
    {
        var children = parents
            .Select(parent => tree.Children(Level, parent))
            .SelectMany(range => Enumerable.Range(range.First, range.Count));
        if (nodes.Level != Level + 1 || !nodes.Hashes.Select(node => node.Index).SequenceEqual(children))
            return End(new AuditOutcome.Misunderstood("The nodes in the answer are not the children of those asked for."));

        var dirty = nodes.Hashes
            .Where(node => node.Hash != tree.Node(nodes.Level, node.Index))
            .Select(node => node.Index)
            .ToImmutableArray();
        var explained = dirty.Select(index => index / MerkleTree.FanOut).ToHashSet();
        var effects = parents
            .Where(parent => !explained.Contains(parent))
            .Select(AuditEffect (parent) => new AuditEffect.Unexplained(Level, parent));

        return (this with { Ahead = Ahead[parents.Length..], Below = Below.AddRange(dirty) }).Go([.. effects], tree);
    }

    private AuditStep Compare(AuditProtocol.Keys keys, ImmutableArray<int> leaves, IAuditSource source)
    {
        var (effects, after, explained) = (ImmutableArray.CreateBuilder<AuditEffect>(), After, Explained);
        if (keys.Leaves.IsEmpty || !keys.Leaves.Select(leaf => leaf.Leaf).SequenceEqual(leaves.Take(keys.Leaves.Length)))
            return End(new AuditOutcome.Misunderstood("The leaves in the answer are not those asked for."));

        foreach (var (position, leaf) in keys.Leaves.Index())
        {
            if (!LeafComparison.IsWellFormed(leaf, after) || (!leaf.Complete && position < keys.Leaves.Length - 1))
                return End(new AuditOutcome.Misunderstood("The keys in the answer are not in order."));

            var differences = LeafComparison.Differences(LeafComparison.Ascending(source.KeysOf(leaf.Leaf), after), leaf).ToList();
            explained |= differences.Count > 0;
            effects.AddRange(differences.Select(difference => new AuditEffect.Found(difference)));
            after = leaf.Complete ? default : leaf.Entries[^1].Key;
            if (!leaf.Complete) continue;

            if (!explained) effects.Add(new AuditEffect.Unexplained(source.Tree.LeafLevel, leaf.Leaf));
            explained = false;
        }

        var done = keys.Leaves.Count(leaf => leaf.Complete);
        return (this with { Ahead = Ahead[done..], After = after, Explained = explained }).Go(effects.DrainToImmutable(), source.Tree);
    }

    // Counts what was found, then asks for the next nodes of this level, or of the next one, or ends.
    private AuditStep Go(ImmutableArray<AuditEffect> found, MerkleTree tree)
    {
        var counted = this with
        {
            Differences = Differences + found.Count(effect => effect is AuditEffect.Found),
            Unexplained = Unexplained + found.Count(effect => effect is AuditEffect.Unexplained),
        };

        var next = Ahead.IsEmpty ? counted with { Level = Level + 1, Ahead = Below, Below = [] } : counted;
        if (next.Ahead.IsEmpty) return next.End(new AuditOutcome.Compared(next.Differences, next.Unexplained), found);

        next = next with { Pending = next.NextRequest(tree.LeafLevel) };
        return new(next, found.Add(new AuditEffect.Send(next.Pending)));
    }

    private AuditProtocol.Request NextRequest(int leafLevel)
    {
        var (session, number, clock, leafCount) = Pending;
        return Level < leafLevel
            ? new AuditProtocol.AskNodes(
                session, number + 1, clock, leafCount, Level, [.. Ahead.Take(AuditProtocol.ParentsPerRequestMax)])
            : new AuditProtocol.AskKeys(
                session, number + 1, clock, leafCount, [.. Ahead.Take(AuditProtocol.LeavesPerRequestMax)], After);
    }

    private AuditStep End(AuditOutcome outcome, ImmutableArray<AuditEffect> before = default) => new(
        this with { Outcome = outcome, Ahead = [], Below = [] },
        (before.IsDefault ? [] : before).Add(new AuditEffect.Ended(outcome)));
}

/// <summary>A session after an input, and what its owner is to do, in order.</summary>
/// <param name="Session">The session from now on.</param>
/// <param name="Effects">What to do.</param>
public readonly record struct AuditStep(AuditSession Session, ImmutableArray<AuditEffect> Effects);
