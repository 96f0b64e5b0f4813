using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;

namespace GossipCluster.Simulation.Tests;

/// <content>What a read's answer must be, whatever its coordinator knew.</content>
internal sealed partial class Simulation
{
    private readonly HashSet<ClientRead> _openReads = [];

    /// <summary>A read begins: who has what, by then.</summary>
    public void Remember(ClientRead read)
    {
        _openReads.Add(read);
        read.LossesBefore = LossesSoFar;
        var oracle = Oracles[read.Partition];
        var clocks = read.Primaries.Select(name => (Name: name, Clock: oracle.Present(Node(name).ClockOf(read.Partition)))).ToList();
        foreach (var write in oracle.WritesOf(read.Key))
        {
            var own = oracle.Present(write);
            var holders = clocks.Where(primary => primary.Clock.Dominates(own)).Select(primary => primary.Name).ToList();
            if (holders.Count > 0) read.Held.Add((write, holders));
        }

        read.Witnesses = [.. read.Primaries.Where(name =>
            (name == read.At.Name || (Reaches(read.At, name) && !read.At.Suspects(name))) && Node(name).ReplicaOf(read.Partition).Has(read.Key))];
    }

    public void Forget(ClientRead read) => _openReads.Remove(read);

    /// <summary>A node is gone: it is no witness any more.</summary>
    public void Interrupt(SimNode gone)
    {
        foreach (var read in _openReads) read.Witnesses.Remove(gone.Name);
    }

    /// <summary>A node does not reach another, or does not believe that it does.</summary>
    public void Interrupt(SimNode from, NodeName to)
    {
        foreach (var read in _openReads.Where(read => read.At == from)) read.Witnesses.Remove(to);
    }

    /// <summary>Something has become durable at a node: whoever has a key no longer is no witness of it.</summary>
    public void NoteGone(SimNode node, int partition)
    {
        foreach (var read in _openReads)
        {
            if (read.Partition == partition && !node.Protocols[partition].Replica.Has(read.Key)) read.Witnesses.Remove(node.Name);
        }
    }

    public void CheckRead(ClientRead read)
    {
        if (read.Joined is not { } joined) return;
        var oracle = Oracles[read.Partition];
        var clock = oracle.Present(joined.Clock);
        var expected = oracle.StateAt(clock, [read.Key]);
        var live = oracle.Present(joined.LiveDots);
        Check.That(live.Equals(DotSet.Of(expected.Keys)), $"a read of {read.Key} gives {live}, its token names {DotSet.Of(expected.Keys)}");
        Check.That(read.Token is null || clock.Dominates(oracle.Present(read.Token)), $"a read of {read.Key} has not seen its token {read.Token}");
        if (read.Outcome is ReadOutcome.Found found) CheckSeen(read, found, clock);
        else Check.That(read.Witnesses.Count == 0, $"{read.Key} is not found, and {string.Join(' ', read.Witnesses)} had it, reachable, all the time");
        _tokens.Add((read.Key, read.Type, joined.Clock));
        if (_tokens.Count > 8) _tokens.RemoveAt(_random.Next(8));
    }

    /// <summary>
    /// Reads see writes: where more primaries had a write when the read began than it can have missed (R + W > N), it is in what the read has joined.
    /// </summary>
    private void CheckSeen(ClientRead read, ReadOutcome.Found found, DotSet clock)
    {
        if (read.LossesBefore != LossesSoFar) return;
        var oracle = Oracles[read.Partition];
        foreach (var (write, holders) in read.Held)
        {
            if (holders.Count + found.Primaries <= read.Primaries.Length) continue;
            Check.That(
                clock.Dominates(oracle.Present(write)),
                $"a read of {read.Key} by {found.Primaries} primaries has missed {write.Own}, which {string.Join(' ', holders)} had");
        }
    }

    /// <summary>Counts all occasions on which a node may have come to have less than before.</summary>
    private int LossesSoFar => DiskLosses + _nodes.Sum(node => node.ForgetCount);
}
