namespace GossipCluster.Actors.Links;

/// <summary>Decides when the connections to a node are to be made anew: they stand, and nothing comes of it. Pure: time comes in.</summary>
/// <remarks>
/// Connections of Akka.Remote can stand and yet be of no use, for as long as nobody closes them:
/// <code>
///   late handshake   n1 -&gt; n2 stands and serves both ways. A call of n2 that n2 has long given up is taken up late by n1, which reads from that one now, and goes on
///                    reading from it when it is closed at once: what n2 says arrives on the first one, where nobody reads
///   half open        n1 has lost a connection and n2 was not told. n1 calls again and is heard; n2 goes on writing into the old one
///   another life     the same after a restart of n1 without a word, where there were two connections
/// </code>
/// The link is what notices, from end to end; before there is one, whoever asks an address and gets no answer. A peer that is connected and has only not started yet is spared by doubling the time with each reset.
/// </remarks>
internal sealed class SilentConnections(TimeSpan resetAfter)
{
    /// <summary>How many addresses are remembered. Beyond, all are forgotten, and each is met again with its next connection.</summary>
    public const int AddressesMax = 4096;

    /// <summary>Up to how many times <c>resetAfter</c> a connection is given in the end.</summary>
    public const int PatienceMax = 16;

    private readonly Dictionary<string, Standing> _standings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>A connection stands, whoever called.</summary>
    public void Made(string address, TimeSpan now)
    {
        if (!_standings.TryGetValue(address, out var standing))
        {
            if (_standings.Count >= AddressesMax) _standings.Clear();
            _standings[address] = standing = new Standing { Patience = resetAfter };
        }

        standing.MadeAt = now;
    }

    /// <summary>To be asked again and again; true once for each connection that was made.</summary>
    public bool MustReset(string address, bool isReachable, TimeSpan now)
    {
        if (!_standings.TryGetValue(address, out var standing)) return false;
        if (isReachable)
        {
            (standing.SilentSince, standing.Patience) = (null, resetAfter);
            return false;
        }

        var silentSince = standing.SilentSince ??= now;
        if (standing.MadeAt is not { } madeAt || now - silentSince < standing.Patience || now - madeAt < standing.Patience) return false;
        (standing.MadeAt, standing.SilentSince) = (null, null);
        standing.Patience = TimeSpan.FromTicks(Math.Min(standing.Patience.Ticks * 2, resetAfter.Ticks * PatienceMax));
        return true;
    }

    /// <summary>From now on this address owes an answer. One of the node's seeds: they are few.</summary>
    public void Asked(string address) => _asked.Add(address);

    /// <summary>It has given one.</summary>
    public void Answered(string address)
    {
        _asked.Remove(address);
        if (_standings.TryGetValue(address, out var standing)) (standing.SilentSince, standing.Patience) = (null, resetAfter);
    }

    /// <summary>Those that owe an answer and whose connections are to be made anew; each once for each connection that was made.</summary>
    public IReadOnlyList<string> Unanswered(TimeSpan now) => [.. _asked.Where(address => MustReset(address, isReachable: false, now))];

    private sealed class Standing
    {
        public TimeSpan? MadeAt { get; set; }

        public TimeSpan? SilentSince { get; set; }

        public TimeSpan Patience { get; set; }
    }
}
