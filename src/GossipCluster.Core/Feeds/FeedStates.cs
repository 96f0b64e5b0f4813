using System.Diagnostics.CodeAnalysis;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Feeds;

/// <summary>The keys of one part of a feed as they were at its source.</summary>
/// <param name="Clock">What the source had seen: the context of every value.</param>
/// <param name="Keys">Each key and its value, null where it does not exist; and about how many bytes that takes.</param>
public sealed record FeedStates(DotSet Clock, IReadOnlyList<FeedState> Keys)
{
    /// <summary>Reads the states of a <see cref="Coordination.CoordinationMessage.FeedPart"/>, bytes that may be hostile.</summary>
    public static bool TryRead(Record states, [NotNullWhen(true)] out FeedStates? read, out WireError error)
    {
        read = null;
        var table = new ReplicaTable();
        if (!KeyStates.TryRead(states.Bytes, table, out var all, out error)) return false;
        var editor = new ItemTreeEditor();
        var keys = new FeedState[all.Entries.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var (key, _, items) = all.Entries[i];
            var bytes = key.Flat.Length + 64;
            foreach (ref readonly var item in items.AsSpan()) bytes += item.Path.Length + item.Payload.Length;
            keys[i] = new FeedState(key, ValueReader.Read(editor.Apply(ItemTree.Empty, items), table), bytes);
        }

        read = new FeedStates(all.Clock, keys);
        return true;
    }
}

/// <summary>A key as it was at the source of a feed.</summary>
/// <param name="Key">Which.</param>
/// <param name="Value">Null where it does not exist.</param>
/// <param name="Bytes">About how many bytes key and value take.</param>
public readonly record struct FeedState(Key Key, DataValue? Value, int Bytes);
