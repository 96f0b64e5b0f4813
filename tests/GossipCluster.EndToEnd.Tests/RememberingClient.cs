using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests;

/// <summary>
/// A client that increments a counter of its own and adds unique elements to a set of its own, and remembers what was acknowledged and what was only
/// attempted. It goes on with the next node when one fails, as a client of an always-writable store may.
/// </summary>
internal sealed class RememberingClient(string bucket, int number, IReadOnlyList<ClusterNode> nodes, bool reads = false) : IDisposable
{
    private readonly GossipClusterClient[] _clients = [.. nodes.Select(node => new GossipClusterClient(new GossipClusterClientOptions { Nodes = [node.Url] }))];
    private readonly string _key = "client-" + number.ToString(CultureInfo.InvariantCulture);
    private readonly List<string> _acknowledgedElements = [];
    private int _acknowledgedIncrements;
    private int _attemptedIncrements;

    public int Acknowledged => _acknowledgedIncrements + _acknowledgedElements.Count;

    /// <summary>Requests that failed, with the node that they were sent to.</summary>
    public ConcurrentQueue<(string Node, TimeSpan At, GossipClusterException Failure)> Failures { get; } = new();

    public int Attempts { get; private set; }

    /// <summary>Reads that lacked something that had been acknowledged.</summary>
    public int StaleReads { get; private set; }

    /// <summary>Requests that took longer than a second.</summary>
    public int SlowCount { get; private set; }

    /// <summary>One write after the other until <paramref name="until"/> says that it is enough.</summary>
    public async Task WriteAsync(Stopwatch clock, Func<bool> until, CancellationToken cancel)
    {
        for (var write = 0; !until(); write++)
        {
            // Start at different nodes; stay with one while it answers.
            var node = (number + Failures.Count) % nodes.Count;
            var started = clock.Elapsed;
            try
            {
                if (reads && write % 3 == 2)
                {
                    var elements = (await _clients[node].Sets.ReadAsync(bucket, _key, cancel: cancel)).Value ?? [];
                    if (_acknowledgedElements.Except(elements, StringComparer.Ordinal).Any()) StaleReads++;
                }
                else if (write % 2 == 0)
                {
                    _attemptedIncrements++;
                    await _clients[node].Counters.IncrementAsync(bucket, _key, cancel: cancel);
                    _acknowledgedIncrements++;
                }
                else
                {
                    var element = string.Create(CultureInfo.InvariantCulture, $"{_key}-{write}");
                    await _clients[node].Sets.AddAsync(bucket, _key, element, cancel: cancel);
                    _acknowledgedElements.Add(element);
                }
            }
            catch (GossipClusterException failed)
            {
                Failures.Enqueue((nodes[node].Name, started, failed));
            }

            Attempts++;
            if (clock.Elapsed - started > TimeSpan.FromSeconds(1)) SlowCount++;
        }
    }

    /// <summary>Reads back through a node; null where every acknowledged write is there and the counter counts nothing twice.</summary>
    public async Task<string?> ComplaintAsync(GossipClusterClient through, CancellationToken cancel)
    {
        var counter = (await through.Counters.ReadAsync(bucket, _key, cancel: cancel)).Value;
        if (counter < _acknowledgedIncrements || counter > _attemptedIncrements)
        {
            return $"counter {_key} is {counter}; {_acknowledgedIncrements} increments were acknowledged and {_attemptedIncrements} attempted";
        }

        var elements = (await through.Sets.ReadAsync(bucket, _key, cancel: cancel)).Value!;
        var lost = _acknowledgedElements.Except(elements, StringComparer.Ordinal).ToArray();
        return lost.Length == 0 ? null : $"set {_key} lost {lost.Length} of {_acknowledgedElements.Count} acknowledged elements, the first is {lost[0]}";
    }

    public void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
    }
}
