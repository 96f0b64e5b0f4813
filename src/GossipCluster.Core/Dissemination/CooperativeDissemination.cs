namespace GossipCluster.Core.Dissemination;

/// <summary>Plumtree over the neighbours that HyParView finds, with digests as backstop and as feelers for islands.</summary>
/// <remarks>
/// <code>
///   members, signs of life --> HyParView --neighbour up, down--> Plumtree --> eager pushes, announcements, grafts
///                                  ^                                |
///                          foreign beacon                     RecentMessages
///                                  |                                |
///                              digests with peers of the passive view
/// </code>
/// </remarks>
internal sealed class CooperativeDissemination : Spreader
{
    public CooperativeDissemination(PeerId self, DisseminationOptions options, Random random)
        : base(self, options.Recent, options.Exchange, random)
    {
        Views = new HyParView(self, options.Views, random, Counters);
        Tree = new Plumtree(options.Tree, options.Exchange.ReplyBytesMax, Recent, random, Counters);
    }

    public override TimeSpan NextDue
    {
        get
        {
            var due = base.NextDue;
            if (Views.NextDue < due) due = Views.NextDue;
            return Tree.NextDue < due ? Tree.NextDue : due;
        }
    }

    internal HyParView Views { get; }

    internal Plumtree Tree { get; }

    protected override Beacon? Beacon => Views.Beacon;

    protected override bool IsEarlierLife(PeerId peer) => Views.IsEarlierLife(peer);

    protected override PeerId? PickForExchange() => Views.PickForExchange();

    protected override void OnMembers(TimeSpan now, Outbox outbox) => Views.Learn(Members, now, outbox);

    protected override void OnPublished(DisseminationMessage.Gossip gossip, TimeSpan now, Outbox outbox) => Tree.Spread(gossip, from: null, now, outbox);

    protected override void OnReceived(PeerId from, DisseminationMessage message, TimeSpan now, Outbox outbox)
    {
        Views.Heard(from, now, outbox);
        switch (message)
        {
            case DisseminationMessage.OfViews ofViews:
                Views.Receive(from, ofViews, now, outbox);
                break;
            case DisseminationMessage.OfTree ofTree:
                Tree.Receive(from, ofTree, now, outbox);
                break;
            case DisseminationMessage.Digest digest:
                Exchange.Receive(from, digest, Beacon, now, outbox);
                // The island with the greater root asks for the link; where that is the other one, it has to learn of it.
                if (digest.Beacon is { } theirs && Views.MeetForeign(from, theirs, now, outbox) && digest.WantsAnswer)
                    Exchange.Ask(from, Beacon, wantsAnswer: false, now, outbox);
                break;
        }
    }

    protected override void OnSuspected(PeerId peer, TimeSpan now, Outbox outbox) => Views.Suspect(peer, now, outbox);

    protected override void OnTick(TimeSpan now, Outbox outbox)
    {
        Views.Tick(now, outbox);
        Tree.Tick(now, outbox);
    }

    protected override void OnLeaving(Outbox outbox) => Views.Leave(outbox);

    // A new neighbour begins with a digest: what each lacks of what went along the other's tree.
    protected override void OnDone(TimeSpan now, Outbox outbox)
    {
        while (outbox.TryTakeChange(out var change))
        {
            if (!change.IsUp)
            {
                Tree.Down(change.Peer);
                continue;
            }

            Tree.Up(change.Peer);
            if (Self < change.Peer) Exchange.Ask(change.Peer, Beacon, wantsAnswer: true, now, outbox);
        }
    }
}
