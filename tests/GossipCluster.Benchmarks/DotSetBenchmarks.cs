using BenchmarkDotNet.Attributes;
using GossipCluster.Core.Causality;

namespace GossipCluster.Benchmarks;

/// <summary>Clock arithmetic: three replica ids, each with one range (a cluster that keeps up) or with a hundred (one that lost every other message).</summary>
public class DotSetBenchmarks
{
    private static readonly ReplicaId[] Ids = [.. Enumerable.Range(1, 3).Select(i => new ReplicaId(NodeName.Of($"node-{i}"), 0x1234_5678_9ABC_DE00 + (ulong)i))];
    private DotSet _clock = DotSet.Empty;
    private DotSet _peer = DotSet.Empty;
    private DotSet.Builder _builder = new();
    private long _next = 1_000_000;

    /// <summary>Ranges of each replica id.</summary>
    [Params(1, 100)]
    public int Ranges { get; set; }

    /// <summary>The peer lacks the last ten dots of one id, and where there are gaps also one dot in each range.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var (clock, peer) = (new DotSet.Builder(), new DotSet.Builder());
        foreach (var id in Ids)
        {
            for (var i = 0; i < Ranges; i++)
            {
                clock.Add(id, (i * 1_000) + 1, (i * 1_000) + 900);
                peer.Add(id, (i * 1_000) + 1, (i * 1_000) + (Ranges == 1 && id != Ids[0] ? 900 : 890));
            }
        }

        (_clock, _peer) = (clock.ToSet(), peer.ToSet());
        _builder = _clock.ToBuilder();
    }

    /// <summary>What a sync must send.</summary>
    [Benchmark]
    public DotSet Except() => _clock.Except(_peer);

    /// <summary>The entropy.</summary>
    [Benchmark]
    public long Count_missing() => _clock.CountMissing(_peer);

    /// <summary>What every primary has.</summary>
    [Benchmark]
    public DotSet Intersect() => _clock.Intersect(_peer);

    /// <summary>What a quorum read has seen.</summary>
    [Benchmark]
    public DotSet Union() => _clock.Union(_peer);

    /// <summary>Is everything seen?</summary>
    [Benchmark]
    public bool Dominates() => _clock.Dominates(_peer);

    /// <summary>Is a dot seen?</summary>
    [Benchmark]
    public bool Contains() => _clock.Contains(Ids[2], 450);

    /// <summary>A replica takes in its next dot.</summary>
    [Benchmark]
    public void Builder_add() => _builder.Add(Ids[1], _next, _next++);

    /// <summary>A replica takes in its next dot after its clock was told to somebody.</summary>
    [Benchmark]
    public DotSet Builder_add_and_to_set()
    {
        _builder.Add(Ids[1], _next, _next++);
        return _builder.ToSet();
    }
}
