using Akka.Actor;
using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>What of the log is still there, and why: its size by stretches, and from where on each replica needs it. Pure.</summary>
/// <param name="stretchBytes">Where a stretch ends: the log is cut between two of them.</param>
internal sealed class LogTail(long stretchBytes)
{
    private readonly Queue<Stretch> _stretches = new();
    private readonly Dictionary<ReplicaAddress, ReplicaTail> _replicas = [];
    private Stretch? _newest;

    /// <summary>Bytes of events that are not cut.</summary>
    public long Bytes { get; private set; }

    /// <summary>Events that are not cut.</summary>
    public long Events { get; private set; }

    /// <summary>The last position of the log; 0 where nothing was ever logged.</summary>
    public long Last { get; private set; }

    /// <summary>Everything up to here is cut.</summary>
    public long CutTo { get; private set; }

    /// <summary>The first position that some replica needs. One that is idle needs nothing.</summary>
    public long NeededFrom => NeededFromWith(default, null);

    /// <summary>Replicas that need some of the log, the one that needs the oldest first: a snapshot of it lets the log be cut.</summary>
    public IEnumerable<(ReplicaAddress Replica, IActorRef? Owner)> OldestFirst =>
        _replicas.Where(entry => entry.Value.NeededFrom > 0).OrderBy(entry => entry.Value.NeededFrom).Select(entry => (entry.Key, entry.Value.Owner));

    /// <summary>Some hundred stretches, whatever the bound of the log is.</summary>
    public static LogTail For(StorageOptions options) => new(Math.Clamp(options.TailBytesMax / 256, 4 << 10, 1 << 20));

    /// <summary>Before the first event: where the log begins and ends.</summary>
    public void Start(long cutTo, long last) => (CutTo, Last) = (cutTo, Math.Max(Last, last));

    /// <summary>An event is in the log.</summary>
    public void Add(long position, int bytes)
    {
        Last = position;
        Bytes += bytes;
        Events++;
        if (_newest is null || _newest.Bytes >= stretchBytes) _stretches.Enqueue(_newest = new Stretch());
        _newest.Add(position, bytes);
    }

    /// <summary>The event at this position has something of the replica.</summary>
    /// <param name="replica">Whose.</param>
    /// <param name="position">Of the event.</param>
    /// <param name="owner">Who sent it.</param>
    public void Needs(ReplicaAddress replica, long position, IActorRef? owner = null)
    {
        if (!_replicas.TryGetValue(replica, out var tail)) _replicas[replica] = tail = new ReplicaTail();
        if (tail.NeededFrom == 0) tail.NeededFrom = position;
        tail.Last = position;
        tail.Owner = owner ?? tail.Owner;
    }

    /// <summary>A snapshot has everything of the replica up to a position.</summary>
    public void Covered(ReplicaAddress replica, long position)
    {
        if (_replicas.TryGetValue(replica, out var tail)) tail.NeededFrom = tail.NeededFromAfter(position);
    }

    /// <summary>What <see cref="NeededFrom"/> will be when a snapshot of this replica counts, which has everything up to a position.</summary>
    public long NeededFromWith(ReplicaAddress replica, long? position)
    {
        var from = Last + 1;
        foreach (var (address, tail) in _replicas)
        {
            var own = position is { } covered && address == replica ? tail.NeededFromAfter(covered) : tail.NeededFrom;
            if (own > 0) from = Math.Min(from, own);
        }

        return from;
    }

    /// <summary>Where the next cut goes to: as far as the bytes allow, and never behind a position that is needed. Null where there is nothing to cut.</summary>
    /// <remarks>A stretch is cut as a whole or not yet.</remarks>
    public long? NextCut(long neededFrom, long cutBytesMax)
    {
        var bytes = 0L;
        long? to = null;
        foreach (var stretch in _stretches)
        {
            if (stretch.Last >= neededFrom || (bytes > 0 && bytes + stretch.Bytes > cutBytesMax)) break;
            bytes += stretch.Bytes;
            to = stretch.Last;
        }

        return to;
    }

    /// <summary>The log was cut up to a position; gives the bytes.</summary>
    public long Cut(long to)
    {
        var before = Bytes;
        CutTo = Math.Max(CutTo, to);
        while (_stretches.TryPeek(out var oldest) && oldest.Last <= to)
        {
            Bytes -= oldest.Bytes;
            Events -= oldest.Events;
            if (ReferenceEquals(_stretches.Dequeue(), _newest)) _newest = null;
        }

        return before - Bytes;
    }

    private sealed class Stretch
    {
        public long Last { get; private set; }

        public long Bytes { get; private set; }

        public int Events { get; private set; }

        public void Add(long position, int bytes)
        {
            Last = position;
            Bytes += bytes;
            Events++;
        }
    }

    private sealed class ReplicaTail
    {
        /// <summary>0: nothing of the log is needed.</summary>
        public long NeededFrom { get; set; }

        public long Last { get; set; }

        public IActorRef? Owner { get; set; }

        public long NeededFromAfter(long position) => Last <= position ? 0 : Math.Max(NeededFrom, position + 1);
    }
}
