using System.Globalization;
using GossipCluster.Actors.Hosting;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>Who is in the cluster, who holds what, and what a change would move: all as this node sees it, nobody is asked and nothing changes.</summary>
internal sealed class ClusterEndpoints(ICluster cluster)
{
    /// <summary>GET of <c>/cluster/members</c>.</summary>
    public async Task MembersAsync(HttpContext http)
    {
        var state = cluster.State;
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(state.Self.Text).Name("ring_version"u8).Version(state.Ring);
        Nodes("members"u8, RingStanding.Member);
        Nodes("left"u8, RingStanding.Left);
        json.Raw("}"u8);
        await AnswerAsync(http, json);

        void Nodes(ReadOnlySpan<byte> name, RingStanding standing)
        {
            json.Name(name).Raw("["u8);
            foreach (var node in state.Nodes.Where(node => node.Standing == standing)) json.Comma().Node(node, state.Self);
            json.Raw("]"u8);
        }
    }

    /// <summary>GET of <c>/cluster/ring</c>.</summary>
    public async Task RingAsync(HttpContext http)
    {
        var state = cluster.State;
        var ring = state.Ring;
        var counts = state.NVals.Select(n => RingPlan.PrimaryCounts(ring, n)).ToArray();
        var places = Math.Max(1, counts.Sum(count => count.Sum()));
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("node"u8).String(state.Self.Text).Name("ring_version"u8).Version(ring).Name("partitions"u8).Number(ring.PartitionCount).Name("n_vals"u8).Raw("["u8);
        foreach (var n in state.NVals) json.Comma().Number(n);
        json.Raw("]"u8).Name("members"u8).Raw("["u8);
        for (var index = 0; index < ring.Members.Length; index++)
        {
            var member = ring.Members[index];
            json.Comma().Raw("{"u8).Member(member).Name("primary"u8).Raw("{"u8);
            for (var n = 0; n < counts.Length; n++) json.Comma().String(state.NVals[n].ToString(CultureInfo.InvariantCulture)).Raw((byte)':').Number(counts[n][index]);
            json.Raw("}"u8).Name("share"u8).Share((double)counts.Sum(count => count[index]) / places).Raw("}"u8);
        }

        json.Raw("]}"u8);
        await AnswerAsync(http, json);
    }

    /// <summary>GET of <c>/cluster/ring/partitions/{partition}</c>.</summary>
    public async Task PartitionAsync(HttpContext http)
    {
        var state = cluster.State;
        var text = http.GetRouteValue("partition") as string;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var partition) || partition >= state.Ring.PartitionCount)
        {
            await Answer.RefuseAsync(http, Refusal.UnknownPartition(state.Ring.PartitionCount));
            return;
        }

        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("partition"u8).Number(partition).Name("ring_version"u8).Version(state.Ring).Name("preference"u8).Raw("["u8);
        foreach (var node in state.Ring.PreferenceList(partition).Members) json.Comma().String(node.Text);
        json.Raw("]"u8).Name("primaries"u8).Raw("{"u8);
        foreach (var n in state.NVals)
        {
            json.Comma().String(n.ToString(CultureInfo.InvariantCulture)).Raw(":["u8);
            foreach (var node in state.Ring.PreferenceList(partition).Primaries(n).ToArray()) json.Comma().String(node.Text);
            json.Raw("]"u8);
        }

        json.Raw("}}"u8);
        await AnswerAsync(http, json);
    }

    /// <summary>GET of <c>/cluster/ring/plan</c>.</summary>
    public async Task PlanAsync(HttpContext http)
    {
        var state = cluster.State;
        if (PlanQuery.Read(http.Request, state, out var after) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        var plan = RingPlan.Of(state.Ring, after, state.NVals);
        using var json = new JsonBuffer();
        json.Raw("{"u8).Name("ring_version"u8).Version(state.Ring).Name("members"u8).Raw("["u8);
        foreach (var member in after.Members) json.Comma().Raw("{"u8).Member(member).Raw("}"u8);
        json.Raw("]"u8).Name("places"u8).Number(plan.PlaceCount).Name("moved"u8).Number(plan.MovedCount).Name("moved_share"u8).Share(plan.MovedShare).Name("moves"u8).Raw("["u8);
        foreach (var move in plan.Moves)
        {
            json.Comma().Raw("{"u8).Name("from"u8).NameOrNull(move.From).Name("to"u8).NameOrNull(move.To).Name("places"u8).Number(move.Count).Raw("}"u8);
        }

        json.Raw("]}"u8);
        await AnswerAsync(http, json);
    }

    private static Task AnswerAsync(HttpContext http, JsonBuffer json) => Negotiation.AcceptsJson(http.Request)
        ? Answer.JsonAsync(http, StatusCodes.Status200OK, json)
        : Answer.RefuseAsync(http, Refusal.NotAcceptable);
}
