using System.Collections.Immutable;
using GossipCluster.Core.Reconciliation;

namespace GossipCluster.Core.Audit;

/// <summary>The side of an audit that asks: walks down two trees where they differ, and reports each key that differs. Immutable.</summary>
/// <remarks>
/// <para>
/// One request is out at a time. What was answered is forgotten but for the indices of nodes that differ: at most a tree's width.
/// Findings are effects at once and not kept: each was made while both clocks were what they were at the start, so each stands by itself
/// however the session ends.
/// </para>
/// <para>
/// Costs: equal trees, one round trip. One difference in a tree of the default size: four round trips, 36 hashes and the keys of one leaf where these are few, else
/// 16 coded symbols and the key's name where the asker lacks it.
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

    // Of the first leaves ahead, how many are compared by lists although they have many keys.
    private int ByList { get; init; }

    // Of the leaves whose symbols are asked for: the symbols so far; and then what they said, and of what the names are still to come.
    private ImmutableArray<CodedSymbol> Coded { get; init; } = [];

    private ImmutableArray<KeyDifference> Named { get; init; } = [];

    private ImmutableArray<SetEntry> Unnamed { get; init; } = [];

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

        // The owner asks again when it is time.
        if (answer is AuditProtocol.Refused { Reason: AuditProtocol.Refusal.NotYet }) return new(this, []);
        if (source.ClockFingerprint != Pending.Clock) return End(new AuditOutcome.ClockMoved());
        if (source.Tree.LeafCount != Pending.LeafCount) return End(new AuditOutcome.ShapeDiffers());

        return (Pending, answer) switch
        {
            (AuditProtocol.AskSymbols ask, AuditProtocol.Refused { Reason: AuditProtocol.Refusal.TooMany }) => GoOnByList(ask.Leaves, source),
            (_, AuditProtocol.Refused refused) => End(OutcomeOf(refused.Reason)),
            (AuditProtocol.Open, AuditProtocol.Agreed) => End(new AuditOutcome.Equal()),
            (AuditProtocol.Open, AuditProtocol.Nodes nodes) => Compare(nodes, [0], source),
            (AuditProtocol.AskNodes ask, AuditProtocol.Nodes nodes) => Compare(nodes, ask.Parents, source),
            (AuditProtocol.AskKeys ask, AuditProtocol.Keys keys) => Compare(keys, ask.Leaves, source),
            (AuditProtocol.AskSymbols ask, AuditProtocol.Symbols symbols) => Decode(symbols, ask, source),
            (AuditProtocol.AskNames ask, AuditProtocol.Names names) => Name(names, ask, source),
            _ => End(new AuditOutcome.Misunderstood($"{Pending.GetType().Name} was answered by {answer.GetType().Name}.")),
        };
    }

    private static AuditOutcome OutcomeOf(AuditProtocol.Refusal reason) => reason switch
    {
        AuditProtocol.Refusal.ClockDiffers => new AuditOutcome.ClockDiffers(),
        AuditProtocol.Refusal.ShapeDiffers => new AuditOutcome.ShapeDiffers(),
        AuditProtocol.Refusal.NoView => new AuditOutcome.ViewLost(),
        _ => new AuditOutcome.Misunderstood("The peer's tree has no such nodes."),
    };

    private AuditStep Compare(AuditProtocol.Nodes nodes, ImmutableArray<int> parents, IAuditSource source)
    {
        var tree = source.Tree;
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

        return (this with { Ahead = Ahead[parents.Length..], Below = Below.AddRange(dirty) }).Go([.. effects], source);
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
        return (this with { Ahead = Ahead[done..], ByList = Math.Max(0, ByList - done), After = after, Explained = explained })
            .Go(effects.DrainToImmutable(), source);
    }

    // Decodes from the first symbol on each time: a session that is a value has no decoder half-way, and there are few times.
    private AuditStep Decode(AuditProtocol.Symbols symbols, AuditProtocol.AskSymbols ask, IAuditSource source)
    {
        if (symbols.From != ask.From || symbols.Coded.Length != ask.Count)
            return End(new AuditOutcome.Misunderstood("The symbols in the answer are not those asked for."));

        var coded = Coded.AddRange(symbols.Coded);
        var set = new LeafSet(source, ask.Leaves, ask.Session);
        var own = set.Symbols(0, coded.Length);
        var decoder = set.Decoder();
        for (var i = 0; i < own.Length && !decoder.IsDecoded; i++) decoder.Add(own[i], coded[i]);
        if (decoder.IsRefused) return End(new AuditOutcome.Misunderstood("The symbols in the answer are those of no set."));
        if (!decoder.IsDecoded)
        {
            return (long)coded.Length * AuditProtocol.SymbolBytes >= set.ListBytes || coded.Length >= AuditProtocol.SymbolsMax
                ? GoOnByList(ask.Leaves, source)
                : Ask((this with { Coded = coded }).AskSymbols(ask.Leaves), []);
        }

        var there = new Dictionary<UInt128, UInt128>();
        if (!decoder.OnlySecond.All(entry => there.TryAdd(entry.Name, entry.Value)))
            return End(new AuditOutcome.Misunderstood("The symbols in the answer have a key twice."));

        var named = ImmutableArray.CreateBuilder<KeyDifference>();
        foreach (var entry in decoder.OnlyFirst)
        {
            if (set.Find(entry.Name) is not { } key || key.StateHash != entry.Value)
                return End(new AuditOutcome.Misunderstood("The symbols in the answer say what is not so of the own keys."));
            named.Add(there.Remove(entry.Name, out var hash)
                ? new KeyDifference(key.Key, DifferenceKind.Differs, entry.Value, hash)
                : new KeyDifference(key.Key, DifferenceKind.OnlyHere, entry.Value, UInt128.Zero));
        }

        var next = this with { Coded = [], Named = named.DrainToImmutable(), Unnamed = [.. there.Select(entry => new SetEntry(entry.Key, entry.Value))] };
        return next.AskNamesOrClose(ask.Leaves, source);
    }

    private AuditStep Name(AuditProtocol.Names names, AuditProtocol.AskNames ask, IAuditSource source)
    {
        var set = new LeafSet(source, ask.Leaves, ask.Session);
        if (names.Entries.IsEmpty || names.Entries.Length > Unnamed.Length || !names.Entries.Select(set.EntryOf).SequenceEqual(Unnamed.Take(names.Entries.Length)))
            return End(new AuditOutcome.Misunderstood("The names in the answer are not those asked for."));

        var named = names.Entries.Select(key => new KeyDifference(key.Key, DifferenceKind.OnlyThere, UInt128.Zero, key.StateHash));
        return (this with { Named = Named.AddRange(named), Unnamed = Unnamed[names.Entries.Length..] }).AskNamesOrClose(ask.Leaves, source);
    }

    private AuditStep AskNamesOrClose(ImmutableArray<int> leaves, IAuditSource source)
    {
        var (session, number, clock, leafCount) = Pending;
        if (!Unnamed.IsEmpty)
        {
            ImmutableArray<UInt128> digests = [.. Unnamed.Take(AuditProtocol.EntriesPerMessageMax).Select(entry => entry.Name)];
            return Ask(this with { Pending = new AuditProtocol.AskNames(session, number + 1, clock, leafCount, leaves, digests) }, []);
        }

        var explained = Named.Select(difference => source.Tree.LeafOf(Placement.KeyHash.Of(difference.Key.Span))).ToHashSet();
        ImmutableArray<AuditEffect> effects =
        [
            .. Named.Select(difference => new AuditEffect.Found(difference)),
            .. leaves.Where(leaf => !explained.Contains(leaf)).Select(leaf => new AuditEffect.Unexplained(source.Tree.LeafLevel, leaf)),
        ];
        return (this with { Ahead = Ahead[leaves.Length..], Named = [] }).Go(effects, source);
    }

    private AuditStep GoOnByList(ImmutableArray<int> leaves, IAuditSource source) => (this with { Coded = [], ByList = leaves.Length }).Go([], source);

    // Counts what was found, then asks for the next nodes of this level, or of the next one, or ends.
    private AuditStep Go(ImmutableArray<AuditEffect> found, IAuditSource source)
    {
        var counted = this with
        {
            Differences = Differences + found.Count(effect => effect is AuditEffect.Found),
            Unexplained = Unexplained + found.Count(effect => effect is AuditEffect.Unexplained),
        };

        var next = Ahead.IsEmpty ? counted with { Level = Level + 1, Ahead = Below, Below = [] } : counted;
        if (next.Ahead.IsEmpty) return next.End(new AuditOutcome.Compared(next.Differences, next.Unexplained), found);

        return Ask(next.WithNextRequest(source), found);
    }

    private static AuditStep Ask(AuditSession session, ImmutableArray<AuditEffect> found) => new(session, found.Add(new AuditEffect.Send(session.Pending)));

    private AuditSession WithNextRequest(IAuditSource source)
    {
        var (session, number, clock, leafCount) = Pending;
        if (Level < source.Tree.LeafLevel)
        {
            return this with
            {
                Pending = new AuditProtocol.AskNodes(
                    session, number + 1, clock, leafCount, Level, [.. Ahead.Take(AuditProtocol.ParentsPerRequestMax)]),
            };
        }

        // Leaves of few keys together, or leaves of many.
        var areListed = ByList > 0 || IsListed(Ahead[0], source);
        var count = ByList;
        if (count == 0)
        {
            long keys = 0;
            while (count < Ahead.Length && count < AuditProtocol.LeavesPerRequestMax && IsListed(Ahead[count], source) == areListed)
            {
                keys += source.KeyCountOf(Ahead[count]);
                if (!areListed && count > 0 && keys > AuditProtocol.SymbolKeysMax) break;
                count++;
            }
        }

        ImmutableArray<int> leaves = [.. Ahead.Take(count)];
        return areListed
            ? this with { Pending = new AuditProtocol.AskKeys(session, number + 1, clock, leafCount, leaves, After) }
            : AskSymbols(leaves);
    }

    // Each time a quarter more: so much is asked for in vain at most.
    private AuditSession AskSymbols(ImmutableArray<int> leaves)
    {
        var (session, number, clock, leafCount) = Pending;
        var count = Math.Clamp(Coded.Length / 4, AuditProtocol.SymbolsPerRequestMin, AuditProtocol.SymbolsPerRequestMax);
        return this with { Pending = new AuditProtocol.AskSymbols(session, number + 1, clock, leafCount, leaves, Coded.Length, count) };
    }

    private static bool IsListed(int leaf, IAuditSource source) => source.KeyCountOf(leaf) <= AuditProtocol.ListKeysMax;

    private AuditStep End(AuditOutcome outcome, ImmutableArray<AuditEffect> before = default) => new(
        this with { Outcome = outcome, Ahead = [], Below = [] },
        (before.IsDefault ? [] : before).Add(new AuditEffect.Ended(outcome)));
}

/// <summary>A session after an input, and what its owner is to do, in order.</summary>
/// <param name="Session">The session from now on.</param>
/// <param name="Effects">What to do.</param>
public readonly record struct AuditStep(AuditSession Session, ImmutableArray<AuditEffect> Effects);
