using System.IO.Hashing;
using System.Text;
using Akka.Actor;
using Akka.DistributedData;
using Akka.Event;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <summary>Metadata's second way: what is durable goes into Akka.DistributedData, and what comes out of it goes to the metadata actor as news like any other.</summary>
/// <remarks>
/// Nothing is ever read from the replicator: it answers "not found" for seconds after joining, and it forgets with the process. A group of entries is one
/// key, so that a change sends a sixteenth of the table at most.
/// </remarks>
internal sealed class ReplicatorBridgeActor : ReceiveActor
{
    private const int GroupCount = 16;

    private readonly MetadataGroupKey[] _keys;
    private readonly MetadataTable[] _published = [.. Enumerable.Repeat(MetadataTable.Empty, GroupCount)];
    private readonly IActorRef _replicator;

    public ReplicatorBridgeActor(ClusterIdentity cluster, IActorRef replicator)
    {
        _replicator = replicator;
        _keys = [.. Enumerable.Range(0, GroupCount).Select(group => new MetadataGroupKey($"gossip-metadata/{cluster.Name}/{cluster.PartitionCount}/{group}"))];

        Receive<Publish>(publish => PublishEntries(publish.Entries));
        Receive<Changed>(changed => Learn(changed.Get((MetadataGroupKey)changed.Key).Table));
        Receive<IUpdateResponse>(_ => { });
    }

    public static Props CreateProps(ClusterIdentity cluster, IActorRef replicator) => Props.Create(() => new ReplicatorBridgeActor(cluster, replicator));

    protected override void PreStart()
    {
        foreach (var key in _keys) _replicator.Tell(Dsl.Subscribe(key, Self));
    }

    private static int GroupOf(MetadataEntry entry) => (int)(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(entry.Name)) % GroupCount);

    private void PublishEntries(IEnumerable<MetadataEntry> entries)
    {
        foreach (var group in entries.GroupBy(GroupOf))
        {
            var table = group.Aggregate(_published[group.Key], (known, entry) => known.Merge(entry));
            if (ReferenceEquals(table, _published[group.Key])) continue;
            _published[group.Key] = table;
            _replicator.Tell(Dsl.Update(_keys[group.Key], MetadataGroup.Empty, WriteLocal.Instance, known => known.Merge(table)));
        }
    }

    private void Learn(MetadataTable table)
    {
        var news = table.Entries.Where(entry => entry.Beats(_published[GroupOf(entry)].Find(entry.Name))).ToList();
        if (news.Count > 0) Context.Parent.Tell(new MetadataProtocol.Learned([.. news]));
    }

    /// <summary>From the metadata actor: these are durable.</summary>
    public sealed record Publish(IReadOnlyList<MetadataEntry> Entries) : INoSerializationVerificationNeeded;
}
