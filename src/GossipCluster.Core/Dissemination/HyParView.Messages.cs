using System.Diagnostics;

namespace GossipCluster.Core.Dissemination;

internal sealed partial class HyParView
{
    private List<PeerId> _givenAway = [];

    /// <summary>A message about views has come. <see cref="Heard"/> comes first.</summary>
    public void Receive(PeerId from, DisseminationMessage.OfViews message, TimeSpan now, Outbox outbox)
    {
        switch (message)
        {
            case DisseminationMessage.Join:
                OnJoin(from, now, outbox);
                break;
            case DisseminationMessage.ForwardJoin walking:
                OnForwardJoin(from, walking, now, outbox);
                break;
            case DisseminationMessage.Neighbor asked:
                OnNeighbor(from, asked.IsHigh, now, outbox);
                break;
            case DisseminationMessage.NeighborAnswer answer:
                OnAnswer(from, answer.IsAccepted, now, outbox);
                break;
            case DisseminationMessage.Disconnect end:
                OnDisconnect(from, end.IsLeaving, now, outbox);
                break;
            case DisseminationMessage.Shuffle shuffle:
                OnShuffle(from, shuffle, outbox);
                break;
            case DisseminationMessage.ShuffleReply reply:
                foreach (var peer in reply.Peers) Note(peer, _givenAway);
                Fill(now, outbox);
                break;
            case DisseminationMessage.Keepalive keepalive:
                OnKeepalive(from, keepalive.Beacon, now, outbox);
                break;
            default:
                throw new UnreachableException($"Nothing is done on {message.GetType().Name}.");
        }
    }

    private void OnJoin(PeerId from, TimeSpan now, Outbox outbox)
    {
        OnNeighbor(from, isHigh: true, now, outbox);
        var walking = new DisseminationMessage.ForwardJoin(from, options.JoinWalkMax);
        foreach (var neighbor in _active)
        {
            if (neighbor.Peer != from) outbox.Send(neighbor.Peer, walking);
        }
    }

    // The walk ends where its hops are used up, or where it cannot go on; a node that is not told of twice over is noted half way.
    private void OnForwardJoin(PeerId from, DisseminationMessage.ForwardJoin walking, TimeSpan now, Outbox outbox)
    {
        var joining = walking.Joining;
        if (joining.Node == self.Node || IsEarlierLife(joining)) return;
        var next = walking.Ttl > 0 ? PickActive(from, joining) : null;
        if (next is null)
        {
            if (IndexOf(joining) >= 0 || IsRequested(joining)) return;
            if (_active.Count + _requests.Count < options.ActiveMax) Ask(joining, isHigh: false, now, outbox);
            else Note(joining);
            return;
        }

        if (walking.Ttl == options.JoinNotedAt) Note(joining);
        outbox.Send(next.Value, walking with { Ttl = walking.Ttl - 1 });
    }

    private void OnNeighbor(PeerId from, bool isHigh, TimeSpan now, Outbox outbox)
    {
        var isAccepted = IndexOf(from) >= 0 || isHigh || _active.Count < options.ActiveMax;
        outbox.Send(from, new DisseminationMessage.NeighborAnswer(isAccepted));
        if (!isAccepted) Note(from);
        else if (IndexOf(from) < 0) Add(from, now, outbox);
    }

    private void OnAnswer(PeerId from, bool isAccepted, TimeSpan now, Outbox outbox)
    {
        var wasRequested = _requests.RemoveAll(request => request.Peer == from) > 0;
        if (IndexOf(from) >= 0) return;
        if (!isAccepted)
        {
            Refused(from);
            Fill(now, outbox);
            return;
        }

        // Late, and its place is taken: the other must not go on to believe in the link.
        if (!wasRequested && _active.Count >= options.ActiveMax) outbox.Send(from, new DisseminationMessage.Disconnect(IsLeaving: false));
        else Add(from, now, outbox);
        Fill(now, outbox);
    }

    private void OnDisconnect(PeerId from, bool isLeaving, TimeSpan now, Outbox outbox)
    {
        _requests.RemoveAll(request => request.Peer == from);
        Remove(from, outbox);
        if (isLeaving) _passive.Remove(from);
        else Note(from);
        Refused(from);
        Fill(now, outbox);
    }

    private void OnShuffle(PeerId from, DisseminationMessage.Shuffle shuffle, Outbox outbox)
    {
        if (shuffle.Origin.Node == self.Node) return;
        if (shuffle.Ttl > 1 && PickActive(from, shuffle.Origin) is { } next)
        {
            outbox.Send(next, shuffle with { Ttl = shuffle.Ttl - 1 });
            return;
        }

        var sample = Sample(_passive, Math.Min(shuffle.Peers.Length, DisseminationWire.PeersMax), except: shuffle.Origin);
        outbox.Send(shuffle.Origin, new DisseminationMessage.ShuffleReply([.. sample]));
        Note(shuffle.Origin, sample);
        foreach (var peer in shuffle.Peers) Note(peer, sample);
    }

    private void OnKeepalive(PeerId from, Beacon beacon, TimeSpan now, Outbox outbox)
    {
        if (IndexOf(from) < 0)
        {
            // An answer to a request may have been overtaken by a sign of life. Otherwise the other believes in a link that is none.
            if (!IsRequested(from)) outbox.Send(from, new DisseminationMessage.Disconnect(IsLeaving: false));
            return;
        }

        if (_island.Hear(beacon, now)) TellBeacon(from, outbox);
    }

    private void Shuffle(Outbox outbox)
    {
        if (PickActive(self, self) is not { } to) return;
        var active = Sample([.. Active], options.ShuffleActiveCount, except: to);
        _givenAway = Sample(_passive, options.ShufflePassiveCount, except: to);
        outbox.Send(to, new DisseminationMessage.Shuffle(self, options.ShuffleWalkMax, [.. active, .. _givenAway]));
    }

    private PeerId? PickActive(PeerId except, PeerId exceptToo)
    {
        var eligible = 0;
        PeerId? picked = null;
        foreach (var neighbor in _active)
        {
            if (neighbor.Peer == except || neighbor.Peer == exceptToo) continue;
            if (random.Next(++eligible) == 0) picked = neighbor.Peer;
        }

        return picked;
    }

    private List<PeerId> Sample(IReadOnlyList<PeerId> peers, int count, PeerId except)
    {
        var sample = new List<PeerId>(count);
        var seen = 0;
        foreach (var peer in peers)
        {
            if (peer == except) continue;
            seen++;
            if (sample.Count < count) sample.Add(peer);
            else if (random.Next(seen) is var place && place < count) sample[place] = peer;
        }

        return sample;
    }
}
