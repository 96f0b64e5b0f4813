using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Description;

namespace GossipCluster.Node.Http.Repairs;

/// <summary>What the OpenAPI document says of divergence and repair.</summary>
internal static class RepairDescriptions
{
    private const string Repair = "Repair";
    private const string Json = Negotiation.Json;
    private const string Text = "text/plain";

    private static readonly (int Status, string When, string ContentType, string Example) Starting = (503, "The node is starting: `Retry-After` says when to try again.", Text, string.Empty);

    public static ResourceDescription Entropy { get; } = new(
        Repair, "How far replicas differ", "Of this node: per replica and peer the dots that the peer is not known to have (`dots_lacking`) and those that are known there and not here (`dots_ahead`), the least age of the oldest, the log, hints, the last sync. `dots` is the sum; 0 means converged.")
    {
        Answers =
        [
            (200, "The node's replicas.", Json,
                """{"node":"n1","dots":3,"synced":true,"repair":{"running":0,"due":0,"held_back":0,"bytes_per_second":67108864,"bytes":4711,"completed":128,"broken":0},"hints":{"paused":false,"bytes":0,"keys_dropped":0,"refused":0},"replicas":[{"n":3,"partition":0,"primary":true,"synced":true,"keys":17,"bytes":4096,"log_entries":3,"log_bytes":141,"peers":[{"node":"n2","reachable":true,"dots_lacking":3,"dots_ahead":0,"oldest_age_seconds":1.2,"since_sync_seconds":7.5}]}]}"""),
            Starting,
        ],
    };

    public static ResourceDescription Hints { get; } = new(Repair, "What is kept for others", "With `wait`: answers when all hints that this node keeps at the time of the question have been handed off, or after the wait; `left` is in how many replicas they have not.")
    {
        Parameters = ["wait"],
        Answers = [(200, "The hints.", Json, """{"node":"n4","hints":{"paused":false,"bytes":20480,"keys_dropped":0,"refused":0},"done":false,"left":1,"replicas":[]}"""), Starting],
    };

    public static ResourceDescription Pause { get; } = Order("Stop hinted handoff", "Of this node, until `resume` or a restart. Hints are kept, and taken, within their bounds.");

    public static ResourceDescription Resume { get; } = Order("Go on with hinted handoff", "Of this node.");

    public static ResourceDescription Drop { get; } = Order("Drop hints", "Of this node: those that a write quorum of primaries is known to have, never an only copy. Pairwise sync brings them to the rest.");

    public static ResourceDescription Sync { get; } = Order("Compare all replicas", "Of this node with all their peers, now and within the pace of repairs.");

    public static ResourceDescription Convergence { get; } = new(Repair, "Is this write everywhere?", "The token is the `GossipCluster-Context` of any answer. Answers when every primary has what it covers, or after `wait` with who has not.")
    {
        Parameters = ["wait"],
        Answers =
        [
            (200, "Who has it.", Json, """{"converged":false,"replicas":[{"node":"n1","has":true,"reachable":true},{"node":"n2","has":false,"reachable":false}]}"""),
            (400, "Not a token of this cluster.", Text, string.Empty),
            Starting,
        ],
    };

    private static ResourceDescription Order(string summary, string description) => new(Repair, summary, description)
    {
        Answers = [(202, "Ordered; `/cluster/entropy` shows what comes of it.", string.Empty, string.Empty), Starting],
    };
}
