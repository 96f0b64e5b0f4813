using System.Collections.Immutable;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Dissemination;

internal sealed partial class Plumtree
{
    private void Announce(Neighbor neighbor, Announced announced, TimeSpan now)
    {
        neighbor.Outstanding.Enqueue(announced);
        neighbor.OutstandingBytes += SizeOf(announced);
        while (neighbor.OutstandingBytes > options.OutstandingBytesMax)
        {
            neighbor.OutstandingBytes -= SizeOf(neighbor.Outstanding.Dequeue());
            counters.AnnouncementsDropped++;
        }

        if (_announceDue == TimeSpan.MaxValue) _announceDue = now + options.AnnounceInterval;
    }

    private static void Flush(Neighbor neighbor, Outbox outbox)
    {
        neighbor.OutstandingBytes = 0;
        while (neighbor.Outstanding.Count > 0)
        {
            var batch = ImmutableArray.CreateBuilder<Announced>(Math.Min(neighbor.Outstanding.Count, DisseminationWire.IdsMax));
            while (batch.Count < batch.Capacity) batch.Add(neighbor.Outstanding.Dequeue());
            outbox.Send(neighbor.Peer, new DisseminationMessage.IHave(batch.MoveToImmutable()));
        }
    }

    private static int SizeOf(Announced announced) =>
        1 + announced.Id.Origin.Node.Text.Length + WireWriter.VarintSize(announced.Id.Origin.Epoch) + WireWriter.VarintSize(announced.Id.Number) + WireWriter.VarintSize((ulong)announced.Hop);

    private sealed class Neighbor(PeerId peer)
    {
        public PeerId Peer => peer;

        public bool IsEager { get; set; } = true;

        public Queue<Announced> Outstanding { get; } = new();

        public int OutstandingBytes { get; set; }
    }

    private sealed class Missing
    {
        public List<(PeerId Peer, int Hop)> Announcers { get; } = [];

        public TimeSpan Due { get; set; }
    }
}
