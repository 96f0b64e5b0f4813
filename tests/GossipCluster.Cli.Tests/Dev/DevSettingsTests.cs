using GossipCluster.Cli.Dev;

namespace GossipCluster.Cli.Tests.Dev;

public sealed class DevSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gossip-test-").FullName;

    [Fact]
    public void The_defaults_are_in_order() => Assert.Empty(Settings().Problems());

    [Theory]
    [InlineData(0, 8091, 4053, "--nodes is 0; choose 1 to 9.")]
    [InlineData(10, 8091, 4053, "--nodes is 10; choose 1 to 9.")]
    [InlineData(3, 0, 4053, "--port 0 leaves no 3 ports up to 65535.")]
    [InlineData(3, 65_534, 4053, "--port 65534 leaves no 3 ports up to 65535.")]
    [InlineData(3, 8091, 70_000, "--remote-port 70000 leaves no 3 ports up to 65535.")]
    [InlineData(3, 8091, 8093, "--port and --remote-port overlap; each takes one port a node.")]
    [InlineData(3, 8093, 8091, "--port and --remote-port overlap; each takes one port a node.")]
    public void What_is_wrong_is_said(int nodes, int port, int remotePort, string sentence)
    {
        var settings = Settings() with { NodeCount = nodes, HttpPort = port, RemotePort = remotePort };

        Assert.Equal([sentence], settings.Problems());
    }

    [Fact]
    public void Neighbouring_ports_do_not_overlap() => Assert.Empty((Settings() with { HttpPort = 8091, RemotePort = 8094 }).Problems());

    [Fact]
    public void Nodes_with_data_that_would_be_missing_are_named_unless_all_begins_anew()
    {
        foreach (var node in (string[])["n1", "n4", "n5"]) Directory.CreateDirectory(Path.Combine(_folder, node));

        Assert.Equal(["n4", "n5"], Settings().LeftOut());
        Assert.Empty((Settings() with { NodeCount = 5 }).LeftOut());
        Assert.Empty((Settings() with { Fresh = true }).LeftOut());
    }

    [Fact]
    public void A_folder_belongs_to_one_command_at_a_time()
    {
        using var first = DataFolder.Open(Settings());

        var refused = Assert.Throws<CommandException>(() => DataFolder.Open(Settings()));

        Assert.Contains("is in use by another 'gossip dev'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fresh_deletes_what_the_command_made_and_nothing_else()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "n1", "journal"));
        File.WriteAllText(Path.Combine(_folder, "letter.txt"), "keep");

        using var folder = DataFolder.Open(Settings() with { Fresh = true });

        Assert.False(Directory.Exists(Path.Combine(_folder, "n1")));
        Assert.True(File.Exists(Path.Combine(_folder, "letter.txt")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private DevSettings Settings() => new(3, 8091, 4053, _folder, Fresh: false, TimeSpan.FromMinutes(1), OutputFormat.Text);
}
