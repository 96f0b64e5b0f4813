using System.Globalization;
using GossipCluster.Client;
using GossipCluster.EndToEnd.Tests.Nemesis.Checking;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>One client of the mixed load: data of all types, strict and not, through any node, once more through another where one fails.</summary>
/// <remarks>
/// Clients of even numbers pass tokens along: the token of the last answer for a key goes with the next request for it. A remove goes out with the token of a read
/// that has just shown the element; a few go without. An increment, alone or in a map, and an assignment are repeated only where the first is known not to have happened: the one would count twice, and
/// of the other nobody could say which of the two a text is from.
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
        < 20 => AddAsync(cancel),
        < 30 => RemoveAsync(Act.ReadSet, keys.SetToRead(_random), Act.Remove, cancel),
        < 42 => ReadAsync(Act.ReadSet, keys.SetToRead(_random), cancel),
        < 54 => IncrementAsync(cancel),
        < 62 => ReadAsync(Act.ReadCounter, LoadKeys.Counter(_random), cancel),
        < 67 => WriteAsync(Act.Assign, LoadKeys.Register(process), Unique("r"), cancel),
        < 72 => ReadAsync(Act.ReadRegister, LoadKeys.Register(_random.Next(2) == 0 ? process : _random.Next(MixedLoad.ClientCount)), cancel),
        < 77 => WriteAsync(Act.Enable, keys.FlagToWrite(_random), Projection.Enabled, cancel),
        < 82 => RemoveAsync(Act.ReadFlag, keys.FlagToRead(_random), Act.Disable, cancel),
        < 85 => ReadAsync(Act.ReadFlag, keys.FlagToRead(_random), cancel),
        < 89 => WriteAsync(Act.AddDistinct, LoadKeys.Distinct(_random), Unique("d"), cancel),
        < 91 => ReadAsync(Act.ReadDistinct, LoadKeys.Distinct(_random), cancel),
        < 96 => TwiceAsync(Strictly(new Request(process, string.Empty, keys.MapToWrite(_random), Act.UpdateMap) { Element = Unique("m"), By = _random.Next(1, 6) }), cancel),
        < 98 => RemoveAsync(Act.ReadMap, keys.MapToRead(_random), Act.RemoveFromMap, cancel),
        _ => ReadAsync(Act.ReadMap, keys.MapToRead(_random), cancel),
    };

    private string Unique(string letter) => string.Create(CultureInfo.InvariantCulture, $"{letter}{process}-{_elements++}");

    private Task ReadAsync(Act act, string key, CancellationToken cancel) => TwiceAsync(Strictly(new Request(process, string.Empty, key, act)), cancel);

    private Task WriteAsync(Act act, string key, string element, CancellationToken cancel) => TwiceAsync(Strictly(new Request(process, string.Empty, key, act) { Element = element }), cancel);

    private Task AddAsync(CancellationToken cancel)
    {
        var (key, element) = _removed.Count > 0 && _random.Next(8) == 0
            ? _removed[_random.Next(_removed.Count)]
            : (keys.SetToWrite(_random), Unique("e"));
        var request = Strictly(new Request(process, string.Empty, key, Act.Add) { Element = element });
        return TwiceAsync(request, cancel);
    }

    private Task IncrementAsync(CancellationToken cancel)
    {
        var key = LoadKeys.Counter(_random);
        var request = Strictly(new Request(process, string.Empty, key, Act.Increment) { By = LoadKeys.By(key, _random) });
        return TwiceAsync(request, cancel);
    }

    /// <summary>Removes what a read has just shown. Only of a set there may be none: that is refused, and with a flag or a map a token is what makes it a remove of what was seen.</summary>
    private async Task RemoveAsync(Act read, string key, Act remove, CancellationToken cancel)
    {
        var shown = await TwiceAsync(new Request(process, string.Empty, key, read), cancel);
        if (shown is not ({ Token: { } token, Elements: { Count: > 0 } elements }, var number)) return;
        var element = elements.ElementAt(_random.Next(elements.Count));
        var request = Strictly(new Request(process, string.Empty, key, remove) { Element = element });
        var done = await TwiceAsync(request, cancel, remove == Act.Remove && _random.Next(10) == 0 ? null : (number, token), mayTakeToken: false);
        if (done is null || remove != Act.Remove) return;
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
            if (phase == Phase.Unknown && request.Act is Act.Increment or Act.UpdateMap or Act.Assign) return null;
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
        try
        {
            return (Phase.Ok, await Requests.SendAsync(ClientOf(node), request, token, cancel));
        }
        catch (GossipClusterException failure)
        {
            // Also a 503 is "not done" where its title promises that (docs/http.md): the checkers then hold the cluster to it.
            return (failure.MayHaveBeenApplied ? Phase.Unknown : Phase.Failed, new Answer
            {
                Status = (int?)failure.Status ?? 0,
                Why = (failure.Title is { } title ? $"{title}, {failure.Message}" : failure.Message).ReplaceLineEndings(" "),
            });
        }
    }

    private GossipClusterClient ClientOf(ClusterNode node)
    {
        if (!_clients.TryGetValue(node.Url, out var client)) _clients[node.Url] = client = new GossipClusterClient(new GossipClusterClientOptions { Nodes = [node.Url], RequestTimeout = RequestTimeout });
        return client;
    }
}
