using System.Runtime.InteropServices;
using GossipCluster.Core.Causality;

namespace GossipCluster.Core.Kernel;

/// <summary>The test doors: what tests of the tests need to see and to spoil. Internal; the product calls them from its own test door alone, which is closed.</summary>
public sealed partial class Replica
{
    /// <summary>How many items of a key are live.</summary>
    internal int ItemCount(Key key)
    {
        var count = 0;
        foreach (ref readonly var _ in _trees.GetValueOrDefault(key)) count++;
        return count;
    }

    /// <summary>The dots that the log attributes to a key, whether or not it can attribute all others.</summary>
    internal DotSet LoggedDotsOf(Key key) => DotsOf(key, Clock, mark: 0);

    /// <summary>Spoils a key's items under everybody's feet: neither clock, log, audit tree nor disk hear of it. What rot in memory does.</summary>
    /// <returns>False where there is nothing to spoil in that way.</returns>
    internal bool Damage(Key key, DamageKind kind)
    {
        var tree = _trees.GetValueOrDefault(key);
        List<ItemEdit> edits = [];
        foreach (ref readonly var item in tree)
        {
            switch (kind)
            {
                case DamageKind.LoseKey:
                    edits.Add(ItemEdit.Drop(item));
                    continue;
                case DamageKind.LoseItem:
                    edits.Add(ItemEdit.Drop(item));
                    break;
                case DamageKind.FlipPayload when item.Payload.Length > 0:
                    byte[] flipped = [.. item.Payload];

                    // The lowest bit of the last byte: nearly every payload stays one that can be read.
                    flipped[^1] ^= 1;
                    edits.Add(ItemEdit.Drop(item));
                    edits.Add(ItemEdit.Add(item.PathMemory, item.Slot, item.Counter, flipped));
                    break;
                default:
                    continue;
            }

            break;
        }

        if (edits.Count == 0) return false;
        Put(key, _editor.Apply(tree, CollectionsMarshal.AsSpan(edits)));
        return true;
    }

    /// <summary>Brings a key's items back as they once were, whatever has superseded them since. What a bug in a join does.</summary>
    internal bool Resurrect(Key key, Record state)
    {
        if (!KeyStates.TryRead(state.Bytes, _table, out var read, out _)) return false;
        var edits = read.Entries[0].Items;
        if (edits.Length == 0) return false;
        Put(key, _editor.Apply(ItemTree.Empty, edits));
        return true;
    }

    /// <summary>Puts a record into the batch being gathered that makes what is in memory what was written.</summary>
    internal bool StageAsIs(Key key)
    {
        RequireNothingAlone();
        if (RepairOf(key, [StateOf(key)], out _) is not { } record) return false;
        _gathering.Add(record);
        return true;
    }

    /// <summary>Claims dots without their effects: what no rule allows.</summary>
    internal void DamageClock(DotSet dots)
    {
        _clock.Add(dots);
        _stagedClock.Add(dots);
        _unlogged.Add(dots);
    }
}
