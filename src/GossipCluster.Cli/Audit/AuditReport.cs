using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GossipCluster.Cli.Audit;

/// <summary>What nodes said of their audits, for people and for programs.</summary>
internal static class AuditReport
{
    /// <summary>All answers in one object.</summary>
    public static string Json(IEnumerable<JsonDocument> answers) => $"{{\"nodes\":[{string.Join(',', answers.Select(answer => answer.RootElement.GetRawText()))}]}}";

    /// <summary>A line a node, and one for each partition that is not simply equal.</summary>
    public static string Text(IEnumerable<JsonDocument> answers)
    {
        var text = new StringBuilder();
        foreach (var answer in answers)
        {
            var partitions = Partitions(answer).ToList();
            var results = partitions.GroupBy(ResultOf, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}");
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{answer.RootElement.GetProperty("node").GetString()}: {string.Join(", ", results)}; {Sum(partitions, "keys")} keys, {Sum(partitions, "differences")} differences, {Sum(partitions, "repaired")} repaired, {Sum(partitions, "bytes")} bytes");
            foreach (var partition in partitions.Where(partition => ResultOf(partition) is not ("equal" or "running" or "never")))
            {
                var with = string.Join(" and ", partition.GetProperty("with").EnumerateArray().Select(peer => peer.GetString()));
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"  partition {partition.GetProperty("partition").GetInt32()} (n_val {partition.GetProperty("n_val").GetInt32()}): {ResultOf(partition)}{(with.Length > 0 ? $" with {with}" : string.Empty)}, {partition.GetProperty("differences").GetInt64()} differences, {partition.GetProperty("repaired").GetInt64()} repaired");
            }
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>True where nothing needs a look: all that was compared was equal. A difference does, repaired or not.</summary>
    public static bool IsClean(JsonDocument answer) => Partitions(answer).All(partition => ResultOf(partition) is "equal" or "running" or "never");

    private static JsonElement.ArrayEnumerator Partitions(JsonDocument answer) => answer.RootElement.GetProperty("partitions").EnumerateArray();

    private static string ResultOf(JsonElement partition) =>
        partition.GetProperty("running").GetBoolean() ? "running"
        : partition.TryGetProperty("result", out var result) ? result.GetString()!
        : "never";

    private static long Sum(IEnumerable<JsonElement> partitions, string name) =>
        partitions.Sum(partition => partition.TryGetProperty(name, out var value) ? value.GetInt64() : 0);
}
