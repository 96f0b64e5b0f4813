using System.Globalization;
using System.Text.Json;

namespace GossipCluster.Cli.Cluster;

/// <summary>How far the data of some nodes have followed the ring.</summary>
/// <param name="RingVersion">What all of them see; null where they do not agree yet, or one cannot be asked.</param>
/// <param name="Replicas">Held for others.</param>
/// <param name="Keys">In those.</param>
/// <param name="Unsynced">Replicas of which a primary has not had everything.</param>
/// <param name="Missing">Why one cannot be asked; null where all were.</param>
internal sealed record Progress(string? RingVersion, long Replicas, long Keys, long Unsynced, string? Missing)
{
    /// <summary>Nothing is on its way any more.</summary>
    public bool IsDone => RingVersion is not null && Replicas == 0 && Unsynced == 0;

    /// <summary>For people.</summary>
    public string Sentence => Missing is not null ? Missing
        : RingVersion is null ? "The nodes do not all know the ring yet."
        : IsDone ? "All data are where they belong."
        : string.Create(CultureInfo.InvariantCulture, $"To hand off: {Replicas} replicas with {Keys} keys. To receive: {Unsynced} replicas.");

    /// <summary>Asks each of the nodes.</summary>
    /// <param name="client">Whom to ask first; it names the way to the others.</param>
    /// <param name="nodes">Names.</param>
    /// <param name="standing">What each must know of itself, as in <c>left</c>; null for anything.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task<Progress> AskAsync(AdminClient client, IEnumerable<string> nodes, string? standing, CancellationToken cancel)
    {
        var (replicas, keys, unsynced) = (0L, 0L, 0L);
        var versions = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            JsonElement told;
            try
            {
                told = await client.GetAsync($"/cluster/members/{AdminClient.Escape(node)}/handoff", cancel);
            }
            catch (CommandException failed)
            {
                return new Progress(null, 0, 0, 0, $"{node} cannot be asked: {failed.Message}");
            }

            replicas += told.GetProperty("outgoing").GetProperty("replicas").GetInt64();
            keys += told.GetProperty("outgoing").GetProperty("keys").GetInt64();
            unsynced += told.GetProperty("incoming").GetProperty("replicas").GetInt64();
            versions.Add(standing is null || told.GetProperty("standing").GetString() == standing ? told.GetProperty("ring_version").GetString()! : $"{node} does not know yet");
        }

        var isOne = versions.Count == 1 && !versions.Single().EndsWith("yet", StringComparison.Ordinal);
        return new Progress(isOne ? versions.Single() : null, replicas, keys, unsynced, null);
    }
}
