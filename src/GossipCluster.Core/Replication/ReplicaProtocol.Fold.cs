using GossipCluster.Core.Causality;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Replication;

/// <summary>When this node's abandoned ids may be folded into the present one (rule 6), and how news of folds is taken in.</summary>
public partial class ReplicaProtocol
{
    private readonly Dictionary<NodeName, Stamp> _heardForFold = [];
    private TimeSpan? _foldAfter;
    private bool _foldAsked;
    private DotSet _toFold = DotSet.Empty;

    /// <summary>
    /// Tries to fold; to be called now and then, in slack time. Asks every other ring member what it has, and needs two looks with a message's lifetime
    /// between them.
    /// </summary>
    /// <remarks>
    /// A fold makes the counter shares of the old ids the present id's own, to be summed by its next increment, so no share may be summed twice: every
    /// ring member must have the same dots of all old ids (a fallback: none), and no message may be under way that brings others. What was sent before
    /// the first look is delivered or dead by the second, and a member answers when all that had reached it is durable.
    /// </remarks>
    /// <param name="now">Monotonic.</param>
    /// <param name="messageLifetimeMax">After this time a message that was sent is delivered or never will be.</param>
    /// <param name="effects">What is to be done.</param>
    public void TryFold(TimeSpan now, TimeSpan messageLifetimeMax, List<ReplicaEffect> effects)
    {
        var old = OldDots(Replica.Clock);
        if (!IsPrimary || !HasSynced || old.IsEmpty || _identity is { } wanted && wanted != Replica.Self)
        {
            _foldAfter = null;
            return;
        }

        if (_foldAfter is null || !old.Equals(_toFold))
        {
            // Twice: what is heard after that was also sent after the lifetime of all that was under way at the first look.
            (_foldAfter, _toFold, _foldAsked) = (now + (2 * messageLifetimeMax), old, false);
            return;
        }

        if (now < _foldAfter) return;
        if (!_foldAsked) _heardForFold.Clear();
        _foldAsked = true;
        if (AllAgreeToFold())
        {
            (_foldAfter, _foldAsked) = (null, false);
            StageAlone(_ => OldDots(Replica.Clock).Equals(old) && Replica.TryStageFold(), effects);
            return;
        }

        foreach (var member in _otherMembers) effects.Add(new ReplicaEffect.Send(member, new PeerMessage.StampAsk()));
    }

    /// <summary>True where every other ring member has said that it has the same dots of the old ids, or none as a fallback.</summary>
    protected internal virtual bool AllAgreeToFold() => _otherMembers.All(member => _heardForFold.TryGetValue(member, out var stamp) && AgreesToFold(stamp));

    private bool AgreesToFold(Stamp stamp)
    {
        var theirs = OldDots(Replica.Resolve(stamp.Clock));
        return stamp.RingVersion == Watermarks.RingVersion && (theirs.Equals(_toFold) || (!stamp.IsPrimary && theirs.IsEmpty));
    }

    private DotSet OldDots(DotSet clock)
    {
        var old = new DotSet.Builder();
        foreach (var range in clock)
        {
            if (range.Replica.Node == Self && range.Replica != Replica.Self) old.Add(range.Replica, range.First, range.Last);
        }

        return old.ToSet();
    }

    private void NoteForFold(NodeName from, Stamp stamp)
    {
        if (_foldAsked) _heardForFold[from] = stamp;
    }

    /// <summary>Folds stand alone: they are taken in before the records that come with them, which may use the new names.</summary>
    private void LearnFolds(IReadOnlyList<Record> records, List<ReplicaEffect> effects)
    {
        foreach (var record in records)
        {
            if (record.Kind != RecordKind.Fold || Replica.KnowsFold(record)) continue;
            StageAlone(_ => StageFold(record), effects);
        }
    }

    private bool StageFold(Record record)
    {
        return !Replica.KnowsFold(record) && Replica.Stage(record, out _);
    }
}
