using System.Collections.Immutable;

namespace GossipCluster.Core.Audit;

/// <summary>Merges two ascending lists of keys and keeps what differs.</summary>
internal static class LeafComparison
{
    /// <summary>A leaf's keys above <paramref name="after"/> in byte order, as both sides need them.</summary>
    public static List<AuditKey> Ascending(IEnumerable<AuditKey> keys, ReadOnlyMemory<byte> after)
    {
        var ascending = keys.Where(key => after.Span.SequenceCompareTo(key.Key.Span) < 0).ToList();
        ascending.Sort(static (left, right) => left.Key.Span.SequenceCompareTo(right.Key.Span));
        return ascending;
    }

    /// <summary>The differences between own keys and a peer's answer for the same leaf and start.</summary>
    /// <param name="here">Own keys, ascending.</param>
    /// <param name="there">The peer's. Where it is not complete, own keys above its last wait for the next answer.</param>
    public static IEnumerable<KeyDifference> Differences(List<AuditKey> here, AuditProtocol.LeafKeys there)
    {
        var own = 0;
        foreach (var peer in there.Entries)
        {
            while (own < here.Count && Order(here[own], peer) < 0) yield return OnlyHere(here[own++]);

            if (own == here.Count || Order(here[own], peer) > 0)
                yield return new KeyDifference(peer.Key, DifferenceKind.OnlyThere, UInt128.Zero, peer.StateHash);
            else if (here[own++] is var same && same.StateHash != peer.StateHash)
                yield return new KeyDifference(peer.Key, DifferenceKind.Differs, same.StateHash, peer.StateHash);
        }

        while (there.Complete && own < here.Count) yield return OnlyHere(here[own++]);
    }

    /// <summary>True where the entries ascend, all above <paramref name="after"/>, and an incomplete list makes progress.</summary>
    public static bool IsWellFormed(AuditProtocol.LeafKeys keys, ReadOnlyMemory<byte> after)
    {
        var previous = after;
        foreach (var entry in keys.Entries)
        {
            if (previous.Span.SequenceCompareTo(entry.Key.Span) >= 0) return false;
            previous = entry.Key;
        }

        return keys.Complete || !keys.Entries.IsEmpty;
    }

    private static KeyDifference OnlyHere(AuditKey key) => new(key.Key, DifferenceKind.OnlyHere, key.StateHash, UInt128.Zero);

    private static int Order(AuditKey left, AuditKey right) => left.Key.Span.SequenceCompareTo(right.Key.Span);
}
