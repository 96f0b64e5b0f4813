using System.Collections;
using GossipCluster.Actors.Configuration;
using GossipCluster.Node.Http;

namespace GossipCluster.Node.Tests;

public sealed class NodeSettingsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact(DisplayName = "reference.conf says what the options of a node have as their defaults")]
    public void The_reference_is_the_defaults()
    {
        List<string> errors = [];
        var read = HoconOptions.Read<NodeOptions>(GossipHocon.Reference, errors);

        Assert.Empty(errors);
        Assert.Equal(new NodeOptions { Seeds = read.Seeds }, read);
        Assert.Empty(read.Seeds);
        Assert.All(HoconOptions.PropertiesOf(typeof(NodeOptions)), property =>
            Assert.True(GossipHocon.Reference.HasPath($"gossip-cluster.{HoconOptions.KeyOf(property)}"), HoconOptions.KeyOf(property)));
    }

    [Fact(DisplayName = "reference.conf says what the options of the HTTP door have as their defaults")]
    public void The_reference_is_the_defaults_of_http()
    {
        var read = Load(["--name", "n1"]).Http;

        Assert.Equal(new HttpOptions { TokenSecret = read.TokenSecret }, read);
        Assert.All(HoconOptions.PropertiesOf(typeof(HttpOptions)), property =>
            Assert.True(GossipHocon.Reference.HasPath($"gossip-cluster.http-server.{HoconOptions.KeyOf(property)}"), HoconOptions.KeyOf(property)));
    }

    [Fact]
    public void A_setting_of_any_area_that_is_unknown_or_out_of_range_is_refused_at_start()
    {
        var environment = new Hashtable
        {
            ["GOSSIPCLUSTER__LINKS__SILENCE_MAX"] = "1ms",
            ["GOSSIPCLUSTER__SHARDS__NO_SUCH_THING"] = "1",
            ["GOSSIPCLUSTER__STORAGE__EVENT_BYTES_MAX"] = "many",
            ["GOSSIPCLUSTER__HTTP_SERVER__BODY_BYTES_MAX"] = "5",
        };

        Assert.Equal(4, ErrorsOf(["--name", "n1"], environment).Count);
    }

    [Fact]
    public void A_promise_is_broken_on_purpose_only_where_the_environment_says_that_this_is_a_test()
    {
        var environment = new Hashtable { ["GOSSIPCLUSTER__TESTING__MUTANT"] = "drop-acknowledged" };
        Assert.Contains("GOSSIPCLUSTER_TESTING=1", Assert.Single(ErrorsOf(["--name", "n1"], environment)), StringComparison.Ordinal);

        environment["GOSSIPCLUSTER_TESTING"] = "1";
        Assert.Equal(Actors.Testing.Mutant.DropAcknowledged, Load(["--name", "n1"], environment).Testing.Mutant);
        Assert.Equal(Actors.Testing.Mutant.None, Load(["--name", "n1"]).Testing.Mutant);

        environment["GOSSIPCLUSTER__TESTING__MUTANT"] = "lie";
        Assert.Contains("one of none, drop-acknowledged, resurrect", Assert.Single(ErrorsOf(["--name", "n1"], environment)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_door_for_damage_opens_only_where_the_environment_says_that_this_is_a_test()
    {
        var environment = new Hashtable { ["GOSSIPCLUSTER__TESTING__DAMAGE__ENABLED"] = "on" };
        Assert.Contains("GOSSIPCLUSTER_TESTING=1", Assert.Single(ErrorsOf(["--name", "n1"], environment)), StringComparison.Ordinal);

        environment["GOSSIPCLUSTER_TESTING"] = "1";
        Assert.True(Load(["--name", "n1"], environment).Damage.Enabled);
        Assert.False(Load(["--name", "n1"]).Damage.Enabled);
    }

    [Fact]
    public void A_log_gets_a_bound_only_where_the_environment_says_that_this_is_a_test_and_only_with_SQLite()
    {
        var environment = new Hashtable { ["GOSSIPCLUSTER__TESTING__LOG_PAGES_MAX"] = "100" };
        Assert.Contains("GOSSIPCLUSTER_TESTING=1", Assert.Single(ErrorsOf(["--name", "n1"], environment)), StringComparison.Ordinal);

        environment["GOSSIPCLUSTER_TESTING"] = "1";
        Assert.Equal(100, Load(["--name", "n1"], environment).Testing.LogPagesMax);
        Assert.Equal(0, Load(["--name", "n1"]).Testing.LogPagesMax);
        Assert.Contains("SQLite", Assert.Single(ErrorsOf(["--name", "n1", "--storage-provider", "postgresql", "--storage-connection-string", "Host=x"], environment)), StringComparison.Ordinal);

        environment["GOSSIPCLUSTER__TESTING__LOG_PAGES_MAX"] = "-1";
        Assert.Contains("0 to 1000000", Assert.Single(ErrorsOf(["--name", "n1"], environment)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_said_of_the_http_door_counts()
    {
        var settings = Load(["--name", "n1"], new Hashtable { ["GOSSIPCLUSTER__HTTP_SERVER__BODY_BYTES_MAX"] = "4096" });

        Assert.Equal(4096, settings.Http.BodyBytesMax);
    }

    [Fact(DisplayName = "Links that can be cut are for tests only: refused without the variable that tests set, and without them there is no adapter")]
    public void Link_faults_are_for_tests()
    {
        var asked = new Hashtable { ["GOSSIPCLUSTER__TESTING__LINK_FAULTS"] = "on" };
        Assert.Contains("for tests of GossipCluster itself", Assert.Single(ErrorsOf(["--name", "n1"], asked)), StringComparison.Ordinal);

        asked["GOSSIPCLUSTER_TESTING"] = "1";
        Assert.Equal(["trttl"], NodeHost.AkkaConfig(Load(["--name", "n1"], asked)).GetStringList("akka.remote.dot-netty.tcp.applied-adapters"));
        Assert.Empty(NodeHost.AkkaConfig(Load(["--name", "n1"])).GetStringList("akka.remote.dot-netty.tcp.applied-adapters"));
    }

    [Fact]
    public void The_usual_command_line_is_understood()
    {
        var settings = Load(["--name", "n1", "--http", "http://127.0.0.1:8099", "--remote", "127.0.0.1:4054", "--seeds", "127.0.0.1:4053,127.0.0.1:4054", "--data", "/tmp/x"]);

        Assert.Equal(("n1", "http://127.0.0.1:8099", "127.0.0.1:4054", "/tmp/x"), (settings.Options.Name, settings.Options.Http, settings.Options.Remote, settings.Options.Data));
        Assert.Equal(["127.0.0.1:4053", "127.0.0.1:4054"], settings.Options.Seeds);
    }

    [Fact(DisplayName = "Later wins: reference, akka, profile, file, environment, command line")]
    public void Later_wins()
    {
        File.WriteAllText(_file, """
            gossip-cluster { weight = 1, zone = file, cluster-name = file, profile = wan, membership.join-timeout = 7s }
            akka.remote.retry-gate-closed-for = 9s
            """);
        var environment = new Hashtable { ["GOSSIPCLUSTER__ZONE"] = "environment", ["GOSSIPCLUSTER__CLUSTER_NAME"] = "environment", ["gossipcluster__metadata__exchange_fanout"] = "3" };

        var settings = Load(["--name", "n1", "--config", _file, "--cluster-name", "line"], environment);

        Assert.Equal((1, "environment", "line"), (settings.Options.Weight, settings.Options.Zone, settings.Options.ClusterName));
        Assert.Equal(3, settings.Config.GetInt("gossip-cluster.metadata.exchange-fanout"));
        Assert.Equal(TimeSpan.FromSeconds(7), settings.Config.GetTimeSpan("gossip-cluster.membership.join-timeout"));
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Config.GetTimeSpan("gossip-cluster.membership.island-after"));
        Assert.Equal(TimeSpan.FromSeconds(9), settings.Config.GetTimeSpan("akka.remote.retry-gate-closed-for"));
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Config.GetTimeSpan("akka.remote.dot-netty.tcp.connection-timeout"));
    }

    [Fact]
    public void All_errors_are_said_at_once_a_sentence_each()
    {
        var errors = ErrorsOf(
            ["--name", "a b", "--http", "x", "--remote", "0.0.0.0:1", "--seeds", "a", "--profile", "moon", "--cluster-name", "a_b", "--cluster-secret", "short",
             "--zone", "two words", "--weight", "0", "--partitions", "many", "--storage-provider", "tape", "--tls-certificate", "/none", "--tls-suppress-validation", "on"]);

        Assert.Equal(13, errors.Count);
        Assert.All(errors, error => Assert.True(error.EndsWith('.') && !error.Contains('\n'), error));
    }

    [Theory]
    [InlineData("--name is missing", "--zone", "z")]
    [InlineData("--storage-connection-string is missing", "--name", "n", "--storage-provider", "postgresql")]
    [InlineData("--tls-certificate is missing", "--name", "n", "--tls-validate-host-name", "on")]
    [InlineData("--config '/nowhere' cannot be read", "--name", "n", "--config", "/nowhere")]
    [InlineData("--remote-bind 'x y' is no address", "--name", "n", "--remote-bind", "x y")]
    [InlineData("gossip-cluster.parent is -1, it must be 0", "--name", "n", "--parent", "-1")]
    public void What_is_wrong_is_named(string beginning, params string[] args) =>
        Assert.Contains(ErrorsOf(args), error => error.StartsWith(beginning, StringComparison.Ordinal));

    [Fact]
    public void Values_are_values_whatever_is_in_them()
    {
        const string nasty = "a\"b\\c}{#$ü \t=";

        Assert.Equal(nasty, Load(["--name", "n1", "--data", nasty]).Options.Data);
    }

    [Fact(DisplayName = "Believing any certificate is for the local profile alone")]
    public void Validation_is_suppressed_locally_or_not_at_all()
    {
        string[] args = ["--name", "n1", "--tls-certificate", _file, "--tls-suppress-validation", "on"];

        Assert.StartsWith("--tls-suppress-validation is for the local profile only", Assert.Single(ErrorsOf(args)));
        Assert.True(NodeHost.AkkaConfig(Load([.. args, "--profile", "local"])).GetBoolean("akka.remote.dot-netty.tcp.ssl.suppress-validation"));
    }

    [Fact]
    public void What_Akka_is_told_follows_from_the_options()
    {
        var akka = NodeHost.AkkaConfig(Load(["--name", "n1", "--remote", "db1.example:4053", "--remote-bind", "0.0.0.0"])).GetConfig("akka");

        Assert.Equal(("0.0.0.0", 4053), (akka.GetString("remote.dot-netty.tcp.hostname"), akka.GetInt("remote.dot-netty.tcp.port")));
        Assert.Equal(("db1.example", 4053), (akka.GetString("remote.dot-netty.tcp.public-hostname"), akka.GetInt("remote.dot-netty.tcp.public-port")));
        Assert.Equal(["node:n1"], akka.GetStringList("cluster.roles"));
        Assert.False(akka.GetBoolean("remote.dot-netty.tcp.enable-ssl"));
    }

    [Theory]
    [InlineData("localhost:1", "localhost", 1)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void Addresses_are_read(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out var address));
        Assert.Equal((host, port), (address.Host, address.Port));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData("a")]
    [InlineData("a:")]
    [InlineData("a:65536")]
    [InlineData("a:-1")]
    [InlineData("a b:1")]
    [InlineData("::1:1:")]
    public void What_is_no_address_is_refused(string text) => Assert.False(HostPort.TryParse(text, out _));

    private static NodeSettings Load(string[] args, IDictionary? environment = null)
    {
        List<string> errors = [];
        var settings = NodeSettings.Load(NodeSettings.Command((_, _) => Task.FromResult(0)).Parse(args), environment ?? new Hashtable(), errors);
        Assert.Empty(errors);
        return settings!;
    }

    private static List<string> ErrorsOf(string[] args, IDictionary? environment = null)
    {
        List<string> errors = [];
        Assert.Null(NodeSettings.Load(NodeSettings.Command((_, _) => Task.FromResult(0)).Parse(args), environment ?? new Hashtable(), errors));
        return errors;
    }
}
