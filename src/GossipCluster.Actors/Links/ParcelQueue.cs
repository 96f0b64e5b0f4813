using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>What waits for one node in one lane: runs of parcels, cut into frames as they go out. Bounded in bytes.</summary>
internal sealed class ParcelQueue(Lane lane, int bytesMax)
{
    private readonly Queue<ReadOnlyMemory<byte>> _runs = new();
    private ReadOnlyMemory<byte> _front;

    // A parcel that is larger than a frame, on its way in fragments.
    private ReadOnlyMemory<byte> _large;
    private byte _largeKind;
    private int _largeOffset;

    // Two lanes, two streams at a time: the lowest bit tells them apart at the receiver.
    private ulong _stream = (ulong)lane;

    public long Bytes { get; private set; }

    /// <summary>Bytes dropped because the queue was full, since the start.</summary>
    public long BytesDropped { get; private set; }

    public bool IsEmpty => Bytes == 0;

    public bool Add(ReadOnlyMemory<byte> parcels)
    {
        if (Bytes > 0 && Bytes + parcels.Length > bytesMax)
        {
            BytesDropped += parcels.Length;
            return false;
        }

        Bytes += parcels.Length;
        _runs.Enqueue(parcels);
        return true;
    }

    public void Clear()
    {
        BytesDropped += Bytes;
        _runs.Clear();
        _front = _large = default;
        Bytes = 0;
    }

    /// <summary>Moves parcels to the frame until it has <paramref name="frameBytesMax"/> bytes or nothing waits.</summary>
    public void Fill(WireWriter frame, int frameBytesMax)
    {
        while (frame.Length < frameBytesMax && Bytes > 0)
        {
            if (_large.IsEmpty && !TakeParcel(frame, frameBytesMax)) return;
            if (!_large.IsEmpty && !TakeFragment(frame, frameBytesMax)) return;
        }
    }

    /// <summary>Moves the next parcel, or makes it the large one; false where it does not fit any more.</summary>
    private bool TakeParcel(WireWriter frame, int frameBytesMax)
    {
        while (_front.IsEmpty)
        {
            if (!_runs.TryDequeue(out _front)) return false;
        }

        var before = _front;
        if (!Parcels.TryNext(ref _front, out var kind, out var body, out _)) throw new InvalidOperationException("Own parcels are malformed.");
        var bytes = before.Length - _front.Length;
        if (bytes > frameBytesMax / 2)
        {
            (_large, _largeKind, _largeOffset, _stream) = (body, kind, 0, _stream + 2);
            Bytes -= bytes - body.Length;
            return true;
        }

        if (frame.Length + bytes > frameBytesMax)
        {
            _front = before;
            return false;
        }

        frame.WriteBytes(before.Span[..bytes]);
        Bytes -= bytes;
        return true;
    }

    private bool TakeFragment(WireWriter frame, int frameBytesMax)
    {
        const int head = 48;
        var room = frameBytesMax - frame.Length - head;
        if (room < 1024) return false;
        var part = _large.Slice(_largeOffset, Math.Min(room, _large.Length - _largeOffset));
        var start = WireWriter.VarintSize(_stream) + 1 + WireWriter.VarintSize((ulong)_large.Length) + WireWriter.VarintSize((ulong)_largeOffset);
        frame.WriteByte(Parcels.Fragment);
        frame.WriteCount(start + part.Length);
        frame.WriteVarint(_stream);
        frame.WriteByte(_largeKind);
        frame.WriteCount(_large.Length);
        frame.WriteCount(_largeOffset);
        frame.WriteBytes(part.Span);
        _largeOffset += part.Length;
        Bytes -= part.Length;
        if (_largeOffset == _large.Length) _large = default;
        return true;
    }
}
