using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>Deltas of one key that go to one peer are joined into one (DESIGN 4.4).</summary>
public sealed partial class Replica
{
    /// <summary>The most bytes of deltas, without their heads, that are joined into one; what is beyond is sent by itself.</summary>
    /// <value>64 KiB: a joined delta is hardly longer, and so never much longer than a part of a sync.</value>
    public const int JoinedBytesMax = 64 << 10;

    // A past goes out with every write until its receiver is known to have it: one that is not hardly longer than its longest delta goes one by one.
    private const int PastBytesMore = 64;

    private readonly List<LogEntry> _run = [];
    private readonly RunsOfKeys _runs = new();

    /// <summary>Deltas that were sent as part of a joined one, since the start.</summary>
    public long DeltasJoined { get; private set; }

    /// <summary>The run as a record: its one delta as it is, or several joined.</summary>
    /// <param name="peer">What the receiver is known to have.</param>
    private Record RecordOfRun(DotSet peer)
    {
        var first = _run[0].Delta!;
        if (_run.Count == 1 && first is Delta) return first.ToRecord();
        _joiner.Start();
        foreach (var entry in _run) _joiner.Add(entry.Delta!);
        if (_run.Count > 1) DeltasJoined += _run.Count;
        return (_joiner.Build(first.Key, peer) ?? first).ToRecord();
    }

    /// <summary>The run as records that travel with a newer delta of the key (rule 8).</summary>
    /// <remarks>
    /// Joined only where one write supersedes what another has done, as with counters, registers and flags, so that the whole is hardly longer than its
    /// longest part. The receiver nearly always has most of a past already. One by one it takes no notice of that; of a set's thousand adds in one it would
    /// log all for the sake of the last.
    /// </remarks>
    private void AddPast(DotSet known, List<Record> past)
    {
        if (_run.Count > 1 && PastJoined(known) is { } joined)
        {
            past.Add(joined.ToRecord());
            DeltasJoined += _run.Count;
            return;
        }

        foreach (var entry in _run) past.Add(entry.Delta!.ToRecord());
    }

    private JoinedDelta? PastJoined(DotSet known)
    {
        int longest = 0, bytes = 0;
        for (var i = 0; i < _run.Count; i++)
        {
            if (i > 0 && _run[i].Delta is Delta { HasEvent: false }) return null;
            longest = Math.Max(longest, _run[i].Delta!.Bytes.Length);
            bytes += _run[i].Delta!.BodyBytes;
            if (bytes > JoinedBytesMax) return null;
        }

        _joiner.Start();
        foreach (var entry in _run) _joiner.Add(entry.Delta!);
        return _joiner.Build(_run[0].Key, known) is { } joined && joined.Bytes.Length <= longest + PastBytesMore ? joined : null;
    }
}
