using GossipCluster.Actors.Store;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Parameters;

namespace GossipCluster.Node.Testing;

/// <summary>The test door that spoils data, there only where <c>gossip-cluster.testing.damage.enabled</c> is on. No part of the interface: it changes with the tests.</summary>
internal static class DamageEndpoints
{
    private static readonly Dictionary<string, DamageKind?> Kinds = new(StringComparer.Ordinal)
    {
        ["lose-item"] = DamageKind.LoseItem,
        ["lose-key"] = DamageKind.LoseKey,
        ["flip-payload"] = DamageKind.FlipPayload,
        ["remember"] = null,
        ["resurrect"] = DamageKind.Resurrect,
    };

    /// <summary>Opens the door: <c>POST /testing/damage?type=&amp;bucket=&amp;key=&amp;kind=&amp;disk=true</c>.</summary>
    public static void MapDamage(this WebApplication app) => app.MapPost("/testing/damage", (RequestDelegate)DamageAsync).ExcludeFromDescription();

    private static async Task DamageAsync(HttpContext http)
    {
        var query = RequestQuery.Of(http.Request);
        var audits = http.RequestServices.GetRequiredService<IAudits>();
        var schema = http.RequestServices.GetRequiredService<IStore>().Schema;
        if (query["type"] is not { } type || schema.Find(type) is not { } bucketType)
        {
            await Answer.RefuseAsync(http, Refusal.UnknownType(query["type"] ?? string.Empty));
            return;
        }

        if (!Key.TryCreate(type, query["bucket"] ?? string.Empty, query["key"] ?? string.Empty, out var key, out var error) || !Kinds.TryGetValue(query["kind"] ?? string.Empty, out var kind))
        {
            await Answer.RefuseAsync(http, Refusal.BadParameter(error ?? $"kind is one of {string.Join(", ", Kinds.Keys)}."));
            return;
        }

        var done = await audits.DamageAsync(key, bucketType.N, kind, query["disk"] == "true");
        Answer.Empty(http, done ? StatusCodes.Status204NoContent : StatusCodes.Status409Conflict);
    }
}
