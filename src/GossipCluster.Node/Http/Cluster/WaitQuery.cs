using System.Globalization;
using GossipCluster.Actors.Hosting;
using GossipCluster.Core.Metadata;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Http.Cluster;

/// <summary>How long a client waits for handoff, and for what.</summary>
/// <param name="Wait">At most; zero for an answer at once.</param>
/// <param name="Standing">What the node must know of itself too; null for whatever it is.</param>
internal readonly record struct WaitQuery(TimeSpan Wait, RingStanding? Standing)
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), (string.Empty, TimeSpan.FromSeconds(1))];

    /// <summary>Reads <c>wait</c>, as in 500ms, 30s, 2m (a bare number is seconds; more than the longest wait is the longest), and <c>standing</c>.</summary>
    public static Refusal? Read(HttpRequest request, TimeSpan waitMax, out WaitQuery wanted)
    {
        wanted = default;
        var query = RequestQuery.Of(request);
        RingStanding? standing = query["standing"] switch { "left" => RingStanding.Left, "member" => RingStanding.Member, _ => null };
        if (query["standing"] is not null && standing is null) return Refusal.BadParameter("standing query parameter must be 'member' or 'left'");
        wanted = new WaitQuery(TimeSpan.Zero, standing);
        if (query["wait"] is not { } text) return null;
        foreach (var (suffix, unit) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            if (!int.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) break;
            wanted = wanted with { Wait = TimeSpan.FromTicks((long)Math.Min(waitMax.Ticks, (double)count * unit.Ticks)) };
            return null;
        }

        return Refusal.BadParameter("wait query parameter must be a duration as 500ms, 30s or 2m");
    }

    /// <summary>True where nothing is left to wait for.</summary>
    public bool IsMet(HandoffState? handoff) => handoff is { IsDone: true } && (Standing is null || handoff.HasLeft == (Standing == RingStanding.Left));
}
