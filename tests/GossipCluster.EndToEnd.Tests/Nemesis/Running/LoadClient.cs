using System.Globalization;
using GossipCluster.Client;
using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>One client of the mixed load: sets and counters, strict and not, through any node, once more through another where one fails.</summary>
/// <remarks>
/// Clients of even numbers pass tokens along: the token of the last answer for a key goes with the next request for it. A remove goes out with the token of a read
/// that has just shown the element; a few go without. An increment is repeated only where the first is known not to have happened.
/// </remarks>
internal sealed class LoadClient(int process, int seed, LoadKeys keys, HistoryRecorder history, LoadGate gate, Func<IReadOnlyList<ClusterNode>> nodes) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan ShunFor = TimeSpan.FromSeconds(5);
    private readonly Random _random = new(unchecked((seed * 397) ^ process));
    private readonly Dictionary<Uri, GossipClusterClient> _clients = [];
    private readonly Dictionary<string, TimeSpan> _shunned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Operation, string Token)> _tokens = new(StringComparer.Ordinal);
    private readonly List<(string Key, string Element)> _removed = [];
    private int _elements;

    private bool PassesTokens => process % 2 == 0;

    /// <summary>One request after the other, at most some ten a second, until <paramref name="until"/> says that it is enough.</summary>
    public async Task RunAsync(Func<bool> until, CancellationToken cancel)
    {
        while (!until())
        {
            using (await gate.EnterAsync(cancel)) await StepAsync(cancel);
            await Task.Delay(_random.Next(20, 140), cancel);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }

    private Task StepAsync(CancellationToken cancel) => _random.Next(100) switch
    {
        < 30 => AddAsync(cancel),
        < 45 => RemoveAsync(cancel),
        < 65 => TwiceAsync(Strictly(new Request(process, string.Empty, keys.SetToRead(_random), Act.ReadSet)), cancel),
        < 85 => IncrementAsync(cancel),
        _ => TwiceAsync(Strictly(new Request(process, string.Empty, LoadKeys.Counter(_random), Act.ReadCounter)), cancel),
    };

    private Task AddAsync(CancellationToken cancel)
    {
        var (key, element) = _removed.Count > 0 && _random.Next(8) == 0
            ? _removed[_random.Next(_removed.Count)]
            : (keys.SetToWrite(_random), string.Create(CultureInfo.InvariantCulture, $"e{process}-{_elements++}"));
        var request = Strictly(new Request(process, string.Empty, key, Act.Add) { Element = element });
        return TwiceAsync(request, cancel);
    }

    private Task IncrementAsync(CancellationToken cancel)
    {
        var key = LoadKeys.Counter(_random);
        var request = Strictly(new Request(process, string.Empty, key, Act.Increment) { By = LoadKeys.By(key, _random) });
        return TwiceAsync(request, cancel);
    }

    private async Task RemoveAsync(CancellationToken cancel)
    {
        var key = keys.SetToRead(_random);
        var read = await TwiceAsync(new Request(process, string.Empty, key, Act.ReadSet), cancel);
        if (read is not ({ Token: { } token, Elements: { Count: > 0 } elements }, var number)) return;
        var element = elements.ElementAt(_random.Next(elements.Count));
        var request = Strictly(new Request(process, string.Empty, key, Act.Remove) { Element = element });
        var done = await TwiceAsync(request, cancel, _random.Next(10) == 0 ? null : (number, token), mayTakeToken: false);
        if (done is null) return;
        if (_removed.Count == 16) _removed.RemoveAt(0);
        _removed.Add((key, element));
    }

    private Request Strictly(Request request) => request with { IsStrict = _random.Next(4) == 0 };

    /// <summary>Through one node, and where that fails through another.</summary>
    private async Task<(Answer Answer, int Number)?> TwiceAsync(Request request, CancellationToken cancel, (int Operation, string Token)? token = null, bool mayTakeToken = true)
    {
        if (mayTakeToken && PassesTokens && _tokens.TryGetValue(request.Key, out var last)) token = last;
        string? failed = null;
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (Pick(failed) is not { } node) return null;
            var sent = request with { Node = node.Name, Basis = token?.Operation };
            var number = history.Invoked(sent);
            var (phase, answer) = await SendAsync(node, sent, token?.Token, cancel);
            history.Ended(number, phase, answer);
            if (phase == Phase.Ok)
            {
                if (answer.Token is { } context) _tokens[request.Key] = (number, context);
                return (answer, number);
            }

            if (answer.Status is >= 400 and < 500) return null;
            if (phase == Phase.Unknown && request.Act == Act.Increment) return null;
            _shunned[failed = node.Name] = history.Now + ShunFor;
        }

        return null;
    }

    /// <summary>Any node, rather not one that has just failed.</summary>
    private ClusterNode? Pick(string? except)
    {
        var all = nodes().Where(node => node.Name != except).ToArray();
        var good = all.Where(node => !_shunned.TryGetValue(node.Name, out var until) || until < history.Now).ToArray();
        if (good.Length > 0) all = good;
        return all.Length == 0 ? null : all[_random.Next(all.Length)];
    }

    private async Task<(Phase Phase, Answer Answer)> SendAsync(ClusterNode node, Request request, string? token, CancellationToken cancel)
    {
        var client = ClientOf(node);
        var write = new WriteOptions { PW = request.IsStrict ? Quorum.Majority : Quorum.BucketDefault, Context = token };
        var read = new ReadOptions { PR = request.IsStrict ? Quorum.Majority : Quorum.BucketDefault, AtLeast = token };
        try
        {
            switch (request.Act)
            {
                case Act.Add:
                    return Done(await client.Sets.AddAsync(LoadKeys.Bucket, request.Key, request.Element!, write, cancel));
                case Act.Remove:
                    return Done(await client.Sets.RemoveAsync(LoadKeys.Bucket, request.Key, request.Element!, write, cancel));
                case Act.Increment:
                    return Done(await client.Counters.IncrementAsync(LoadKeys.Bucket, request.Key, request.By, write, cancel));
                case Act.ReadSet:
                    var set = await client.Sets.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                    return (Phase.Ok, new Answer { Elements = set.Value ?? [], Token = set.Context });
                case Act.ReadCounter:
                    var counter = await client.Counters.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                    return (Phase.Ok, new Answer { Count = counter.Value, Token = counter.Context });
                default:
                    throw new System.Diagnostics.UnreachableException(request.Act.ToString());
            }
        }
        catch (GossipClusterException failure)
        {
            return (failure.MayHaveBeenApplied ? Phase.Unknown : Phase.Failed, new Answer { Status = (int?)failure.Status ?? 0, Why = failure.Message.ReplaceLineEndings(" ") });
        }
    }

    private static (Phase Phase, Answer Answer) Done<T>(Written<T> written) => (Phase.Ok, new Answer { Copies = written.Copies, Token = written.Context });

    private GossipClusterClient ClientOf(ClusterNode node)
    {
        if (!_clients.TryGetValue(node.Url, out var client)) _clients[node.Url] = client = new GossipClusterClient(new GossipClusterClientOptions { Nodes = [node.Url], RequestTimeout = RequestTimeout });
        return client;
    }
}
