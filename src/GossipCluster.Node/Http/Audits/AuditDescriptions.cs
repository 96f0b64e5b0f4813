using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Description;

namespace GossipCluster.Node.Http.Audits;

/// <summary>How the audit is described to people and programs.</summary>
internal static class AuditDescriptions
{
    private const string Example =
        """{"node":"a","running":false,"partitions":[{"partition":0,"n_val":3,"running":false,"at":"2026-01-01T12:00:00.000Z","result":"repaired","with":["b","c"],"keys":15625,"differences":1,"repaired":1,"bytes":5120,"took_ms":85,"differences_total":1,"repaired_total":1}]}""";

    public static ResourceDescription Read { get; } = new("Node", "How audits went", "For each partition of which this node is a primary, the last audit that it started.")
    {
        Answers = [(200, "By partition.", Negotiation.Json, Example), Starting],
    };

    public static ResourceDescription Start { get; } = new(
        "Node", "Audit now", "Compares this node's replicas with those of the other primaries item by item, and repairs what differs.")
    {
        Parameters = ["wait"],
        Answers =
        [
            (200, "The audits are over.", Negotiation.Json, Example),
            (202, "They are under way: ask again with GET.", Negotiation.Json, """{"node":"a","running":true,"partitions":[]}"""),
            (400, "The wait is no duration.", "text/plain", string.Empty),
            Starting,
        ],
    };

    private static (int Status, string When, string ContentType, string Example) Starting => (503, "The node is starting.", "text/plain", string.Empty);
}
