using System.Text;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Wire;

namespace GossipCluster.Actors.Replicas;

/// <content>Listings of keys and buckets: one partition after another, each from every node that is reachable, each name once.</content>
internal sealed partial class Shard
{
    private const int NamesBytesMax = 48 << 10;
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(5);
    private readonly List<RunningList> _lists = [];

    /// <summary>A client of this node lists.</summary>
    public void List(ListTicket ticket, TimeSpan now)
    {
        _now = now;
        var list = new RunningList(ticket) { Partition = _index - _count };
        _lists.Add(list);
        GoOn(list);
    }

    private void GoOn(RunningList list)
    {
        while (list.Open.Count == 0)
        {
            if (list.IsAsked && !list.HasPrimary) list.Ticket.Parts.TryWrite(null);
            list.Partition += _count;
            if (list.Partition >= _view.Ring.PartitionCount)
            {
                _lists.Remove(list);
                list.Ticket.Parts.TryComplete();
                return;
            }

            var address = new ReplicaAddress(list.Ticket.N, list.Partition);
            list.Call = NextNumber();
            list.HasPrimary = IsPrimaryOf(address, _self);
            list.IsAsked = true;
            list.Seen.Clear();
            list.EndsAt = _now + ListPatience;
            list.Open.UnionWith(_reachable.Where(_view.Ring.Contains));
            foreach (var node in list.Open) _outbox.Add(node, address, new CoordinationMessage.ListNames(list.Call, list.Ticket.Type, list.Ticket.Bucket));
            foreach (var part in NamesOf(address, list.Ticket.Type, list.Ticket.Bucket)) Give(list, part);
        }
    }

    private static void Give(RunningList list, IEnumerable<string> names)
    {
        string[] fresh = [.. names.Where(list.Seen.Add)];
        if (fresh.Length > 0) list.Ticket.Parts.TryWrite(fresh);
    }

    private void TakeNames(NodeName from, CoordinationMessage.NamesListed listed)
    {
        if (_lists.Find(list => list.Call == listed.Call) is not { } list) return;
        Give(list, listed.Names);
        list.EndsAt = _now + ListPatience;
        list.HasPrimary |= listed.IsLast && IsPrimaryOf(new ReplicaAddress(list.Ticket.N, list.Partition), from);
        if (listed.IsLast && list.Open.Remove(from)) GoOn(list);
    }

    private bool IsPrimaryOf(ReplicaAddress address, NodeName node) => _view.Ring.PreferenceList(address.Partition).IsPrimary(node, address.N);

    private void TellNames(NodeName from, ReplicaAddress address, CoordinationMessage.ListNames ask)
    {
        foreach (var part in NamesOf(address, ask.Type, ask.Bucket)) _outbox.Add(from, address, new CoordinationMessage.NamesListed(ask.Call, part, false));
        _outbox.Add(from, address, new CoordinationMessage.NamesListed(ask.Call, [], true));
    }

    private void TickLists()
    {
        foreach (var list in _lists.Where(list => list.EndsAt <= _now).ToArray())
        {
            // Who does not answer is left out: the others have what it has, or nobody here has.
            list.Open.Clear();
            GoOn(list);
        }
    }

    private IEnumerable<List<string>> NamesOf(ReplicaAddress address, string type, string? bucket)
    {
        if (!_shells.TryGetValue(address, out var shell)) yield break;
        var prefix = new WireWriter(64);
        prefix.WritePrefixed(Encoding.UTF8.GetBytes(type));
        if (bucket is not null) prefix.WritePrefixed(Encoding.UTF8.GetBytes(bucket));
        var start = prefix.ToArray();
        var buckets = new HashSet<string>(StringComparer.Ordinal);
        var part = new List<string>();
        var bytes = 0;
        foreach (var key in shell.Replica.Keys)
        {
            if (!key.Flat.StartsWith(start)) continue;
            var name = bucket is null ? key.Bucket : key.Name;
            if (bucket is null && !buckets.Add(name)) continue;
            part.Add(name);
            bytes += name.Length + 2;
            if (bytes < NamesBytesMax) continue;
            yield return part;
            (part, bytes) = ([], 0);
        }

        if (part.Count > 0) yield return part;
    }

    private sealed class RunningList(ListTicket ticket)
    {
        public ListTicket Ticket { get; } = ticket;

        public int Partition { get; set; }

        public ulong Call { get; set; }

        /// <summary>The partition has been asked for.</summary>
        public bool IsAsked { get; set; }

        /// <summary>A primary of the partition has answered to the end: what it has not, nobody need have.</summary>
        public bool HasPrimary { get; set; }

        public HashSet<NodeName> Open { get; } = [];

        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

        public TimeSpan EndsAt { get; set; }
    }
}
