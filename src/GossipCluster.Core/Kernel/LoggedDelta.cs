namespace GossipCluster.Core.Kernel;

/// <summary>What the log keeps of a key's change and a peer is sent of it: one write (<see cref="Delta"/>) or several joined (<see cref="JoinedDelta"/>).</summary>
public abstract class LoggedDelta
{
    private readonly byte[] _bytes;

    private protected LoggedDelta(byte[] bytes, Key key, int[] slots)
    {
        _bytes = bytes;
        Key = key;
        Slots = slots;
    }

    /// <summary>The key it is about.</summary>
    public Key Key { get; }

    /// <summary>The wire form.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>It as a record.</summary>
    public Record ToRecord() => new(Kind, _bytes);

    internal abstract RecordKind Kind { get; }

    /// <summary>The replica table's slots of the ids that the bytes number.</summary>
    internal int[] Slots { get; }

    /// <summary>The bytes behind version, key and ids: what a joined delta repeats of it, at most about.</summary>
    internal abstract int BodyBytes { get; }

    private protected byte[] Raw => _bytes;
}
