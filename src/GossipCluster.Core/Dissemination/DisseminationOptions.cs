namespace GossipCluster.Core.Dissemination;

/// <summary>How news goes from one node to all.</summary>
public enum DisseminationWay
{
    /// <summary>From the publisher to each member: one hop, and n - 1 messages from one node. For small clusters.</summary>
    Direct,

    /// <summary>Digests with a member chosen at random, over and over: slow, and nothing stops it.</summary>
    Exchange,

    /// <summary>Along a tree over partial views (Plumtree over HyParView): each node has a handful of links, whatever the size of the cluster.</summary>
    Cooperative,
}

/// <summary>Times and bounds of dissemination. Nodes need not agree, but for the order of magnitude of the times.</summary>
public sealed record DisseminationOptions
{
    /// <summary>The defaults.</summary>
    public static readonly DisseminationOptions Default = new();

    /// <summary>What is kept of messages.</summary>
    public RecentOptions Recent { get; init; } = new();

    /// <summary>Digests with others.</summary>
    public ExchangeOptions Exchange { get; init; } = new();

    /// <summary>Who is whose neighbour.</summary>
    public ViewOptions Views { get; init; } = new();

    /// <summary>What goes to neighbours.</summary>
    public TreeOptions Tree { get; init; } = new();
}

/// <summary>Bounds of <see cref="RecentMessages"/>.</summary>
public sealed record RecentOptions
{
    /// <summary>How long a message is spread, counted in the time that nodes have held it. Its id is remembered for twice as long.</summary>
    /// <value>Default: 60 s, a cut that heals within it is mended by digests alone. What is older is left to the exchange of whole tables.</value>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The most payload bytes kept; past that the earliest go.</summary>
    /// <value>Bytes. Default: 4 MiB.</value>
    public int PayloadBytesMax { get; init; } = 4 << 20;

    /// <summary>The most ids remembered; past that the earliest go, and their messages could be delivered twice.</summary>
    /// <value>Default: 16,384, about 2 MB.</value>
    public int IdsMax { get; init; } = 16_384;
}

/// <summary>Times and bounds of <see cref="DigestExchange"/>.</summary>
public sealed record ExchangeOptions
{
    /// <summary>The time between two digests that a node sends.</summary>
    /// <value>Default: 1 s. One small message a second is what the backstop costs at rest.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node has had a message before it sends it on the strength of a digest. The tree gets that much time first.</summary>
    /// <value>Default: 750 ms, above the time in which a tree reaches 10,000 nodes. <see cref="DisseminationWay.Exchange"/> does not wait.</value>
    public TimeSpan OfferAfter { get; init; } = TimeSpan.FromMilliseconds(750);

    /// <summary>The most ids in one digest, the latest; what is older counts as seen.</summary>
    /// <value>Up to <see cref="DisseminationWire.IdsMax"/>. Default: 1,024.</value>
    public int IdsMax { get; init; } = 1_024;

    /// <summary>The most payload bytes sent for one digest or one graft; the rest comes with the next.</summary>
    /// <value>Bytes. Default: 256 KiB.</value>
    public int ReplyBytesMax { get; init; } = 256 << 10;
}

/// <summary>Times and bounds of <see cref="HyParView"/>.</summary>
public sealed record ViewOptions
{
    /// <summary>A node looks for neighbours while it has fewer.</summary>
    /// <value>Default: 5, log10 of 10,000 and one more (Leitao et al.). It stays connected with half of the nodes gone.</value>
    public int ActiveTarget { get; init; } = 5;

    /// <summary>The most neighbours; who must be taken in then displaces another.</summary>
    /// <value>Default: 6. One above the target, or the last nodes to look would find everybody full.</value>
    public int ActiveMax { get; init; } = 6;

    /// <summary>The most others kept in mind as replacements.</summary>
    /// <value>Default: 30, six times the active view (Leitao et al.).</value>
    public int PassiveMax { get; init; } = 30;

    /// <summary>Hops of a join's random walk (ARWL).</summary>
    /// <value>Default: 6.</value>
    public int JoinWalkMax { get; init; } = 6;

    /// <summary>With so many hops left a walking join is noted in the passive view (PRWL).</summary>
    /// <value>Default: 3.</value>
    public int JoinNotedAt { get; init; } = 3;

    /// <summary>The time between two shuffles; with each, one place of the passive view is filled from the member list.</summary>
    /// <value>Default: 5 s.</value>
    public TimeSpan ShuffleInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Hops of a shuffle.</summary>
    /// <value>Default: 4.</value>
    public int ShuffleWalkMax { get; init; } = 4;

    /// <summary>Peers of the active view in a shuffle.</summary>
    /// <value>Default: 3.</value>
    public int ShuffleActiveCount { get; init; } = 3;

    /// <summary>Peers of the passive view in a shuffle.</summary>
    /// <value>Default: 4.</value>
    public int ShufflePassiveCount { get; init; } = 4;

    /// <summary>The time between two signs of life to each neighbour.</summary>
    /// <value>Default: 250 ms.</value>
    public TimeSpan KeepaliveInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A neighbour that has been silent for so long is none.</summary>
    /// <value>Default: 1,250 ms: five signs of life. With a loss of 10 % all of them are lost once in 100,000 times.</value>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromMilliseconds(1_250);

    /// <summary>How long a request to be neighbours waits for its answer; then that peer is taken out of the passive view.</summary>
    /// <value>Default: 300 ms, several round trips.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a beacon may be without a new beat before its root counts as gone.</summary>
    /// <value>Default: 2.5 s: ten signs of life.</value>
    public TimeSpan BeaconSilenceMax { get; init; } = TimeSpan.FromMilliseconds(2_500);

    /// <summary>How long a node's root must have been the same before another's counts as that of an island.</summary>
    /// <value>Default: 1 s, in which a beacon crosses the largest overlay.</value>
    public TimeSpan BeaconSettledAfter { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Times and bounds of <see cref="Plumtree"/>.</summary>
public sealed record TreeOptions
{
    /// <summary>How long announcements are gathered into one message.</summary>
    /// <value>Default: 50 ms. A branch of a branch that is cut off waits for it twice.</value>
    public TimeSpan AnnounceInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long after the first announcement the message itself is awaited.</summary>
    /// <value>Default: 300 ms, about the time in which the tree reaches 10,000 nodes; sooner, grafts would add links that are not needed.</value>
    public TimeSpan GraftDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Up to so much is added to <see cref="GraftDelay"/>, at random.</summary>
    /// <remarks>A branch that is cut off hears of a message at about the same time in all its nodes. The first to ask gets it, and the branch has it from there.</remarks>
    /// <value>Default: 200 ms, in which a branch is crossed.</value>
    public TimeSpan GraftSpread { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an answer to a graft is awaited before the next announcer is asked.</summary>
    /// <value>Default: 100 ms, twice a round trip of the slower kind.</value>
    public TimeSpan GraftRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A message that took so many hops more than an announcement of it said makes the announcer's link part of the tree, instead of the one it came by.</summary>
    /// <value>Hops. Default: 7 (Leitao et al.). Lower, several publishers would pull the tree to and fro.</value>
    public int OptimizeHopsMin { get; init; } = 7;

    /// <summary>The share of such occasions that is taken, at random.</summary>
    /// <value>0 to 1. Default: 0.02. With 1, of twenty messages published at once every seventh payload is sent twice; see docs/dissemination.md.</value>
    public double OptimizeShare { get; init; } = 0.02;

    /// <summary>The most bytes of announcements that wait for one neighbour; past that the earliest are dropped and left to the exchange.</summary>
    /// <value>Bytes. Default: 64 KiB, about 2,000 announcements.</value>
    public int OutstandingBytesMax { get; init; } = 64 << 10;

    /// <summary>The most messages known from announcements alone; further ones are left to the exchange.</summary>
    /// <value>Default: 4,096.</value>
    public int MissingMax { get; init; } = 4_096;

    /// <summary>The most announcers remembered of one missing message.</summary>
    /// <value>Default: 6, the active view.</value>
    public int AnnouncersMax { get; init; } = 6;
}
