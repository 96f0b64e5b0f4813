using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>What a record says. The numbers are on disk and on the wire: they never change.</summary>
public enum RecordKind : byte
{
    /// <summary>One write: <see cref="Delta"/>.</summary>
    Delta = 1,

    /// <summary>The whole state of some keys: <see cref="KeyStates"/>.</summary>
    KeyStates = 2,

    /// <summary>A piece of a full transfer, or of a snapshot: <see cref="TransferChunk"/>.</summary>
    TransferChunk = 3,

    /// <summary>The end of a full transfer: from here on its clock counts.</summary>
    TransferEnd = 4,

    /// <summary>A fallback has handed everything off and forgets it, but for the counter.</summary>
    Emptied = 5,

    /// <summary>A fallback drops what it holds of one key, dots and all.</summary>
    HintsDropped = 6,

    /// <summary>The replica id under which this replica names dots from here on.</summary>
    Identity = 7,

    /// <summary>The dots of abandoned replica ids get new names, under the present one: <see cref="Kernel.Fold"/>.</summary>
    Fold = 8,

    /// <summary>In a snapshot: what the delta log holds, and what every primary has.</summary>
    LogState = 9,

    /// <summary>After an audit: the items that a key is to have, whatever it has. From nobody but the own audit and that of a peer.</summary>
    AuditRepair = 10,

    /// <summary>Several writes to one key: <see cref="Kernel.JoinedDelta"/>.</summary>
    JoinedDelta = 11,
}

/// <summary>One input that changes a replica's durable state: the unit of the commit log, of sync and of handoff.</summary>
/// <remarks>
/// A replica's state is a fold over its records. What arrives over the wire is written to the log as it came and replayed as it came: there is one code
/// path, and one binary form, for live, replay and repair.
/// </remarks>
/// <param name="Kind">What it says.</param>
/// <param name="Bytes">Its form; each kind documents its own.</param>
public readonly record struct Record(RecordKind Kind, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes that the record takes in a list of records.</summary>
    public int WireBytes => 1 + WireWriter.VarintSize((ulong)Bytes.Length) + Bytes.Length;

    /// <summary>A kind byte, a varint length, the bytes.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteByte((byte)Kind);
        writer.WritePrefixed(Bytes.Span);
    }

    /// <summary>Reads one record; its bytes are copied.</summary>
    public static Record Read(ref WireReader reader)
    {
        var kind = reader.ReadByte();
        if (kind is < (byte)RecordKind.Delta or > (byte)RecordKind.JoinedDelta) reader.Fail("the kind of a record, 1 to 11");
        return new Record((RecordKind)kind, reader.ReadPrefixed().ToArray());
    }
}
