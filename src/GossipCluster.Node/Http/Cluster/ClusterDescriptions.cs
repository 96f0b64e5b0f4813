using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Description;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>What the OpenAPI document says of the cluster's resources.</summary>
internal static class ClusterDescriptions
{
    private const string Cluster = "Cluster";
    private const string Json = Negotiation.Json;
    private const string Text = "text/plain";

    public static ResourceDescription Members { get; } = new(Cluster, "Who is in the cluster", "The ring's members, and who has left it, as this node sees them: by its own links (`reachable`) and as Akka.Cluster has them, on which nothing depends.")
    {
        Answers =
        [
            (200, "The nodes, by name.", Json,
                """{"node":"n1","ring_version":"5f1c2ab09d3e7714","members":[{"name":"n1","weight":100,"zone":"","standing":"member","self":true,"reachable":true,"http":"http://n1:8098","remote":"akka.tcp://gossip-cluster@n1:4053","version":"0.1.0","incarnation":1790000000000,"load":{"cores":0.12,"keys":1200,"entropy":0,"hints":0,"age_ms":1800},"akka":{"status":"up","reachable":true}}],"left":[]}"""),
        ],
    };

    public static ResourceDescription Ring { get; } = new(Cluster, "Who holds how much", "Partition count, ring version, and for each member of how many partitions it is a primary, for each n_val in use.")
    {
        Answers = [(200, "The ring.", Json, """{"node":"n1","ring_version":"5f1c2ab09d3e7714","partitions":64,"n_vals":[3],"members":[{"name":"n1","weight":100,"zone":"","primary":{"3":48},"share":0.25}]}""")],
    };

    public static ResourceDescription Partition { get; } = new(Cluster, "Who holds a partition", "All members in the order in which they are to hold it, and which are its primaries for each n_val in use.")
    {
        Answers =
        [
            (200, "The preference list.", Json, """{"partition":17,"ring_version":"5f1c2ab09d3e7714","preference":["n2","n1","n4","n3"],"primaries":{"3":["n2","n1","n4"]}}"""),
            (404, "There is no such partition.", Text, "This cluster has the partitions 0 to 63.\n"),
        ],
    };

    public static ResourceDescription Plan { get; } = new(Cluster, "What a change would move", "Changes nothing. A place is one replica of one partition under one n_val.")
    {
        Parameters = ["leave", "weight", "join"],
        Answers =
        [
            (200, "The members as they would be, and which places would move.", Json,
                """{"ring_version":"5f1c2ab09d3e7714","members":[{"name":"n1","weight":100,"zone":""}],"places":192,"moved":48,"moved_share":0.25,"moves":[{"from":"n3","to":"n4","places":48}]}"""),
            (400, "Not one change that can be planned.", Text, string.Empty),
            (404, "No such member.", Text, string.Empty),
            (409, "The ring does not allow it.", Text, string.Empty),
        ],
    };

    public static ResourceDescription Leave { get; } = new(Cluster, "Take a member out of the ring", "The node asked, another one, or a dead one. What it has goes to the others; until it is stopped it has requests done by the members. It comes back only by `join`.")
    {
        Answers = Changed("left", "The last member cannot leave; the sentence says so."),
    };

    public static ResourceDescription Join { get; } = new(Cluster, "Let a node that has left return", "With the weight and zone that it had. A node that was never in the ring joins by being started.")
    {
        Answers = Changed("member", "The ring does not allow it; the sentence says why."),
    };

    public static ResourceDescription Weight { get; } = new(Cluster, "Change a member's weight", "Its share of the data beside the others'. Only the difference moves.")
    {
        Bodies = [("twice the share of 100", """{"weight":200}""")],
        Answers =
        [
            .. Changed("member", "The node has left the ring."),
            (400, "Not a weight from 1 to 10000.", Text, string.Empty),
            (415, "The body's Content-Type is not JSON.", Text, string.Empty),
        ],
    };

    public static ResourceDescription Handoff { get; } = new(Cluster, "How far data have followed the ring", "What the node still holds for others (`outgoing`) and of how many replicas it has not had everything yet (`incoming`). Only the node itself can say: asked of another, the way leads there.")
    {
        Parameters = ["wait", "standing"],
        Answers =
        [
            (200, "How far it is.", Json, """{"node":"n3","standing":"left","ring_version":"5f1c2ab09d3e7714","outgoing":{"replicas":12,"keys":4031},"incoming":{"replicas":0},"done":false}"""),
            (307, "To the node itself.", string.Empty, string.Empty),
            (404, "No such node.", Text, string.Empty),
            (503, "The node is not reachable, or cannot say yet.", Text, string.Empty),
        ],
    };

    private static (int Status, string When, string ContentType, string Example)[] Changed(string standing, string refused) =>
    [
        (202, "Durable on this node and on its way to the others; also where it was so already. `Location` says where to see how far the data are.", Json,
            $$"""{"node":"n3","standing":"{{standing}}","ring_version":"5f1c2ab09d3e7714","handoff":"/cluster/members/n3/handoff?standing={{standing}}"}"""),
        (404, "No node of this name is or was in the ring.", Text, string.Empty),
        (409, refused, Text, string.Empty),
        (503, "This node cannot say: the change may happen; look again.", Text, string.Empty),
    ];
}
