using Akka.Actor;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>A change of the schema is answered when all nodes in reach have it on disk, which is when it is in force there.</content>
public sealed partial class MetadataActor
{
    private readonly List<Spreading> _spreading = [];

    private static bool IsOfSchema(MetadataEntry entry) =>
        entry.Name.StartsWith(MetadataName.TypePrefix, StringComparison.Ordinal) || MetadataName.TryBucketOf(entry.Name, out _, out _);

    private void Spread(MetadataEntry entry, IActorRef asker)
    {
        var spreading = new Spreading(entry, asker, [.. _reachable]);
        if (EndsSpread(spreading)) return;
        _spreading.Add(spreading);
        Timers.StartSingleTimer(spreading, spreading, _options.SpreadWait);
    }

    /// <summary>A node has these, or what replaced them.</summary>
    private void HasThem(NodeName node, MetadataMessage.Has has)
    {
        foreach (var version in has.Known) Spreads(spreading => spreading.HasIt(node, version));
    }

    private void GiveUpOn(NodeName node) => Spreads(spreading => spreading.Missing.Remove(node));

    private void Spreads(Func<Spreading, bool> change)
    {
        foreach (var spreading in _spreading.Where(change).ToList()) _ = EndsSpread(spreading) && _spreading.Remove(spreading);
    }

    private void SpreadIsOver(Spreading spreading)
    {
        if (!_spreading.Remove(spreading)) return;
        spreading.Missing.Clear();
        EndsSpread(spreading);
    }

    /// <summary>Another node's change of the same name was made at the same moment, and counts.</summary>
    private void Overtake(MetadataEntry entry)
    {
        foreach (var spreading in _spreading.Where(spreading => spreading.Entry.Name == entry.Name).ToList()) _ = EndsSpread(spreading) && _spreading.Remove(spreading);
    }

    /// <summary>True where it was answered.</summary>
    private bool EndsSpread(Spreading spreading)
    {
        var known = _table.Find(spreading.Entry.Name)!;
        if (known.Author != _node.Name && known.Beats(spreading.Entry) && !known.Value.Span.SequenceEqual(spreading.Entry.Value.Span))
            spreading.Asker.Tell(new MetadataProtocol.Refused(Schema.Overtaken(known)));
        else if (spreading.Missing.Count == 0)
            spreading.Asker.Tell(new MetadataProtocol.Done(1 + spreading.Confirmed));
        else
            return false;

        Timers.Cancel(spreading);
        return true;
    }

    /// <summary>A change of this node's that others are to have.</summary>
    private sealed class Spreading(MetadataEntry entry, IActorRef asker, HashSet<NodeName> missing) : INoSerializationVerificationNeeded
    {
        public MetadataEntry Entry => entry;

        public IActorRef Asker => asker;

        /// <summary>In reach when it began, and without a word yet.</summary>
        public HashSet<NodeName> Missing => missing;

        public int Confirmed { get; private set; }

        public bool HasIt(NodeName node, EntryVersion version)
        {
            if (version.Name != entry.Name || version.Against(entry.Version) < 0 || !missing.Remove(node)) return false;
            Confirmed++;
            return true;
        }
    }
}
