namespace GossipCluster.MultiNode.TestKit;

/// <summary>Some ports in a row that belong to this test run until disposed.</summary>
public sealed class PortRange : IDisposable
{
    private const int Length = 8;
    private readonly IReadOnlyList<PortLease> _leases;

    private PortRange(IReadOnlyList<PortLease> leases) => _leases = leases;

    /// <summary>The first of eight.</summary>
    public int First => _leases[0].Port;

    /// <summary>Takes eight ports in a row.</summary>
    public static PortRange Take()
    {
        var leases = new List<PortLease>();
        while (leases.Count < Length)
        {
            leases.Add(PortLease.Take());
            if (leases.Count == 1 || leases[^1].Port == leases[^2].Port + 1) continue;

            // A gap: what came before it is of no use.
            foreach (var lease in leases.SkipLast(1)) lease.Dispose();
            leases.RemoveRange(0, leases.Count - 1);
        }

        return new PortRange(leases);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lease in _leases) lease.Dispose();
    }
}
