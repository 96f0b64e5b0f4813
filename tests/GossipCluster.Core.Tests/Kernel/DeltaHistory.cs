using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

/// <summary>Deltas that three replicas made of one key, and what each of them says, in the plainest form.</summary>
internal sealed class DeltaHistory
{
    private readonly ReplicaTable _table = new();
    private readonly Key _key;
    private readonly List<Delta> _deltas = [];

    public DeltaHistory((int Writer, int Sync, Operation Operation)[] writes, DataType type)
    {
        _key = Key.Of("type", "b", "k");
        Replica[] writers = [Replicas.New(0), Replicas.New(1), Replicas.New(2)];
        foreach (var (writer, sync, operation) in writes)
        {
            if (sync < 3 && sync != writer) Replicas.Sync(writers[writer], writers[sync], bytesMax: 1);
            var result = writers[writer].Stage(type, _key, operation, Replicas.Now);
            writers[writer].CommitAll();
            if (result.Delta is not { } delta) continue;
            Assert.True(Delta.TryRead(delta.Bytes, _table, null, out var read, out _));
            _deltas.Add(read);
        }
    }

    public IReadOnlyList<int> All => [.. Enumerable.Range(0, _deltas.Count)];

    /// <summary>Some of the deltas, any.</summary>
    public IReadOnlyList<int> Some(Random random)
    {
        var share = random.Next(5);
        return [.. All.Where(_ => random.Next(4) < share)];
    }

    public IEnumerable<Record> Records(IReadOnlyList<int> some, Random random) => some.OrderBy(_ => random.Next()).Select(i => _deltas[i].ToRecord());

    /// <summary>A replica that has got these deltas one by one.</summary>
    public Replica Receiver(IReadOnlyList<int> some)
    {
        var replica = Replicas.New(6);
        Replicas.Feed(replica, some.Select(i => _deltas[i].ToRecord()));
        return replica;
    }

    public Record? Joined(IReadOnlyList<int> some, DotSet known)
    {
        var joiner = new DeltaJoiner(_table);
        joiner.Start();
        foreach (var i in some) joiner.Add(_deltas[i]);
        return joiner.Build(_key, known)?.ToRecord();
    }

    /// <summary>Joined deltas, joined.</summary>
    public Record? JoinedOf(params Record?[] runs)
    {
        var joiner = new DeltaJoiner(_table);
        joiner.Start();
        foreach (var run in runs)
        {
            if (run is not { } record) continue;
            Assert.True(JoinedDelta.TryRead(record.Bytes, _table, null, out var joined, out var error), error.ToString());
            joiner.Add(joined);
        }

        return joiner.Build(_key, DotSet.Empty)?.ToRecord();
    }

    /// <summary>Rule 2: live is what the clock names and no event that it names has superseded.</summary>
    public void AssertItemsAreWhatTheClockNames(Replica replica)
    {
        var clock = replica.Clock;
        var (live, dead) = (new DotSet.Builder(), new DotSet.Builder());
        foreach (var delta in _deltas)
        {
            var writer = _table[delta.WriterSlot];
            for (var i = 0; i < delta.ItemCount; i++)
            {
                if (clock.Contains(writer, delta.First + i)) live.Add(writer, delta.First + i, delta.First + i);
            }

            if (!delta.HasEvent || !clock.Contains(writer, delta.Last)) continue;
            var groups = delta.Groups;
            while (groups.MoveNext())
            {
                while (groups.MoveNextRun(out var index, out var ranges))
                {
                    long previous = -1;
                    for (var i = 0; i < ranges; i++)
                    {
                        var range = groups.ReadRange(ref previous);
                        dead.Add(_table[delta.Slots[index]], range.First, range.Last);
                    }
                }
            }
        }

        Assert.Equal(live.ToSet().Except(dead.ToSet()), replica.LiveDots(_key));
        Assert.True(clock.Dominates(dead.ToSet()));
    }
}
