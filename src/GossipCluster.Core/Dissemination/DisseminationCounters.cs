namespace GossipCluster.Core.Dissemination;

/// <summary>What has happened since this life began. Each counts up.</summary>
public sealed class DisseminationCounters
{
    /// <summary>Messages published here.</summary>
    public long Published { get; internal set; }

    /// <summary>Messages of others delivered here.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Payloads that came again.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Payloads that came when they were older than is spread.</summary>
    public long TooOld { get; internal set; }

    /// <summary>Deliveries that only a digest brought about: the tree, or the publisher's own message, had failed.</summary>
    public long DeliveredByExchange { get; internal set; }

    /// <summary>Messages from an earlier life of a node, or to one of this node's own.</summary>
    public long EarlierLives { get; internal set; }

    /// <summary>Payloads let go because of <see cref="RecentOptions.PayloadBytesMax"/>.</summary>
    public long PayloadsEvicted { get; internal set; }

    /// <summary>Ids let go because of <see cref="RecentOptions.IdsMax"/>.</summary>
    public long IdsForgottenEarly { get; internal set; }

    /// <summary>Digests that could not list all.</summary>
    public long DigestsCut { get; internal set; }

    /// <summary>Answers to a digest or a graft that ended at <see cref="ExchangeOptions.ReplyBytesMax"/>.</summary>
    public long RepliesCut { get; internal set; }

    /// <summary>Grafts sent.</summary>
    public long Grafts { get; internal set; }

    /// <summary>Prunes sent.</summary>
    public long Prunes { get; internal set; }

    /// <summary>Links changed for a shorter way.</summary>
    public long Optimizations { get; internal set; }

    /// <summary>Announcements dropped because of <see cref="TreeOptions.OutstandingBytesMax"/>.</summary>
    public long AnnouncementsDropped { get; internal set; }

    /// <summary>Announcements not followed up because of <see cref="TreeOptions.MissingMax"/> or <see cref="TreeOptions.AnnouncersMax"/>.</summary>
    public long AnnouncementsIgnored { get; internal set; }

    /// <summary>Missing messages that no announcer gave.</summary>
    public long MissingGivenUp { get; internal set; }

    /// <summary>Neighbours won.</summary>
    public long NeighborsUp { get; internal set; }

    /// <summary>Neighbours lost, for whatever reason.</summary>
    public long NeighborsDown { get; internal set; }

    /// <summary>Neighbours lost by their silence.</summary>
    public long NeighborsSilent { get; internal set; }

    /// <summary>Neighbours displaced because of <see cref="ViewOptions.ActiveMax"/>.</summary>
    public long NeighborsDisplaced { get; internal set; }

    /// <summary>Peers let go because of <see cref="ViewOptions.PassiveMax"/>.</summary>
    public long PassiveDisplaced { get; internal set; }

    /// <summary>Links made to another overlay of the same member list.</summary>
    public long IslandsJoined { get; internal set; }
}
