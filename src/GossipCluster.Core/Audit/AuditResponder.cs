using System.Collections.Immutable;

namespace GossipCluster.Core.Audit;

/// <summary>The side of an audit that is asked, as far as it compares. It has no state: a request that comes twice is answered twice.</summary>
public static class AuditResponder
{
    /// <summary>The answer to send back.</summary>
    /// <param name="request">From the wire (<see cref="AuditWire"/>), which has bounded it.</param>
    /// <param name="source">The replica asked about.</param>
    public static AuditProtocol.Answer Answer(AuditProtocol.Request request, IAuditSource source)
    {
        var tree = source.Tree;
        if (request.Clock != source.ClockFingerprint) return Refused(request, AuditProtocol.Refusal.ClockDiffers);
        if (request.LeafCount != tree.LeafCount) return Refused(request, AuditProtocol.Refusal.ShapeDiffers);

        return request switch
        {
            AuditProtocol.Open open when open.Root == tree.Root => new AuditProtocol.Agreed(open.Session, open.Number),
            AuditProtocol.Open => ChildrenOf(request, tree, level: 0, [0]),
            AuditProtocol.AskNodes ask when ask.Level >= 0 && ask.Level < tree.LeafLevel && AreWithin(ask.Parents, tree.Width(ask.Level)) =>
                ChildrenOf(ask, tree, ask.Level, ask.Parents),
            AuditProtocol.AskKeys ask when AreWithin(ask.Leaves, tree.LeafCount) => KeysOf(ask, source),
            AuditProtocol.AskSymbols ask when AreWithin(ask.Leaves, tree.LeafCount) => SymbolsOf(ask, source),
            AuditProtocol.AskNames ask when AreWithin(ask.Leaves, tree.LeafCount) => NamesOf(ask, source),
            _ => Refused(request, AuditProtocol.Refusal.OutOfRange),
        };
    }

    private static AuditProtocol.Nodes ChildrenOf(AuditProtocol.Request request, MerkleTree tree, int level, ImmutableArray<int> parents)
    {
        var hashes = ImmutableArray.CreateBuilder<AuditProtocol.NodeHash>(parents.Length * MerkleTree.FanOut);
        foreach (var parent in parents)
        {
            var (first, count) = tree.Children(level, parent);
            for (var index = first; index < first + count; index++)
                hashes.Add(new AuditProtocol.NodeHash(index, tree.Node(level + 1, index)));
        }

        return new AuditProtocol.Nodes(request.Session, request.Number, level + 1, hashes.DrainToImmutable());
    }

    private static AuditProtocol.Keys KeysOf(AuditProtocol.AskKeys ask, IAuditSource source)
    {
        var leaves = ImmutableArray.CreateBuilder<AuditProtocol.LeafKeys>();
        var (entriesLeft, bytesLeft) = (AuditProtocol.EntriesPerMessageMax, AuditProtocol.KeyBytesPerMessageMax);
        foreach (var leaf in ask.Leaves)
        {
            var all = LeafComparison.Ascending(source.KeysOf(leaf), leaves.Count == 0 ? ask.After : default);
            var fitting = 0;
            while (fitting < all.Count && entriesLeft > 0 && all[fitting].Key.Length <= bytesLeft)
            {
                entriesLeft--;
                bytesLeft -= all[fitting++].Key.Length;
            }

            var complete = fitting == all.Count;
            if (complete || fitting > 0) leaves.Add(new AuditProtocol.LeafKeys(leaf, complete, [.. all.Take(fitting)]));
            if (!complete) break;
        }

        return new AuditProtocol.Keys(ask.Session, ask.Number, leaves.DrainToImmutable());
    }

    private static AuditProtocol.Answer SymbolsOf(AuditProtocol.AskSymbols ask, IAuditSource source)
    {
        if (ask.Leaves.Sum(leaf => (long)source.KeyCountOf(leaf)) > AuditProtocol.SymbolKeysAnsweredMax)
            return Refused(ask, AuditProtocol.Refusal.TooMany);
        var set = new LeafSet(source, ask.Leaves, ask.Session);
        return new AuditProtocol.Symbols(ask.Session, ask.Number, set.KeyCount, ask.From, set.Symbols(ask.From, ask.Count));
    }

    private static AuditProtocol.Answer NamesOf(AuditProtocol.AskNames ask, IAuditSource source)
    {
        var set = new LeafSet(source, ask.Leaves, ask.Session);
        var names = ImmutableArray.CreateBuilder<AuditKey>();
        var bytesLeft = AuditProtocol.KeyBytesPerMessageMax;
        foreach (var digest in ask.Digests)
        {
            // A digest that nobody could have from this view's symbols.
            if (set.Find(digest) is not { } key) return Refused(ask, AuditProtocol.Refusal.OutOfRange);
            if ((bytesLeft -= key.Key.Length) < 0) break;
            names.Add(key);
        }

        return new AuditProtocol.Names(ask.Session, ask.Number, names.DrainToImmutable());
    }

    private static bool AreWithin(ImmutableArray<int> indices, int width) => indices.All(index => index >= 0 && index < width);

    private static AuditProtocol.Refused Refused(AuditProtocol.Request request, AuditProtocol.Refusal reason) =>
        new(request.Session, request.Number, reason);
}
