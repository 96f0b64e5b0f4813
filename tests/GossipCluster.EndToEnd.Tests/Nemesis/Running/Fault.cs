using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>One fault of a plan: what, on whom, when, for how long. Nodes are numbers: 1 is n1.</summary>
/// <param name="At">Since the faults began.</param>
/// <param name="For">Until it is undone; zero where there is nothing to undo.</param>
internal abstract record Fault(TimeSpan At, TimeSpan For)
{
    /// <summary>Nodes that no other fault may touch meanwhile.</summary>
    public abstract IReadOnlyList<int> Nodes { get; }

    /// <summary>Nothing else may be wrong while it lasts.</summary>
    public virtual bool IsAlone => false;

    /// <summary>It changes who holds what.</summary>
    public virtual bool ChangesRing => false;

    /// <summary>What it is, in words.</summary>
    public abstract string Words { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,6:0.0} s  {Words}{(For > TimeSpan.Zero ? $", {For.TotalSeconds:0.0} s" : string.Empty)}");

    /// <summary>kill -9, and a start on the same disk.</summary>
    public sealed record Kill(TimeSpan At, TimeSpan For, int Node, bool OtherPorts) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [Node];

        public override string Words => $"kill n{Node}{(OtherPorts ? ", back on other ports" : string.Empty)}";
    }

    /// <summary>A clean stop and a start.</summary>
    public sealed record Restart(TimeSpan At, TimeSpan For, int Node, bool OtherPorts) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [Node];

        public override string Words => $"restart n{Node}{(OtherPorts ? ", on other ports" : string.Empty)}";
    }

    /// <summary>kill -9, and a start on an empty disk. Begins when all replicas are equal, and lasts until they are again.</summary>
    public sealed record LoseDisk(TimeSpan At, TimeSpan For, int Node) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [Node];

        public override bool IsAlone => true;

        public override string Words => $"n{Node} loses its disk";
    }

    /// <summary>SIGSTOP, SIGCONT.</summary>
    public sealed record Pause(TimeSpan At, TimeSpan For, int Node) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [Node];

        public override string Words => $"pause n{Node}";
    }

    /// <summary>Silence between two nodes.</summary>
    public sealed record Cut(TimeSpan At, TimeSpan For, int A, int B) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [A, B];

        public override string Words => $"cut n{A} and n{B}";
    }

    /// <summary>What one sends the other does not arrive.</summary>
    public sealed record CutOneWay(TimeSpan At, TimeSpan For, int From, int To) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [From, To];

        public override string Words => $"cut n{From} -> n{To}";
    }

    /// <summary>Some nodes on one side, all others on the other.</summary>
    public sealed record Partition(TimeSpan At, TimeSpan For, IReadOnlyList<int> Side, IReadOnlyList<int> Others) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [.. Side, .. Others];

        public override string Words => $"partition {string.Join(' ', Side.Select(node => $"n{node}"))} | {string.Join(' ', Others.Select(node => $"n{node}"))}";
    }

    /// <summary>Cut and healed a few times within its time.</summary>
    public sealed record Flap(TimeSpan At, TimeSpan For, int A, int B, int Times) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [A, B];

        public override string Words => string.Create(CultureInfo.InvariantCulture, $"cut and heal n{A} and n{B} {Times} times");
    }

    /// <summary>So many bytes a second between two nodes.</summary>
    public sealed record Throttle(TimeSpan At, TimeSpan For, int A, int B, int BytesPerSecond) : Fault(At, For)
    {
        public override IReadOnlyList<int> Nodes => [A, B];

        public override string Words => string.Create(CultureInfo.InvariantCulture, $"throttle n{A} and n{B} to {BytesPerSecond} bytes a second");
    }

    /// <summary>The connections between two nodes are closed.</summary>
    public sealed record Disconnect(TimeSpan At, int A, int B) : Fault(At, TimeSpan.Zero)
    {
        public override IReadOnlyList<int> Nodes => [A, B];

        public override string Words => $"disconnect n{A} and n{B}";
    }

    /// <summary>A new node is started and joins, or one that had left is told to.</summary>
    public sealed record Join(TimeSpan At, int Node, bool IsNew) : Fault(At, TimeSpan.Zero)
    {
        public override IReadOnlyList<int> Nodes => [Node];

        public override bool ChangesRing => true;

        public override string Words => $"n{Node} joins{(IsNew ? string.Empty : " again")}";
    }

    /// <summary>A node is taken out of the ring. Its process stays, and may suffer other faults while it hands over.</summary>
    public sealed record Leave(TimeSpan At, int Node) : Fault(At, TimeSpan.Zero)
    {
        public override IReadOnlyList<int> Nodes => [];

        public override bool ChangesRing => true;

        public override string Words => $"n{Node} leaves";
    }
}
