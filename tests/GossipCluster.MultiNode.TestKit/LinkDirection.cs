namespace GossipCluster.MultiNode.TestKit;

/// <summary>Which way, seen from the role that is named first. Akka's <c>ThrottleTransportAdapter.Direction</c>.</summary>
[Flags]
public enum LinkDirection
{
    /// <summary>What the first sends to the second.</summary>
    Send = 1,

    /// <summary>What the second sends to the first.</summary>
    Receive = 2,

    /// <summary>Both ways.</summary>
    Both = Send | Receive,
}
