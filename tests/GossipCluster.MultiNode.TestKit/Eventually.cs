using System.Diagnostics;
using Xunit;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>Waits for what must come true, by looking again and again until a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks until <paramref name="look"/> gives no complaint; fails with the last complaint at the deadline.</summary>
    /// <param name="look">Null when all is well, else a sentence saying what is not. A request that fails or takes too long is a complaint too.</param>
    public static async Task TrueAsync(Func<CancellationToken, Task<string?>> look, TimeSpan within, CancellationToken cancel = default)
    {
        var watch = Stopwatch.StartNew();
        string? complaint;
        do
        {
            try
            {
                complaint = await look(cancel);
            }
            catch (Exception failed) when (failed is Client.GossipClusterException or HttpRequestException || (failed is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                complaint = failed.Message;
            }

            if (complaint is null) return;
            await Task.Delay(Interval, cancel);
        }
        while (watch.Elapsed < within);

        Assert.Fail($"Not within {within.TotalSeconds:0.#} s: {complaint}");
    }

    /// <summary>Looks until the value is <paramref name="expected"/>.</summary>
    public static Task EqualAsync<T>(T expected, Func<CancellationToken, Task<T>> look, TimeSpan within, CancellationToken cancel = default) => TrueAsync(
        async token =>
        {
            var seen = await look(token);
            return EqualityComparer<T>.Default.Equals(expected, seen) ? null : $"expected {expected}, last seen {seen}";
        },
        within,
        cancel);
}
