namespace GossipCluster.Core.Dissemination;

/// <summary>What a node has seen of late: ids, so that nothing is delivered twice, and payloads, so that others can be given what they lack.</summary>
/// <remarks>
/// A message carries the time for which nodes have held it. So it ends everywhere at about the same moment, without clocks that agree, and does not go
/// round for ever from one cache to the next. Ids stay for twice as long: what comes late is known to have been seen.
/// Both are bounded in number or bytes, in the order of arrival.
/// </remarks>
internal sealed class RecentMessages(RecentOptions options, DisseminationCounters counters)
{
    private readonly Dictionary<MessageId, Entry> _entries = [];
    private readonly Queue<Entry> _arrivals = new();
    private readonly Queue<Entry> _payloads = new();
    private long _payloadBytes;

    /// <summary>Payload bytes kept.</summary>
    public long PayloadBytes => _payloadBytes;

    /// <summary>Ids remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>True where the id is remembered.</summary>
    public bool Has(MessageId id) => _entries.ContainsKey(id);

    /// <summary>Takes a message in. False where it has been seen, or is too old to be spread.</summary>
    public bool TryAdd(DisseminationMessage.Gossip gossip, TimeSpan now)
    {
        Expire(now);
        if (gossip.Age >= options.AgeMax)
        {
            counters.TooOld++;
            return false;
        }

        var entry = new Entry(gossip, now);
        if (!_entries.TryAdd(gossip.Id, entry))
        {
            counters.Duplicates++;
            return false;
        }

        _arrivals.Enqueue(entry);
        _payloads.Enqueue(entry);
        _payloadBytes += gossip.Payload.Length;
        while (_entries.Count > options.IdsMax)
        {
            counters.IdsForgottenEarly++;
            ForgetFirst();
        }

        while (_payloadBytes > options.PayloadBytesMax && EvictFirst()) counters.PayloadsEvicted++;
        return true;
    }

    /// <summary>The message as it is to be sent now: a hop more, and older by the time it was held. Null where it is no longer kept.</summary>
    public DisseminationMessage.Gossip? ToSend(MessageId id, GossipWay way, TimeSpan now) =>
        _entries.TryGetValue(id, out var entry) ? ToSend(entry, way, now) : null;

    /// <summary>Ids of what is still spread, sorted: the latest <paramref name="idsMax"/> of them, and how old the oldest can be.</summary>
    public (List<MessageId> Seen, TimeSpan Horizon) Digest(int idsMax, TimeSpan now)
    {
        var horizon = options.AgeMax;
        var living = _arrivals.Where(entry => entry.AgeAt(now) < options.AgeMax).ToList();
        if (living.Count > idsMax)
        {
            counters.DigestsCut++;
            living.Sort((left, right) => left.AgeAt(now).CompareTo(right.AgeAt(now)));
            horizon = living[idsMax].AgeAt(now);
            living.RemoveRange(idsMax, living.Count - idsMax);
        }

        var seen = living.ConvertAll(entry => entry.Gossip.Id);
        seen.Sort();
        return (seen, horizon);
    }

    /// <summary>What is kept, was held for at least a while, is younger than the horizon, and is not listed: in the order of arrival.</summary>
    public IEnumerable<DisseminationMessage.Gossip> Lacking(HashSet<MessageId> seen, TimeSpan horizon, TimeSpan heldMin, TimeSpan now)
    {
        foreach (var entry in _payloads)
        {
            if (now - entry.At < heldMin || entry.AgeAt(now) >= horizon || seen.Contains(entry.Gossip.Id)) continue;
            if (ToSend(entry, GossipWay.Exchanged, now) is { } gossip) yield return gossip;
        }
    }

    private DisseminationMessage.Gossip? ToSend(Entry entry, GossipWay way, TimeSpan now)
    {
        var age = entry.AgeAt(now);
        if (!entry.HasPayload || age >= options.AgeMax) return null;
        return entry.Gossip with { Hop = Math.Min(entry.Gossip.Hop + 1, DisseminationWire.HopMax), Age = age, Way = way };
    }

    // Arrivals are not quite in the order of their ages; what is behind a younger one stays a little longer.
    private void Expire(TimeSpan now)
    {
        while (_payloads.TryPeek(out var entry) && entry.AgeAt(now) >= options.AgeMax) EvictFirst();
        while (_arrivals.TryPeek(out var entry) && entry.AgeAt(now) >= 2 * options.AgeMax) ForgetFirst();
    }

    private void ForgetFirst()
    {
        var entry = _arrivals.Dequeue();
        _entries.Remove(entry.Gossip.Id);
        while (entry.HasPayload && EvictFirst())
        {
        }
    }

    private bool EvictFirst()
    {
        if (!_payloads.TryDequeue(out var entry)) return false;
        _payloadBytes -= entry.Gossip.Payload.Length;
        entry.Evict();
        return true;
    }

    private sealed class Entry(DisseminationMessage.Gossip gossip, TimeSpan at)
    {
        public DisseminationMessage.Gossip Gossip { get; private set; } = gossip;

        public TimeSpan At => at;

        public bool HasPayload { get; private set; } = true;

        public TimeSpan AgeAt(TimeSpan now) => Gossip.Age + (now - at);

        public void Evict()
        {
            Gossip = Gossip with { Payload = default };
            HasPayload = false;
        }
    }
}
