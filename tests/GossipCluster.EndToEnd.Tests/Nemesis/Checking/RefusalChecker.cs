using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>No node blames a client for what the cluster suffers: of good requests only a remove without a token, of something absent, is refused with 4xx (412).</summary>
internal static class RefusalChecker
{
    /// <summary>This check's name.</summary>
    public const string Name = "refusals";

    private const int NotPresent = 412;

    /// <summary>Checks all refusals.</summary>
    public static CheckResult Check(History history)
    {
        var refused = history.Operations.Where(operation => operation.Answer.Status is >= 400 and < 500).OrderBy(operation => operation.Start).ToArray();
        var wrong = refused.Where(operation => operation.Answer.Status != NotPresent || operation.Request.Act != Act.Remove || operation.Request.Basis is not null).ToArray();
        return new CheckResult(
            Name,
            [.. wrong.Select(operation => new Violation(Name, "refused", operation.Request.Key, $"A good request was refused: {operation.Answer.Why}") { Operations = [operation] })],
            string.Create(CultureInfo.InvariantCulture, $"{refused.Length} requests refused with 4xx"));
    }
}
