using GossipCluster.Core.Causality;
using GossipCluster.Core.Feeds;

namespace GossipCluster.Core.Kernel;

/// <summary>What the change feed asks of a replica. Costs a comparison with null for each change where nobody watches.</summary>
public sealed partial class Replica
{
    private Action<Key>? _changed;
    private FeedJournal? _journal;

    /// <summary>True where changes are noted.</summary>
    public bool IsWatched => _changed is not null;

    /// <summary>From here on each key whose durable items change is told, and which keys the last dots belong to is remembered.</summary>
    /// <param name="changed">Gets the key, when its items have changed and the clock may not have yet. Changes nothing here.</param>
    /// <param name="entriesMax">How many runs of dots are remembered.</param>
    public void Watch(Action<Key> changed, int entriesMax) => (_changed, _journal) = (changed, new FeedJournal(entriesMax));

    /// <summary>Nobody is told any more.</summary>
    public void Unwatch() => (_changed, _journal) = (null, null);

    /// <summary>The keys that have changed since a clock, those that are gone by now along. What a fold renames has not changed.</summary>
    /// <param name="known">The clock.</param>
    /// <returns>Null where it cannot be told: too long ago.</returns>
    public IReadOnlyCollection<Key>? ChangedSince(DotSet known)
    {
        var missing = Clock.Except(_table.Resolve(known));
        var keys = new HashSet<Key>(Key.Comparer.Instance);
        if (missing.IsEmpty) return keys;
        var unlogged = missing.Intersect(_unlogged.ToSet());
        if (!unlogged.IsEmpty && _journal?.TryFind(unlogged, keys) != true) return null;
        foreach (var range in missing.Except(unlogged))
        {
            var slot = _table.Find(range.Replica);
            for (var counter = range.First; counter <= range.Last;)
            {
                if (_log.Find(slot, counter, out var last) is not { } entry) return null;
                counter = last + 1;
                if (entry.Fold is null) keys.Add(entry.Key);
            }
        }

        return keys;
    }

    /// <summary>Some of the keys that exist: a step of a walk that misses no key which is there all the time.</summary>
    /// <param name="position">0 at the start, and then what the step before gave.</param>
    /// <param name="next">Where the next step starts; null after the last.</param>
    public IEnumerable<Key> KeysFrom(ulong position, out ulong? next)
    {
        var step = WalkStep(position, out _, out var after);
        next = after >= KeyTable.WalkEnd ? null : after;
        return step.Keys;
    }

    private void JournalTaken(LogEntry entry)
    {
        foreach (var range in entry.Ranges) _journal!.Add(entry.Key, _table[range.Slot], range.First, range.Last);
    }
}
