using System.Diagnostics;

namespace GossipCluster.Core.Dissemination;

/// <summary>Broadcast along a tree that grows by itself: payloads go over eager links, announcements over lazy ones, and what the tree loses is asked for.</summary>
/// <remarks>
/// After Plumtree (Leitao, Pereira, Rodrigues, SRDS 2007). Each link starts eager; a payload that comes a second time makes its link lazy (Prune), a message
/// that was announced and does not come makes the announcer's link eager (Graft). What is left of the eager links is a tree, one for all publishers.
/// <code>
///   Gossip, new ------> deliver, push to the other eager neighbours, announce to the lazy ones (IHave, gathered)
///   Gossip, known ----> Prune
///   IHave, unknown ---> after GraftDelay, if it has not come: Graft to the first announcer, then to the next every GraftRetry
/// </code>
/// Announcements are sent once. If both a payload and all its announcements are lost, <see cref="DigestExchange"/> brings the message, and it goes on from here.
/// </remarks>
internal sealed partial class Plumtree(TreeOptions options, int replyBytesMax, RecentMessages recent, Random random, DisseminationCounters counters)
{
    private readonly List<Neighbor> _neighbors = [];
    private readonly Dictionary<MessageId, Missing> _missing = [];
    private readonly PriorityQueue<MessageId, TimeSpan> _grafts = new();
    private TimeSpan _announceDue = TimeSpan.MaxValue;

    /// <summary>Neighbours that payloads are pushed to.</summary>
    public IEnumerable<PeerId> Eager => _neighbors.Where(neighbor => neighbor.IsEager).Select(neighbor => neighbor.Peer);

    /// <summary>Neighbours that messages are announced to.</summary>
    public IEnumerable<PeerId> Lazy => _neighbors.Where(neighbor => !neighbor.IsEager).Select(neighbor => neighbor.Peer);

    /// <summary>Messages that were announced and have not come.</summary>
    public int MissingCount => _missing.Count;

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public TimeSpan NextDue => _grafts.TryPeek(out _, out var due) && due < _announceDue ? due : _announceDue;

    /// <summary>A new neighbour: its link is eager until it proves superfluous.</summary>
    public void Up(PeerId peer)
    {
        if (Find(peer) is null) _neighbors.Add(new Neighbor(peer));
    }

    /// <summary>A neighbour less: nor can it be asked for what it announced.</summary>
    public void Down(PeerId peer)
    {
        _neighbors.RemoveAll(neighbor => neighbor.Peer == peer);
        foreach (var missing in _missing.Values) missing.Announcers.RemoveAll(announcer => announcer.Peer == peer);
    }

    /// <summary>Sends on what has just been taken into the recent messages.</summary>
    public void Spread(DisseminationMessage.Gossip gossip, PeerId? from, TimeSpan now, Outbox outbox)
    {
        if (recent.ToSend(gossip.Id, GossipWay.Pushed, now) is not { } push) return;
        foreach (var neighbor in _neighbors)
        {
            if (neighbor.Peer == from) continue;
            if (neighbor.IsEager) outbox.Send(neighbor.Peer, push);
            else Announce(neighbor, new Announced(push.Id, push.Hop), now);
        }
    }

    /// <summary>A message about the tree, or along it, has come from a peer, who need not be a neighbour (any longer).</summary>
    public void Receive(PeerId from, DisseminationMessage.OfTree message, TimeSpan now, Outbox outbox)
    {
        switch (message)
        {
            case DisseminationMessage.Gossip gossip:
                OnGossip(from, gossip, now, outbox);
                break;
            case DisseminationMessage.IHave announced:
                foreach (var one in announced.Messages) OnAnnounced(from, one, now);
                break;
            case DisseminationMessage.Graft graft:
                OnGraft(from, graft, now, outbox);
                break;
            case DisseminationMessage.Prune:
                SetEager(from, false);
                break;
            default:
                throw new UnreachableException($"Nothing is done on {message.GetType().Name}.");
        }
    }

    /// <summary>Announcements that have been gathered go out; what did not come is asked for.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        if (now >= _announceDue)
        {
            _announceDue = TimeSpan.MaxValue;
            foreach (var neighbor in _neighbors) Flush(neighbor, outbox);
        }

        if (!_grafts.TryPeek(out _, out var first) || first > now) return;
        var asked = new List<(PeerId Peer, List<MessageId> Ids)>();
        while (_grafts.TryPeek(out var id, out var due) && due <= now)
        {
            _grafts.Dequeue();
            if (_missing.TryGetValue(id, out var missing) && missing.Due == due) AskNext(id, missing, asked, now);
        }

        foreach (var (peer, ids) in asked)
        {
            foreach (var part in ids.Chunk(DisseminationWire.IdsMax))
            {
                counters.Grafts++;
                outbox.Send(peer, new DisseminationMessage.Graft([.. part]));
            }

            SetEager(peer, true);
        }
    }

    private void OnGossip(PeerId from, DisseminationMessage.Gossip gossip, TimeSpan now, Outbox outbox)
    {
        if (!recent.TryAdd(gossip, now))
        {
            // A payload out of a digest went beside the tree; all else that comes twice came over a link too many. One too old says nothing of it.
            if (gossip.Way == GossipWay.Exchanged || !recent.Has(gossip.Id)) return;
            SetEager(from, false);
            counters.Prunes++;
            outbox.Send(from, DisseminationMessage.Prune.Instance);
            return;
        }

        counters.Delivered++;
        if (gossip.Way == GossipWay.Exchanged) counters.DeliveredByExchange++;
        else SetEager(from, true);
        outbox.Deliver(gossip.Id, gossip.Payload, gossip.Hop);
        _missing.Remove(gossip.Id, out var missing);
        Spread(gossip, from, now, outbox);
        if (missing is not null && gossip.Way == GossipWay.Pushed) Optimize(from, gossip.Hop, missing, outbox);
    }

    // The announcer knew it by a much shorter way: its link takes the place of the one the payload came by. One such change keeps the tree a tree; many at
    // once, for messages of several publishers, make circles and cut branches off. Hence only a few of the nodes that could do it.
    private void Optimize(PeerId from, int hop, Missing missing, Outbox outbox)
    {
        if (missing.Announcers.Count == 0) return;
        var nearest = missing.Announcers.MinBy(announcer => announcer.Hop);
        if (hop - nearest.Hop < options.OptimizeHopsMin || Find(nearest.Peer) is not { IsEager: false }) return;
        if (random.NextDouble() >= options.OptimizeShare) return;
        counters.Optimizations++;
        SetEager(nearest.Peer, true);
        outbox.Send(nearest.Peer, new DisseminationMessage.Graft([]));
        SetEager(from, false);
        counters.Prunes++;
        outbox.Send(from, DisseminationMessage.Prune.Instance);
    }

    private void OnAnnounced(PeerId from, Announced announced, TimeSpan now)
    {
        if (recent.Has(announced.Id)) return;
        if (!_missing.TryGetValue(announced.Id, out var missing))
        {
            if (_missing.Count >= options.MissingMax)
            {
                counters.AnnouncementsIgnored++;
                return;
            }

            missing = new Missing();
            _missing.Add(announced.Id, missing);
            Await(announced.Id, missing, now + options.GraftDelay + (options.GraftSpread * random.NextDouble()));
        }

        if (missing.Announcers.Count < options.AnnouncersMax) missing.Announcers.Add((from, announced.Hop));
        else counters.AnnouncementsIgnored++;
    }

    private void AskNext(MessageId id, Missing missing, List<(PeerId Peer, List<MessageId> Ids)> asked, TimeSpan now)
    {
        if (missing.Announcers.Count == 0)
        {
            _missing.Remove(id);
            counters.MissingGivenUp++;
            return;
        }

        var peer = missing.Announcers[0].Peer;
        missing.Announcers.RemoveAt(0);
        var ask = asked.Find(other => other.Peer == peer);
        if (ask.Ids is null) asked.Add(ask = (peer, []));
        ask.Ids.Add(id);
        Await(id, missing, now + options.GraftRetry);
    }

    private void Await(MessageId id, Missing missing, TimeSpan due)
    {
        missing.Due = due;
        _grafts.Enqueue(id, due);
    }

    private void OnGraft(PeerId from, DisseminationMessage.Graft graft, TimeSpan now, Outbox outbox)
    {
        SetEager(from, true);
        var bytes = 0;
        foreach (var id in graft.Lacking)
        {
            if (recent.ToSend(id, GossipWay.Grafted, now) is not { } gossip) continue;
            if (bytes > 0 && bytes + gossip.Payload.Length > replyBytesMax)
            {
                counters.RepliesCut++;
                return;
            }

            bytes += gossip.Payload.Length;
            outbox.Send(from, gossip);
        }
    }

    private Neighbor? Find(PeerId peer) => _neighbors.Find(neighbor => neighbor.Peer == peer);

    private void SetEager(PeerId peer, bool isEager)
    {
        if (Find(peer) is { } neighbor) neighbor.IsEager = isEager;
    }
}
