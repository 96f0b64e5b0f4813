using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Links;

/// <summary>Puts the fragments of one peer's large parcels together: one parcel at a time for each of its two lanes, in order, or not at all.</summary>
internal sealed class Reassembly(int parcelBytesMax)
{
    private readonly Gathering[] _lanes = new Gathering[2];

    /// <summary>Parcels given up because a fragment was missing, out of order, or the whole too large.</summary>
    public long Broken { get; private set; }

    public void Clear() => Array.Clear(_lanes);

    /// <summary>Takes a fragment; true where it completes its parcel.</summary>
    public bool Take(ReadOnlySpan<byte> fragment, out byte kind, out ReadOnlyMemory<byte> body)
    {
        body = default;
        var reader = new WireReader(fragment);
        var stream = reader.ReadVarint();
        kind = reader.ReadByte();
        var total = reader.ReadInt(parcelBytesMax, $"a parcel of at most {parcelBytesMax} bytes");
        var offset = reader.ReadInt(total, "an offset within the parcel");
        var part = reader.ReadBytes(reader.Remaining);
        if (reader.Failed || part.IsEmpty || part.Length > total - offset)
        {
            Broken++;
            return false;
        }

        ref var gathering = ref _lanes[stream & 1];
        if (offset == 0) gathering = new Gathering { Stream = stream, Bytes = new byte[total] };
        if (gathering.Bytes is null || gathering.Stream != stream || gathering.Filled != offset || gathering.Bytes.Length != total)
        {
            gathering = default;
            Broken++;
            return false;
        }

        part.CopyTo(gathering.Bytes.AsSpan(offset));
        gathering.Filled += part.Length;
        if (gathering.Filled < total) return false;
        body = gathering.Bytes;
        gathering = default;
        return true;
    }

    /// <summary>What is here of one parcel.</summary>
    private struct Gathering
    {
        public ulong Stream;
        public byte[]? Bytes;
        public int Filled;
    }
}
