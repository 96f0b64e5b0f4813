using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>Waits until a cluster is at rest; says what is not where it does not come to rest in time.</summary>
internal static class Settling
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Null when all members reach each other, see one ring, have equal replicas, and nobody holds anything for others.</summary>
    public static Task<string?> ComplaintWithinAsync(IReadOnlyList<ClusterNode> members, IReadOnlyList<ClusterNode> left, TimeSpan within, CancellationToken cancel) => WithinAsync(
        async token => await ReachAsync(members, token)
            ?? await ComplaintOf(() => Operator.WaitSettledAsync([.. members], members.Count, TimeSpan.Zero, token))
            ?? await EmptyAsync(left, token)
            ?? await ComplaintOf(() => Healing.WaitConvergedAsync(members, TimeSpan.Zero, token)),
        within,
        cancel);

    /// <summary>Null when all members see one ring and have what they shall have in it.</summary>
    public static Task<string?> RingComplaintWithinAsync(IReadOnlyList<ClusterNode> members, TimeSpan within, CancellationToken cancel) => WithinAsync(
        token => ComplaintOf(() => Operator.WaitSettledAsync([.. members], members.Count, TimeSpan.Zero, token)), within, cancel);

    private static async Task<string?> ReachAsync(IReadOnlyList<ClusterNode> members, CancellationToken cancel)
    {
        foreach (var node in members)
        {
            if (await node.Client.ReadinessAsync(cancel) is { IsReady: false } readiness) return $"{node.Name}: {readiness.Sentence}";
            var reached = (await node.Client.MembersAsync(cancel)).Where(member => member.Reachable || member.Name == node.Name).Select(member => member.Name);
            if (members.Select(other => other.Name).Except(reached, StringComparer.Ordinal).ToArray() is { Length: > 0 } missing) return $"{node.Name} does not reach {string.Join(", ", missing)}";
        }

        return null;
    }

    private static async Task<string?> EmptyAsync(IReadOnlyList<ClusterNode> left, CancellationToken cancel)
    {
        foreach (var node in left)
        {
            if (await ComplaintOf(() => Operator.WaitEmptyAsync(node, TimeSpan.FromSeconds(1), cancel)) is { } complaint) return complaint;
        }

        return null;
    }

    /// <summary>The waits of other tests look once and fail with a sentence.</summary>
    private static async Task<string?> ComplaintOf(Func<Task> look)
    {
        try
        {
            await look();
            return null;
        }
        catch (Xunit.Sdk.XunitException failed)
        {
            return failed.Message;
        }
    }

    private static async Task<string?> WithinAsync(Func<CancellationToken, Task<string?>> look, TimeSpan within, CancellationToken cancel)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            string? complaint;
            try
            {
                complaint = await look(cancel);
            }
            catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException or Client.GossipClusterException && !cancel.IsCancellationRequested)
            {
                complaint = failed.Message;
            }

            if (complaint is null || watch.Elapsed > within) return complaint;
            await Task.Delay(Interval, cancel);
        }
    }
}
