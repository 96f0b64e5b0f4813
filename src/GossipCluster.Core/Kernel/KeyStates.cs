using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

/// <summary>The whole states of some keys as one replica has them, for a peer to join (rule 4). Checked when read.</summary>
/// <remarks>
/// <code>
/// version(1) ids clock(runs) basis(runs) varint entries, each: key(prefixed) dots(runs) items
/// </code>
/// Clock: the sender's, which says what an absent item means. Basis: the receiver's clock for which the dots were listed. A receiver whose clock is no
/// longer at least that (it has emptied itself or lost its disk in between) must refuse: dots that it would need are not in the list.
/// </remarks>
internal sealed class KeyStates
{
    private const byte Version = 1;

    private KeyStates(DotSet clock, DotSet basis, Entry[] entries)
    {
        Clock = clock;
        Basis = basis;
        Entries = entries;
    }

    public DotSet Clock { get; }

    public DotSet Basis { get; }

    public Entry[] Entries { get; }

    public static bool TryRead(ReadOnlyMemory<byte> input, ReplicaTable table, [NotNullWhen(true)] out KeyStates? states, out WireError error)
    {
        states = null;
        var reader = new WireReader(input.Span);
        if (reader.ReadByte() != Version) reader.Fail("key states of version 1");
        var slots = LocalIds.Read(ref reader, table);
        var clock = LocalIds.ReadDots(ref reader, slots, table);
        var basis = LocalIds.ReadDots(ref reader, slots, table);
        var entries = new Entry[reader.ReadCount(4)];
        for (var i = 0; i < entries.Length && !reader.Failed; i++)
        {
            var key = ItemCodec.ReadKey(ref reader);
            var dots = LocalIds.ReadDots(ref reader, slots, table);
            entries[i] = new Entry(key, dots, ItemCodec.Read(ref reader, input, slots, table));
            if (!clock.Dominates(dots)) reader.Fail("dots that the sender's clock has");
        }

        if (!reader.Failed && reader.Remaining > 0) reader.Fail("the end of key states");
        error = reader.Error;
        if (reader.Failed) return false;
        states = new KeyStates(clock, basis, entries);
        return true;
    }

    /// <param name="Key">Which key.</param>
    /// <param name="Dots">Every dot of the key that the receiver lacks, live or not.</param>
    /// <param name="Items">The live items.</param>
    public readonly record struct Entry(Key Key, DotSet Dots, ItemEdit[] Items);

    /// <summary>Builds one message of key states.</summary>
    internal sealed class Builder(ReplicaTable table, DotSet clock, DotSet basis)
    {
        private readonly WireWriter _body = new(512);
        private readonly LocalIds _ids = new(table);
        private int _count;

        public int Count => _count;

        /// <summary>Bytes so far, without the head.</summary>
        public int BodyBytes => _body.Length;

        public void Add(Key key, ItemTree tree, DotSet dots)
        {
            _body.WritePrefixed(key.Flat);
            _ids.WriteDots(_body, dots);
            ItemCodec.Write(_body, tree, _ids);
            _count++;
        }

        public Record Build()
        {
            var clocks = new WireWriter(128);
            _ids.WriteDots(clocks, clock);
            _ids.WriteDots(clocks, basis);
            var whole = new WireWriter(_body.Length + clocks.Length + 64);
            whole.WriteByte(Version);
            _ids.Write(whole);
            whole.WriteBytes(clocks.Written);
            whole.WriteCount(_count);
            whole.WriteBytes(_body.Written);
            return new Record(RecordKind.KeyStates, whole.ToArray());
        }
    }
}
