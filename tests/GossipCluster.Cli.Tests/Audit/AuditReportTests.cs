using System.Text.Json;
using GossipCluster.Cli.Audit;

namespace GossipCluster.Cli.Tests.Audit;

public sealed class AuditReportTests
{
    private const string Equal = """{"partition":0,"n_val":3,"running":false,"at":"2026-01-01T00:00:00.000Z","result":"equal","with":["b","c"],"keys":10,"differences":0,"repaired":0,"bytes":300,"took_ms":5,"differences_total":0,"repaired_total":0}""";
    private const string Repaired = """{"partition":7,"n_val":3,"running":false,"at":"2026-01-01T00:00:00.000Z","result":"repaired","with":["b","c"],"keys":20,"differences":2,"repaired":2,"bytes":900,"took_ms":5,"differences_total":2,"repaired_total":2}""";
    private const string Never = """{"partition":9,"n_val":3,"running":false,"differences_total":0,"repaired_total":0}""";

    [Fact]
    public void What_is_equal_is_one_line_and_clean()
    {
        var answer = Of(Equal, Never);

        Assert.Equal("a: 1 equal, 1 never; 10 keys, 0 differences, 0 repaired, 300 bytes", AuditReport.Text([answer]));
        Assert.True(AuditReport.IsClean(answer));
    }

    [Fact]
    public void What_differed_has_a_line_of_its_own_and_is_not_clean_though_it_is_repaired()
    {
        var answer = Of(Equal, Repaired);

        Assert.Equal(
            ["a: 1 equal, 1 repaired; 30 keys, 2 differences, 2 repaired, 1200 bytes", "  partition 7 (n_val 3): repaired with b and c, 2 differences, 2 repaired"],
            AuditReport.Text([answer]).Split(Environment.NewLine));
        Assert.False(AuditReport.IsClean(answer));
    }

    [Fact]
    public void For_programs_the_answers_are_one_object()
    {
        var json = JsonDocument.Parse(AuditReport.Json([Of(Equal), Of(Never)])).RootElement;

        Assert.Equal(2, json.GetProperty("nodes").GetArrayLength());
        Assert.Equal("equal", json.GetProperty("nodes")[0].GetProperty("partitions")[0].GetProperty("result").GetString());
    }

    private static JsonDocument Of(params string[] partitions) => JsonDocument.Parse($"{{\"node\":\"a\",\"running\":false,\"partitions\":[{string.Join(',', partitions)}]}}");
}
