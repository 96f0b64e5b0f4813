using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Simulation.Tests;

/// <summary>What a run is made of: everything follows from the seed.</summary>
internal sealed record SimPlan(int Seed, Mutant Mutant = Mutant.None)
{
    /// <summary>How many client and nemesis steps.</summary>
    public int Steps { get; init; } = 220;

    /// <summary>More events than any run has that gets somewhere.</summary>
    public int EventsMax { get; init; } = 60_000;

    public int Nodes { get; init; } = 6;

    public int FirstMembers { get; init; } = 5;

    public int Partitions { get; init; } = 1;

    public int N { get; init; } = 3;

    public int W { get; init; } = 2;

    public double Loss { get; init; } = .1;

    public double Duplication { get; init; } = .1;

    /// <summary>Messages arrive within this many milliseconds of virtual time, or never.</summary>
    public int DelayMax { get; init; } = 60;

    /// <summary>How many milliseconds a node that looks for another takes to see that it is there, or gone.</summary>
    public int DetectorDelayMax { get; init; } = 30;

    /// <summary>How often a node where nothing listens says so.</summary>
    public double RefusedConnections { get; init; }

    public TimeSpan HedgeDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>All primaries have synced when the first client comes; else they get to it, or not, in the middle of everything.</summary>
    public bool StartsSynced { get; init; }

    public double WriteFailure { get; init; }

    public double CrashBetweenEffects { get; init; }

    /// <summary>To which kind of trouble the run leans.</summary>
    public Lean Lean { get; init; }

    public ReplicaOptions Replica { get; init; } = ReplicaOptions.Default;

    public ReplicationOptions Replication { get; init; } = ReplicationOptions.Default;

    public static SimPlan Of(int seed, Mutant mutant = Mutant.None)
    {
        var random = new Random(seed);
        var n = new[] { 1, 2, 3, 3, 3 }[random.Next(5)];
        var lean = (Lean)random.Next(5);
        var small = random.Next(3) == 0 || lean == Lean.Transfers;
        return new SimPlan(seed, mutant)
        {
            N = n,
            W = Math.Min(2, n),
            Partitions = random.Next(4) == 0 ? 3 : 1,
            FirstMembers = random.Next(3, 6),
            Loss = random.Next(3) == 0 ? 0 : .15,
            DelayMax = random.Next(3) == 0 ? 10 : random.Next(2) == 0 ? 80 : 600,
            DetectorDelayMax = random.Next(3) == 0 ? 200 : 20,
            RefusedConnections = random.Next(2) == 0 ? .7 : 0,
            HedgeDelay = TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 50 : 15),
            StartsSynced = random.Next(3) != 0,
            WriteFailure = random.Next(4) == 0 ? .03 : 0,
            CrashBetweenEffects = random.Next(3) == 0 ? .01 : 0,
            Lean = lean,
            Replica = small ? new ReplicaOptions { LogDeltaBytesMax = random.Next(100, 1500), LogEntriesMax = random.Next(3, 40) } : ReplicaOptions.Default,
            Replication = new ReplicationOptions { PartBytesMax = lean == Lean.Transfers ? 1 : random.Next(2) == 0 ? 200 : 64 << 10, DeferredMax = random.Next(4) == 0 ? 2 : 1000 },
        };
    }
}

/// <summary>Half of a run's trouble is of this kind.</summary>
internal enum Lean
{
    Nothing,
    Crashes,
    Rings,
    OldDisks,
    Transfers,
}
