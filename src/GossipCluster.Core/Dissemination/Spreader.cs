namespace GossipCluster.Core.Dissemination;

/// <summary>What the three ways have in common: names of messages, what was seen of late, digests, and peers that have restarted.</summary>
internal abstract class Spreader : IDissemination
{
    private ulong _published;

    protected Spreader(PeerId self, RecentOptions recent, ExchangeOptions exchange, Random random)
    {
        Self = self;
        Random = random;
        Recent = new RecentMessages(recent, Counters);
        Exchange = new DigestExchange(exchange, Recent, random, Counters);
    }

    public PeerId Self { get; }

    public DisseminationCounters Counters { get; } = new();

    public virtual TimeSpan NextDue => Exchange.NextDue;

    internal RecentMessages Recent { get; }

    protected DigestExchange Exchange { get; }

    protected MemberList Members { get; private set; } = MemberList.Empty;

    protected Random Random { get; }

    public IReadOnlyList<DisseminationEffect> Learn(MemberList members, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(members);
        Members = members;
        Exchange.Start(now);
        var outbox = new Outbox();
        OnMembers(now, outbox);
        return Done(now, outbox);
    }

    public IReadOnlyList<DisseminationEffect> Publish(ReadOnlyMemory<byte> payload, TimeSpan now)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, DisseminationWire.PayloadBytesMax, nameof(payload));
        var gossip = new DisseminationMessage.Gossip(new MessageId(Self, ++_published), 0, TimeSpan.Zero, GossipWay.Pushed, payload);
        Counters.Published++;
        Recent.TryAdd(gossip, now);
        var outbox = new Outbox();
        OnPublished(gossip, now, outbox);
        return Done(now, outbox);
    }

    public IReadOnlyList<DisseminationEffect> Receive(DisseminationParcel parcel, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(parcel);
        if (parcel.To != Self || parcel.From.Node == Self.Node || IsEarlierLife(parcel.From))
        {
            Counters.EarlierLives++;
            return [];
        }

        var outbox = new Outbox();
        OnReceived(parcel.From, parcel.Message, now, outbox);
        return Done(now, outbox);
    }

    public IReadOnlyList<DisseminationEffect> Suspect(PeerId peer, TimeSpan now)
    {
        var outbox = new Outbox();
        OnSuspected(peer, now, outbox);
        return Done(now, outbox);
    }

    public IReadOnlyList<DisseminationEffect> Tick(TimeSpan now)
    {
        var outbox = new Outbox();
        if (Exchange.TakeDue(now) && PickForExchange() is { } peer) Exchange.Ask(peer, Beacon, wantsAnswer: true, now, outbox);
        OnTick(now, outbox);
        return Done(now, outbox);
    }

    public IReadOnlyList<DisseminationEffect> Leave(TimeSpan now)
    {
        var outbox = new Outbox();
        OnLeaving(outbox);
        return Done(now, outbox);
    }

    /// <summary>By what this node's overlay is known, where there is one.</summary>
    protected virtual Beacon? Beacon => null;

    protected virtual bool IsEarlierLife(PeerId peer) => Members.KnowsLater(peer);

    protected virtual PeerId? PickForExchange() => Members.PickOther(Self.Node, Random);

    protected virtual void OnMembers(TimeSpan now, Outbox outbox)
    {
    }

    protected virtual void OnPublished(DisseminationMessage.Gossip gossip, TimeSpan now, Outbox outbox)
    {
    }

    /// <summary>Takes payloads and digests; of nodes that spread news another way the rest is nothing to this one.</summary>
    protected virtual void OnReceived(PeerId from, DisseminationMessage message, TimeSpan now, Outbox outbox)
    {
        switch (message)
        {
            case DisseminationMessage.Gossip gossip when Recent.TryAdd(gossip, now):
                Counters.Delivered++;
                if (gossip.Way == GossipWay.Exchanged) Counters.DeliveredByExchange++;
                outbox.Deliver(gossip.Id, gossip.Payload, gossip.Hop);
                break;
            case DisseminationMessage.Digest digest:
                Exchange.Receive(from, digest, Beacon, now, outbox);
                break;
        }
    }

    protected virtual void OnSuspected(PeerId peer, TimeSpan now, Outbox outbox)
    {
    }

    protected virtual void OnTick(TimeSpan now, Outbox outbox)
    {
    }

    protected virtual void OnLeaving(Outbox outbox)
    {
    }

    /// <summary>After each input, before its effects are handed out.</summary>
    protected virtual void OnDone(TimeSpan now, Outbox outbox)
    {
    }

    private List<DisseminationEffect> Done(TimeSpan now, Outbox outbox)
    {
        OnDone(now, outbox);
        return outbox.Effects;
    }
}
