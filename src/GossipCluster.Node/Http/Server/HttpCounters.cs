namespace GossipCluster.Node.Http;

/// <summary>What <c>/stats</c> counts, since the process started.</summary>
internal sealed class HttpCounters
{
    private long _gets;
    private long _puts;
    private long _refused;

    /// <summary>Reads asked of the store.</summary>
    public long Gets => Interlocked.Read(ref _gets);

    /// <summary>Writes asked of the store.</summary>
    public long Puts => Interlocked.Read(ref _puts);

    /// <summary>Operations answered with 503.</summary>
    public long Unavailable => Interlocked.Read(ref _refused);

    public void CountGet() => Interlocked.Increment(ref _gets);

    public void CountPut() => Interlocked.Increment(ref _puts);

    public void CountUnavailable() => Interlocked.Increment(ref _refused);
}
