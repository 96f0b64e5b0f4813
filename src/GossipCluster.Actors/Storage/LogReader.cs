using System.Collections.Immutable;
using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>Takes the events of the log's tail one by one, skips those that were written twice, and notices those that are missing. Pure.</summary>
/// <remarks>
/// Each event names the position of the one before it, so a row that went missing shows. An event whose write failed, though it landed, was written again
/// under the next position, byte for byte: the second has the same incarnation and number.
/// </remarks>
internal sealed class LogReader(SnapshotCatalogue catalogue)
{
    private readonly ImmutableDictionary<string, ReadOnlyMemory<byte>>.Builder _facts = catalogue.Facts.ToBuilder();
    private (ulong Incarnation, long Number) _last;

    /// <summary>The position of the last event that was taken; before the first, the one before which nothing is needed.</summary>
    public long Position { get; private set; } = catalogue.NeededFrom - 1;

    /// <summary>Events that were skipped because they were there already.</summary>
    public int DoubledCount { get; private set; }

    public ImmutableDictionary<string, ReadOnlyMemory<byte>> Facts => _facts.ToImmutable();

    /// <summary>Takes an event: its batches go to <paramref name="batches"/>, its facts are remembered.</summary>
    /// <exception cref="StorageDamagedException">It is damaged, or one before it is missing.</exception>
    public void Take(long position, byte[] bytes, Action<ReplicaAddress, ReadOnlyMemory<byte>> batches)
    {
        if (!CommitLogEventReader.TryOpen(bytes, out var reader, out var error)) throw new StorageDamagedException($"The event at position {position} of the log is damaged: {error}");
        var isDoubled = (reader.Incarnation, reader.Number) == _last;
        if (!isDoubled && reader.Previous > Position)
        {
            throw new StorageDamagedException($"Events of the log are missing: position {position} follows {reader.Previous}, but the last one that was found is {Position}.");
        }

        (_last, Position) = ((reader.Incarnation, reader.Number), position);
        if (isDoubled)
        {
            DoubledCount++;
            return;
        }

        while (reader.TryRead(out var kind, out var replica, out var name, out var content))
        {
            if (kind == CommitLogEntryKind.Batch) batches(replica, content);
            else if (position > catalogue.Position) Remember(name, content);
        }

        if (reader.Failed) throw new StorageDamagedException($"The event at position {position} of the log is damaged: {reader.Error}");
    }

    /// <summary>The log has been read.</summary>
    /// <exception cref="StorageDamagedException">It is shorter than it was when the catalogue was written.</exception>
    public void End(long highest)
    {
        if (highest < catalogue.Position) throw new StorageDamagedException($"The log ends at position {highest}, but went on to {catalogue.Position} when the last snapshot was made: it was lost, or is an older copy.");
    }

    private void Remember(string name, ReadOnlyMemory<byte> value)
    {
        if (value.IsEmpty) _facts.Remove(name);
        else _facts[name] = value.ToArray();
    }
}
