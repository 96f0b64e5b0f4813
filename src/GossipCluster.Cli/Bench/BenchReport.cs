using System.Globalization;
using System.Text;
using System.Text.Json;
using HdrHistogram;

namespace GossipCluster.Cli.Bench;

/// <summary>What was measured, for people and for programs.</summary>
internal static class BenchReport
{
    private static readonly (double Percentile, string Text, string Json)[] Percentiles =
    [
        (50, "p50", "p50"),
        (90, "p90", "p90"),
        (99, "p99", "p99"),
        (99.9, "p99.9", "p99_9"),
        (100, "max", "max"),
    ];

    public static string Text(LoadGenerator run)
    {
        var settings = run.Settings;
        var text = new StringBuilder();
        var pace = settings.Rate is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:N0} ops/s due") : "as fast as answered";
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{settings.Type}, {settings.KeyCount:N0} keys {settings.Distribution}, {settings.Connections} connections, batch {settings.Batch}, {pace}, {run.Measured.TotalSeconds:0.#} s measured");
        text.AppendLine();
        text.Append("operation".PadRight(12)).Append("ops/s".PadLeft(10));
        foreach (var (_, name, _) in Percentiles) text.Append(name.PadLeft(10));
        text.AppendLine("failed".PadLeft(10));
        foreach (var operation in run.Operations) Row(text, operation, run.Measured);
        if (settings.IsBatch || run.Operations.Count > 1) Row(text, run.Requests, run.Measured);
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"outcomes: {string.Join(", ", run.Requests.Outcomes.Select(outcome => string.Create(CultureInfo.InvariantCulture, $"{OperationStatistics.NameOf(outcome.Key)} {outcome.Value:N0}")))}");
        if (run.NotSent > 0) text.AppendLine(CultureInfo.InvariantCulture, $"not sent in time: {run.NotSent:N0} requests; the store, or --connections, is not enough for this rate");
        if (run.Watchers.Count > 0) text.AppendLine(CultureInfo.InvariantCulture, $"watchers: {run.Watchers.Count:N0}, sent {run.Watchers.Bytes / 1e6:N1} MB, {run.Watchers.Ended:N0} ended by the node");
        var ended = run.Requests.Succeeded + run.Requests.Failed;
        foreach (var (pid, cpu) in run.Cpu.OrderBy(entry => entry.Key == 0 ? int.MaxValue : entry.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"CPU of {(pid == 0 ? "this load generator" : $"process {pid}")}: {cpu.TotalSeconds:0.00} s, {Each(cpu, ended):0.0} µs an operation");
        }

        if (settings.Pids.Count > 1) text.AppendLine(CultureInfo.InvariantCulture, $"CPU of these {settings.Pids.Count} processes: {Each(OfPids(run), ended):0.0} µs an operation");
        return text.ToString().TrimEnd();
    }

    /// <summary>One object on one line; docs/cli.md says what its members mean.</summary>
    public static string Json(LoadGenerator run)
    {
        var settings = run.Settings;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", settings.Type);
            json.WriteStartObject("mix");
            foreach (var (name, weight) in settings.Mix.Entries) json.WriteNumber(name, weight);
            json.WriteEndObject();
            json.WriteStartArray("nodes");
            foreach (var node in settings.Nodes) json.WriteStringValue(node.GetLeftPart(UriPartial.Authority));
            json.WriteEndArray();
            json.WriteNumber("keys", settings.KeyCount);
            json.WriteString("distribution", settings.Distribution);
            json.WriteNumber("connections", settings.Connections);
            json.WriteNumber("batch", settings.Batch);
            json.WriteNumber("value_size", settings.ValueSize);
            if (settings.Rate is { } rate) json.WriteNumber("rate", rate);
            else json.WriteNull("rate");
            json.WriteNumber("warmup_seconds", settings.Warmup.TotalSeconds);
            json.WriteNumber("measured_seconds", Math.Round(run.Measured.TotalSeconds, 3));
            json.WriteStartObject("operations");
            foreach (var operation in run.Operations)
            {
                json.WritePropertyName(operation.Name);
                Write(json, operation, run.Measured, withLatency: !settings.IsBatch);
            }

            json.WriteEndObject();
            json.WritePropertyName("total");
            Write(json, run.Requests, run.Measured, withLatency: true);
            json.WriteNumber("not_sent", run.NotSent);
            WriteCpu(json, run);
            json.WriteStartObject("watchers");
            json.WriteNumber("count", run.Watchers.Count);
            json.WriteNumber("bytes", run.Watchers.Bytes);
            json.WriteNumber("ended", run.Watchers.Ended);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Row(StringBuilder text, OperationStatistics operation, TimeSpan measured)
    {
        text.Append(operation.Name.PadRight(12)).Append(PerSecond(operation, measured).ToString("N0", CultureInfo.InvariantCulture).PadLeft(10));
        foreach (var (percentile, _, _) in Percentiles)
        {
            text.Append((operation.Latencies.TotalCount == 0 ? "-" : Latencies.Text(At(operation.Latencies, percentile))).PadLeft(10));
        }

        text.AppendLine(operation.Failed.ToString("N0", CultureInfo.InvariantCulture).PadLeft(10));
    }

    private static void Write(Utf8JsonWriter json, OperationStatistics operation, TimeSpan measured, bool withLatency)
    {
        json.WriteStartObject();
        json.WriteNumber("succeeded", operation.Succeeded);
        json.WriteNumber("failed", operation.Failed);
        json.WriteNumber("per_second", Math.Round(PerSecond(operation, measured), 1));
        json.WriteStartObject("outcomes");
        foreach (var (outcome, count) in operation.Outcomes) json.WriteNumber(OperationStatistics.NameOf(outcome), count);
        json.WriteEndObject();
        if (withLatency)
        {
            json.WriteStartObject("latency_us");
            foreach (var (percentile, _, name) in Percentiles) json.WriteNumber(name, At(operation.Latencies, percentile));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteCpu(Utf8JsonWriter json, LoadGenerator run)
    {
        var ended = run.Requests.Succeeded + run.Requests.Failed;
        json.WriteStartObject("cpu");
        json.WriteStartArray("processes");
        foreach (var (pid, cpu) in run.Cpu.Where(entry => entry.Key != 0))
        {
            json.WriteStartObject();
            json.WriteNumber("pid", pid);
            json.WriteNumber("seconds", Math.Round(cpu.TotalSeconds, 3));
            json.WriteNumber("us_per_operation", Math.Round(Each(cpu, ended), 2));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("us_per_operation", Math.Round(Each(OfPids(run), ended), 2));
        json.WriteNumber("generator_us_per_operation", Math.Round(Each(run.Cpu.GetValueOrDefault(0), ended), 2));
        json.WriteEndObject();
    }

    private static long At(LongHistogram latencies, double percentile) => latencies.TotalCount == 0 ? 0 : latencies.GetValueAtPercentile(percentile);

    private static double PerSecond(OperationStatistics operation, TimeSpan measured) => measured > TimeSpan.Zero ? operation.Succeeded / measured.TotalSeconds : 0;

    private static double Each(TimeSpan cpu, long operations) => operations == 0 ? 0 : cpu.TotalMicroseconds / operations;

    private static TimeSpan OfPids(LoadGenerator run) => run.Cpu.Where(entry => entry.Key != 0).Aggregate(TimeSpan.Zero, (sum, entry) => sum + entry.Value);
}

/// <summary>Latencies as people read them.</summary>
internal static class Latencies
{
    public static string Text(long microseconds) => microseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds} µs"),
        < 100_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000.0:0.00} ms"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000.0:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000.0:0.00} s"),
    };
}
