using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Dissemination;

/// <summary>Which few members are this node's neighbours: partial views that stay connected when many nodes die at once.</summary>
/// <remarks>
/// After HyParView (Leitao, Pereira, Rodrigues, DSN 2007). The active view is small and symmetric: who is in it is spoken to. The passive view holds
/// replacements. What differs from the paper, and why:
/// - There is a member list here. It feeds the passive view, and gives the first contact: no node knows only its neighbours.
/// - A neighbour is in the active view when it has answered, never on hearsay. Signs of life find what has died, and links that only one side believes in.
/// - A node looks for neighbours below <see cref="ViewOptions.ActiveTarget"/> and takes them up to <see cref="ViewOptions.ActiveMax"/>, so that a full
///   network is quiet.
/// - Cuts leave overlays that know nothing of each other while the member list does. <see cref="IslandWatch"/> tells them apart; a digest from a foreign one
///   makes the node with the greater root ask for a link that cannot be refused.
/// - Peers have epochs. Whatever comes from a later life of a node ends the earlier one in both views.
/// </remarks>
internal sealed partial class HyParView(PeerId self, ViewOptions options, Random random, DisseminationCounters counters)
{
    private readonly List<Neighbor> _active = new(options.ActiveMax);
    private readonly List<PeerId> _passive = new(options.PassiveMax);
    private readonly List<Request> _requests = [];
    private readonly List<NodeName> _refusedBy = [];
    private readonly IslandWatch _island = new(self, options.BeaconSilenceMax, options.BeaconSettledAfter);
    private MemberList _members = MemberList.Empty;
    private TimeSpan _keepaliveDue = TimeSpan.MaxValue;
    private TimeSpan _shuffleDue = TimeSpan.MaxValue;
    private TimeSpan _refusalsEnd;

    /// <summary>The neighbours, in no order.</summary>
    public IEnumerable<PeerId> Active => _active.Select(neighbor => neighbor.Peer);

    /// <summary>The replacements, in no order.</summary>
    public IReadOnlyList<PeerId> Passive => _passive;

    /// <summary>By what this node's overlay is known.</summary>
    public Beacon Beacon => _island.Beacon;

    /// <summary>When <see cref="Tick"/> has something to do next.</summary>
    public TimeSpan NextDue
    {
        get
        {
            var due = _keepaliveDue < _shuffleDue ? _keepaliveDue : _shuffleDue;
            foreach (var request in _requests)
            {
                if (request.Deadline < due) due = request.Deadline;
            }

            return due;
        }
    }

    /// <summary>The member list has changed: what it has dropped, or knows to have restarted, is no neighbour.</summary>
    public void Learn(MemberList members, TimeSpan now, Outbox outbox)
    {
        var before = _members;
        _members = members;
        _passive.RemoveAll(IsGone);
        foreach (var peer in Active.Where(IsGone).ToList()) Drop(peer, now, outbox);
        _requests.RemoveAll(request => IsGone(request.Peer));
        for (var left = 2 * options.PassiveMax; left > 0 && _passive.Count < options.PassiveMax && _passive.Count < members.Count; left--) NoteMember();
        if (_keepaliveDue == TimeSpan.MaxValue)
        {
            _keepaliveDue = now + (options.KeepaliveInterval * random.NextDouble());
            _shuffleDue = now + (options.ShuffleInterval * random.NextDouble());
        }

        Fill(now, outbox);

        bool IsGone(PeerId peer) => members.KnowsLater(peer) || (before.Contains(peer) && !members.Contains(peer));
    }

    /// <summary>Something has come from this peer: it lives, and its earlier lives do not.</summary>
    public void Heard(PeerId from, TimeSpan now, Outbox outbox)
    {
        for (var i = 0; i < _active.Count; i++)
        {
            var peer = _active[i].Peer;
            if (peer.Node != from.Node) continue;
            if (peer.Epoch == from.Epoch) _active[i] = _active[i] with { HeardAt = now };
            else if (from.Succeeds(peer)) Drop(peer, now, outbox);
            break;
        }
    }

    /// <summary>True where a view or the member list knows a later life of that node.</summary>
    public bool IsEarlierLife(PeerId peer) => _members.KnowsLater(peer) || _active.Exists(neighbor => neighbor.Peer.Succeeds(peer));

    /// <summary>Somebody else found that the peer cannot be reached.</summary>
    public void Suspect(PeerId peer, TimeSpan now, Outbox outbox)
    {
        _passive.Remove(peer);
        _requests.RemoveAll(request => request.Peer == peer);
        if (IndexOf(peer) >= 0) Drop(peer, now, outbox);
        else Fill(now, outbox);
    }

    /// <summary>Signs of life, requests that got no answer, shuffles.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        for (var i = _requests.Count - 1; i >= 0; i--)
        {
            var request = _requests[i];
            if (request.Deadline > now) continue;
            _requests.RemoveAt(i);
            _passive.Remove(request.Peer);
        }

        if (now >= _keepaliveDue)
        {
            _keepaliveDue = now + options.KeepaliveInterval;
            foreach (var neighbor in _active.Where(neighbor => now - neighbor.HeardAt > options.SilenceMax).ToList())
            {
                counters.NeighborsSilent++;
                outbox.Send(neighbor.Peer, new DisseminationMessage.Disconnect(IsLeaving: false));
                Drop(neighbor.Peer, now, outbox);
            }

            _island.Beat(now);
            TellBeacon(except: null, outbox);
            if (now >= _refusalsEnd)
            {
                _refusalsEnd = now + (4 * options.KeepaliveInterval);
                _refusedBy.Clear();
            }

            Fill(now, outbox);
        }

        if (now >= _shuffleDue)
        {
            _shuffleDue = now + options.ShuffleInterval;
            NoteMember();
            Shuffle(outbox);
        }

        if (_active.Count + _requests.Count < options.ActiveTarget) Fill(now, outbox);
    }

    /// <summary>With whom to compare digests: a peer outside the tree, since one inside is in the same plight; as few links as there are places in the view.</summary>
    public PeerId? PickForExchange() =>
        _passive.Count > 0 ? _passive[random.Next(_passive.Count)] : _active.Count > 0 ? _active[random.Next(_active.Count)].Peer : null;

    /// <summary>A digest says by what its sender's overlay is known. Of two islands the nodes of the one with the greater root ask for links.</summary>
    /// <returns>True where the other is foreign and is to be told this node's beacon, since it is for it to ask.</returns>
    public bool MeetForeign(PeerId from, Beacon theirs, TimeSpan now, Outbox outbox)
    {
        if (!_island.IsForeign(theirs, now) || IndexOf(from) >= 0) return false;
        if (_island.Beacon.Root < theirs.Root) return true;
        if (!IsRequested(from) && _requests.Count < options.ActiveMax)
        {
            counters.IslandsJoined++;
            Ask(from, isHigh: true, now, outbox);
        }

        return false;
    }

    /// <summary>This node stops.</summary>
    public void Leave(Outbox outbox)
    {
        foreach (var neighbor in _active) outbox.Send(neighbor.Peer, new DisseminationMessage.Disconnect(IsLeaving: true));
        _active.Clear();
        _keepaliveDue = _shuffleDue = TimeSpan.MaxValue;
        _requests.Clear();
    }

    // Looks for neighbours in the passive view until there are enough of them, or nobody is left to ask at this time.
    private void Fill(TimeSpan now, Outbox outbox)
    {
        while (_active.Count + _requests.Count < options.ActiveTarget)
        {
            if (PickCandidate() is not { } peer) return;
            if (_active.Count == 0 && _requests.Count == 0)
            {
                outbox.Send(peer, DisseminationMessage.Join.Instance);
                _requests.Add(new Request(peer, now + options.RequestTimeout));
                return;
            }

            // One high request at a time: who has no neighbour takes the first that answers, and then is in no hurry.
            if (_active.Count == 0) return;
            Ask(peer, isHigh: false, now, outbox);
        }
    }

    private PeerId? PickCandidate()
    {
        if (_passive.Count == 0) NoteMember();
        var start = _passive.Count == 0 ? 0 : random.Next(_passive.Count);
        for (var i = 0; i < _passive.Count; i++)
        {
            var peer = _passive[(start + i) % _passive.Count];
            if (!IsRequested(peer) && (_active.Count == 0 || !_refusedBy.Contains(peer.Node))) return peer;
        }

        return null;
    }

    private void Ask(PeerId peer, bool isHigh, TimeSpan now, Outbox outbox)
    {
        _requests.Add(new Request(peer, now + options.RequestTimeout));
        outbox.Send(peer, new DisseminationMessage.Neighbor(isHigh));
    }

    private void Add(PeerId peer, TimeSpan now, Outbox outbox)
    {
        _requests.RemoveAll(request => request.Peer.Node == peer.Node);
        _passive.RemoveAll(other => other.Node == peer.Node);
        if (_active.Count >= options.ActiveMax)
        {
            var displaced = _active[random.Next(_active.Count)].Peer;
            counters.NeighborsDisplaced++;
            outbox.Send(displaced, new DisseminationMessage.Disconnect(IsLeaving: false));
            Remove(displaced, outbox);
            Note(displaced);
        }

        _active.Add(new Neighbor(peer, now));
        counters.NeighborsUp++;
        outbox.Change(peer, isUp: true);
        outbox.Send(peer, new DisseminationMessage.Keepalive(_island.Beacon));
    }

    private void Drop(PeerId peer, TimeSpan now, Outbox outbox)
    {
        Remove(peer, outbox);
        Fill(now, outbox);
    }

    private void Remove(PeerId peer, Outbox outbox)
    {
        var index = IndexOf(peer);
        if (index < 0) return;
        _active.RemoveAt(index);
        counters.NeighborsDown++;
        outbox.Change(peer, isUp: false);
    }

    private void TellBeacon(PeerId? except, Outbox outbox)
    {
        var keepalive = new DisseminationMessage.Keepalive(_island.Beacon);
        foreach (var neighbor in _active)
        {
            if (neighbor.Peer != except) outbox.Send(neighbor.Peer, keepalive);
        }
    }

    private void NoteMember()
    {
        if (_members.PickOther(self.Node, random) is { } peer) Note(peer);
    }

    // Into the passive view, of which each node is in one life at most; where that is full another goes, first one of those just given away.
    private void Note(PeerId peer, List<PeerId>? givenAway = null)
    {
        if (peer.Node == self.Node || IsEarlierLife(peer)) return;
        if (_active.Exists(neighbor => neighbor.Peer.Node == peer.Node)) return;
        var known = _passive.FindIndex(other => other.Node == peer.Node);
        if (known >= 0)
        {
            if (peer.Epoch > _passive[known].Epoch) _passive[known] = peer;
            return;
        }

        if (_passive.Count >= options.PassiveMax)
        {
            counters.PassiveDisplaced++;
            var place = -1;
            while (place < 0 && givenAway is { Count: > 0 })
            {
                place = _passive.IndexOf(givenAway[^1]);
                givenAway.RemoveAt(givenAway.Count - 1);
            }

            _passive.RemoveAt(place >= 0 ? place : random.Next(_passive.Count));
        }

        _passive.Add(peer);
    }

    // Not asked again for a while. No more of them are remembered than the views hold.
    private void Refused(PeerId by)
    {
        if (_refusedBy.Count < options.PassiveMax + options.ActiveMax && !_refusedBy.Contains(by.Node)) _refusedBy.Add(by.Node);
    }

    private bool IsRequested(PeerId peer) => _requests.Exists(request => request.Peer == peer);

    private int IndexOf(PeerId peer) => _active.FindIndex(neighbor => neighbor.Peer == peer);

    private readonly record struct Neighbor(PeerId Peer, TimeSpan HeardAt);

    private readonly record struct Request(PeerId Peer, TimeSpan Deadline);
}
