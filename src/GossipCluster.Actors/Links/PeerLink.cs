using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>One node's end of the link to another: what waits, what is on the way, whether the other is there. Pure: time comes in.</summary>
/// <remarks>
/// There is no retransmission. What a frame held is lost with it, and the protocols above repeat or repair; acknowledgements bound what is on the way and
/// nothing else. Any frame from the peer says that it is there, and names the life of this node that it has heard of: where that is not the present one, it has
/// not heard yet. One that does not acknowledge what it was sent does not hear any more: a link that is open one way is no link. From then on heartbeats are
/// numbered like frames with parcels, and the first that is acknowledged ends that.
/// </remarks>
internal sealed class PeerLink(NodeName self, NodeName peer, long incarnation, LinkOptions options)
{
    private readonly ParcelQueue _foreground = new(Lane.Foreground, options.QueueBytesMax);
    private readonly ParcelQueue _background = new(Lane.Background, options.QueueBytesMax);
    private readonly Reassembly _reassembly = new(options.ParcelBytesMax);
    private long _locatedBy = long.MinValue;
    private long _sent;
    private long _acked;
    private long _ackSeen;
    private TimeSpan _ackedAt;
    private TimeSpan _sentAt = TimeSpan.MinValue;
    private TimeSpan _heardAt = TimeSpan.MinValue;
    private long _received;
    private long _receivedAcked;
    private TimeSpan _timeThere;
    private bool _isDeaf;
    private bool _knowsThisLife;

    public NodeName Peer => peer;

    /// <summary>The peer's life, 0 until it was heard of.</summary>
    public long PeerIncarnation { get; private set; }

    /// <summary>Where the peer listens; null while nobody knows.</summary>
    public string? Address { get; private set; }

    public bool IsReachable { get; private set; }

    /// <summary>Bytes that were to be sent and were not, since the start.</summary>
    public long BytesDropped => _foreground.BytesDropped + _background.BytesDropped;

    public long BytesWaiting => _foreground.Bytes + _background.Bytes;

    /// <summary>Frames that the peer did not say to have received in time, since the start.</summary>
    public long FramesLost { get; private set; }

    /// <summary>Metadata says where the peer listens. Newer facts count, and only while the peer itself does not say better.</summary>
    public void Locate(long factsIncarnation, string address)
    {
        if (factsIncarnation <= _locatedBy) return;
        _locatedBy = factsIncarnation;
        if (!IsReachable) Address = address;
    }

    public bool Enqueue(Lane lane, ReadOnlyMemory<byte> parcels) => lane == Lane.Foreground ? _foreground.Add(parcels) : _background.Add(parcels);

    /// <summary>Takes a frame's head; false where the frame is of an earlier life and to be thrown away.</summary>
    /// <remarks>Of two lives the greater is the later one, but for a node whose clock was set back: then the other has fallen silent.</remarks>
    public bool Receive(in FrameHead head, TimeSpan now)
    {
        if (head.Incarnation < PeerIncarnation && _heardAt != TimeSpan.MinValue && now - _heardAt <= options.SilenceMax) return false;
        if (head.Incarnation != PeerIncarnation) MeetNewLife(head.Incarnation, now);
        Address = head.Address;
        (_heardAt, _timeThere) = (now, head.SentAt);
        _knowsThisLife = head.AckedIncarnation == incarnation;
        if (head.AckedIncarnation == incarnation && head.Acked > _ackSeen && head.Acked <= _sent)
        {
            // Also of what was given up: it was slow, and it hears.
            (_ackSeen, _acked) = (head.Acked, Math.Max(_acked, head.Acked));
            _ackedAt = now;
            _isDeaf = false;
        }

        if (head.Sequence > 0) _received = head.Sequence;
        return true;
    }

    /// <summary>Takes a fragment; true where it completes its parcel.</summary>
    public bool TakeFragment(ReadOnlySpan<byte> body, out byte kind, out ReadOnlyMemory<byte> parcel) => _reassembly.Take(body, out kind, out parcel);

    /// <summary>True where the verdict on the peer has changed.</summary>
    public bool Judge(TimeSpan now)
    {
        if (_sent > _acked && now - _ackedAt > options.SilenceMax)
        {
            FramesLost += _sent - _acked;
            (_acked, _ackedAt, _isDeaf) = (_sent, now, true);
        }

        var reachable = _heardAt != TimeSpan.MinValue && now - _heardAt <= options.SilenceMax && _knowsThisLife && !_isDeaf;
        if (reachable == IsReachable) return false;
        IsReachable = reachable;
        if (!reachable) Forget();
        return true;
    }

    /// <summary>Its connection is refused or broken: gone until it is heard of again.</summary>
    public bool Break()
    {
        (_heardAt, _isDeaf) = (TimeSpan.MinValue, false);
        if (!IsReachable) return false;
        IsReachable = false;
        Forget();
        return true;
    }

    /// <summary>Writes the next frame, where there is something to say and room for it; false otherwise.</summary>
    public bool TryNextFrame(string ownAddress, TimeSpan now, WireWriter frame)
    {
        if (Address is null) return false;
        var hasParcels = BytesWaiting > 0 && _sent - _acked < options.FramesInFlightMax && IsReachable;
        var mustAck = _received - _receivedAcked >= Math.Max(1, options.FramesInFlightMax / 2);
        var mustBeat = _sentAt == TimeSpan.MinValue || now - _sentAt >= options.HeartbeatInterval;
        if (!hasParcels && !mustAck && !mustBeat) return false;

        frame.Clear();
        var wantsAck = hasParcels || _isDeaf;
        if (wantsAck && _sent == _acked) _ackedAt = now;
        if (wantsAck) _sent++;
        _receivedAcked = _received;
        _sentAt = now;
        var there = _heardAt == TimeSpan.MinValue ? TimeSpan.Zero : _timeThere + (now - _heardAt);
        new FrameHead(self, peer, incarnation, wantsAck ? _sent : 0, PeerIncarnation, _received, now, there, ownAddress).Write(frame);
        if (!hasParcels) return true;
        _foreground.Fill(frame, options.FrameBytesMax);
        _background.Fill(frame, options.FrameBytesMax);
        return true;
    }

    private void MeetNewLife(long peerIncarnation, TimeSpan now)
    {
        PeerIncarnation = peerIncarnation;
        (_received, _receivedAcked) = (0, 0);
        (_acked, _ackedAt, _isDeaf) = (_sent, now, false);

        // It is answered at once: it waits to be told that it is heard.
        _sentAt = TimeSpan.MinValue;
        _reassembly.Clear();
    }

    /// <summary>What waits for a node that is gone would come too late: hints and sync bring it.</summary>
    private void Forget()
    {
        _foreground.Clear();
        _background.Clear();
        _acked = _sent;
    }
}
