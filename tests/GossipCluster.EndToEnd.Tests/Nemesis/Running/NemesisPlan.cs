using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>What will be done to a cluster: a function of the seed and the time, and of nothing else.</summary>
/// <param name="Seed">From which it follows.</param>
/// <param name="Duration">How long faults begin.</param>
/// <param name="Nodes">With how many nodes the cluster starts.</param>
/// <param name="Faults">In the order of their beginnings.</param>
internal sealed record NemesisPlan(int Seed, TimeSpan Duration, int Nodes, IReadOnlyList<Fault> Faults)
{
    /// <summary>So many faults at the same time; a ring change counts as one.</summary>
    public const int FaultsAtOnceMax = 2;

    /// <summary>The ring never has fewer members: n_val of the default types, so that every write finds its primaries.</summary>
    public const int MembersMin = 3;

    /// <summary>So many processes, members or not.</summary>
    public const int NodesMax = 6;

    /// <summary>No node hangs for longer.</summary>
    public static readonly TimeSpan FaultMax = TimeSpan.FromSeconds(20);

    // A lost disk waits for convergence twice: too long for the short run.
    private static readonly TimeSpan LoseDiskFrom = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RingChangeTakes = TimeSpan.FromSeconds(10);

    /// <summary>The plan of a seed.</summary>
    public static NemesisPlan Of(int seed, TimeSpan duration, int nodes = 4)
    {
        var maker = new Maker(new Random(seed), duration, nodes);
        return new NemesisPlan(seed, duration, nodes, maker.Make());
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"nemesis, seed {Seed}, {Duration.TotalSeconds} s, {Nodes} nodes; again with GOSSIPCLUSTER_NEMESIS_SEED={Seed} GOSSIPCLUSTER_NEMESIS_SECONDS={Duration.TotalSeconds:0}\n{string.Join('\n', Faults)}");

    private sealed class Maker(Random random, TimeSpan duration, int nodes)
    {
        private readonly List<Fault> _faults = [];
        private readonly List<int> _members = [.. Enumerable.Range(1, nodes)];
        private readonly List<int> _left = [];
        private int _nodes = nodes;

        public List<Fault> Make()
        {
            // Their own moments, for which others make room: by chance it is seldom quiet.
            var losses = new Queue<TimeSpan>(duration < LoseDiskFrom ? [] : [duration * (0.2 + (random.NextDouble() * 0.3)), duration * (0.6 + (random.NextDouble() * 0.3))]);
            for (var at = TimeSpan.FromSeconds(1); at < duration; at += Between(0.3, 3))
            {
                var busy = _faults.Where(fault => End(fault) > at).ToArray();
                if (losses.TryPeek(out var loss) && loss <= at)
                {
                    if (busy.Length > 0) continue;
                    losses.Dequeue();
                    _faults.Add(new Fault.LoseDisk(at, Between(0.2, 8), _members[random.Next(_members.Count)]));
                    continue;
                }

                if (busy.Length >= FaultsAtOnceMax || busy.Any(fault => fault.IsAlone)) continue;
                var free = Enumerable.Range(1, _nodes).Except(busy.SelectMany(fault => fault.Nodes)).ToArray();
                if (Draw(at, free, isQuiet: busy.Length == 0, isRingFree: !busy.Any(fault => fault.ChangesRing)) is { } fault) _faults.Add(fault);
            }

            return _faults;
        }

        private Fault? Draw(TimeSpan at, int[] free, bool isQuiet, bool isRingFree)
        {
            random.Shuffle(free);
            var length = Between(0.5, Math.Min(FaultMax.TotalSeconds, duration.TotalSeconds / 4));
            var brief = Between(0.2, Math.Min(8, duration.TotalSeconds / 4));
            switch (random.Next(100))
            {
                case < 22: return free is [var killed, ..] ? new Fault.Kill(at, brief, killed, random.Next(4) == 0) : null;
                case < 30: return free is [var restarted, ..] ? new Fault.Restart(at, brief, restarted, random.Next(4) == 0) : null;
                case < 46: return free is [var paused, ..] ? new Fault.Pause(at, length, paused) : null;
                case < 54: return free is [var a, var b, ..] ? new Fault.Cut(at, length, a, b) : null;
                case < 62: return free is [var from, var to, ..] ? new Fault.CutOneWay(at, length, from, to) : null;
                case < 72: return isQuiet ? PartitionOf(at, length, free) : null;
                case < 78: return free is [var c, var d, ..] ? new Fault.Flap(at, length, c, d, random.Next(2, 5)) : null;
                case < 82: return free is [var e, var f, ..] ? new Fault.Throttle(at, length, e, f, random.Next(2, 60) * 1000) : null;
                case < 85: return free is [var g, var h, ..] ? new Fault.Disconnect(at, g, h) : null;
                case < 93: return isRingFree ? JoinOf(at, free) : null;
                default: return isRingFree && _members.Count > MembersMin ? LeaveOf(at) : null;
            }
        }

        private Fault.Partition PartitionOf(TimeSpan at, TimeSpan length, int[] free)
        {
            var side = random.Next(1, (free.Length / 2) + 1);
            return new Fault.Partition(at, length, [.. free.Take(side).Order()], [.. free.Skip(side).Order()]);
        }

        private Fault.Join? JoinOf(TimeSpan at, int[] free)
        {
            var back = free.Intersect(_left).ToArray();
            var isNew = back.Length == 0 || (_nodes < NodesMax && random.Next(2) == 0);
            if (isNew && _nodes == NodesMax) return null;
            var node = isNew ? ++_nodes : back[0];
            _left.Remove(node);
            _members.Add(node);
            return new Fault.Join(at, node, isNew);
        }

        private Fault.Leave LeaveOf(TimeSpan at)
        {
            var node = _members[random.Next(_members.Count)];
            _members.Remove(node);
            _left.Add(node);
            return new Fault.Leave(at, node);
        }

        private static TimeSpan End(Fault fault) => fault.At + (fault.ChangesRing ? RingChangeTakes : fault.IsAlone ? fault.For + RingChangeTakes : fault.For);

        private TimeSpan Between(double from, double to) => TimeSpan.FromMilliseconds(Math.Round((from + (random.NextDouble() * (to - from))) * 10) * 100);
    }
}
