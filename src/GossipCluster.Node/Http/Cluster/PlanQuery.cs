using System.Globalization;
using GossipCluster.Actors.Hosting;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Placement;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>Which change a plan is asked for: <c>leave=NAME</c>, <c>weight=NAME:W</c> or <c>join=NAME[:W[:ZONE]]</c>, one of them.</summary>
internal static class PlanQuery
{
    private static readonly string[] Changes = ["leave", "weight", "join"];

    /// <summary>The ring as it would be.</summary>
    /// <param name="request">Whose query it is.</param>
    /// <param name="state">The ring as it is; and whoever has left comes back with the weight and zone that it had.</param>
    /// <param name="after">Meaningful only where the result is null.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Read(HttpRequest request, ClusterState state, out Ring after)
    {
        after = state.Ring;
        var query = RequestQuery.Of(request);
        var asked = Changes.Where(name => query[name] is not null).ToArray();
        if (asked is not [var change]) return Refusal.BadPlan;

        var parts = query[change]!.Split(':', 3);
        if (!NodeName.TryParse(parts[0], out var name)) return Refusal.BadParameter($"{change} query parameter: {NodeName.Rule}");
        int? weight = null;
        if (parts.Length > 1)
        {
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Refusal.BadPlan;
            weight = number;
        }

        var known = state.Find(name)?.Member ?? new RingMember(name);
        Ring? ring;
        RingError? error;
        switch (change)
        {
            case "leave" when parts.Length == 1:
                if (state.Ring.Members.Length == 1 && state.Ring.Contains(name)) return Refusal.RingRefused(new Core.Metadata.MetadataError.LastMember(name).Sentence);
                state.Ring.TryWithout(name, out ring, out error);
                break;
            case "weight" when weight is { } wanted && parts.Length == 2:
                state.Ring.TryWithWeight(name, wanted, out ring, out error);
                break;
            case "join":
                state.Ring.TryWith(new RingMember(name, weight ?? known.Weight, parts.Length > 2 ? parts[2] : known.Zone), out ring, out error);
                break;
            default:
                return Refusal.BadPlan;
        }

        if (ring is null) return error is RingError.UnknownMember ? Refusal.UnknownMember(name.Text) : Refusal.RingRefused(error!.Sentence);
        after = ring;
        return null;
    }
}
