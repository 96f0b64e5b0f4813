using System.Collections;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Akka.Configuration;
using GossipCluster.Actors.Configuration;
using GossipCluster.Actors.Membership;
using GossipCluster.Actors.Metadata;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Actors.Testing;
using GossipCluster.Node.Http;

namespace GossipCluster.Node;

/// <summary>Everything a node was told, in its order: product, profile, file, environment, command line.</summary>
/// <param name="Options">Checked.</param>
/// <param name="Config">The whole configuration, of which the options are a part; other areas read theirs from it.</param>
internal sealed record NodeSettings(NodeOptions Options, Config Config)
{
    private const string EnvironmentPrefix = "GOSSIPCLUSTER__";

    // Checked at start, whoever reads them later.
    private static readonly Type[] Areas =
        [typeof(Actors.Links.LinkOptions), typeof(ShardOptions), typeof(RepairOptions), typeof(AuditOptions), typeof(Actors.Feeds.WatchOptions), typeof(StorageOptions), typeof(MetadataOptions), typeof(Actors.Dissemination.SpreadOptions), typeof(MembershipOptions), typeof(TestingOptions), typeof(DamageOptions), typeof(HttpOptions)];

    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The options of the command line, each a key of <c>gossip-cluster</c>.</summary>
    private static readonly (string Key, string Description)[] Keys =
    [
        ("name", "The node's name, the same over restarts on any address."),
        ("http", "Where HTTP is served; default http://127.0.0.1:8098."),
        ("remote", "HOST:PORT where other nodes reach this one; default 127.0.0.1:4053."),
        ("seeds", "HOST:PORT,... whom to ask for the cluster, the same order on every node; the first one forms it."),
        ("data", "The directory of the node's data; default: data."),
        ("profile", "local, lan or wan: timeouts for one machine, one data centre, several; default lan."),
        ("zone", "What fails together with this node; replicas go to different zones first."),
        ("weight", "This node's share of the data beside the others', when it first joins; default 100."),
        ("partitions", "Into how many partitions keys are cut, fixed for the life of a cluster; default 64."),
        ("cluster-name", "What all nodes of a cluster have in common; default gossip."),
        ("cluster-secret", "The key of context tokens, the same on every node; better said by the environment."),
        ("storage-provider", "sqlite (default) or postgresql."),
        ("storage-connection-string", "For PostgreSQL."),
        ("remote-bind", "HOST or HOST:PORT to listen on if that differs from --remote."),
        ("tls-certificate", "A PKCS #12 file: nodes prove themselves to each other with it."),
        ("tls-certificate-password", "Its password; better said by the environment."),
        ("tls-validate-host-name", "on: the certificate must name the peer's host."),
        ("tls-suppress-validation", "on: believe any certificate; local profile only."),
        ("parent", "A process id: the node stops when that process is gone."),
    ];

    /// <summary>The command line; <paramref name="run"/> gets what was parsed.</summary>
    public static RootCommand Command(Func<ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand("A node of a GossipCluster. Every option can be said by the environment too: GOSSIPCLUSTER__NAME, GOSSIPCLUSTER__CLUSTER_SECRET.");
        foreach (var (key, description) in Keys) command.Options.Add(new Option<string>($"--{key}") { Description = description });
        command.Options.Add(new Option<string>("--config") { Description = "A HOCON file with settings of gossip-cluster and akka." });
        command.SetAction(run);
        return command;
    }

    /// <summary>The settings, or what is wrong with them: one sentence each.</summary>
    public static NodeSettings? Load(ParseResult parsed, IDictionary environment, ICollection<string> errors)
    {
        var said = FromCommandLine(parsed).WithFallback(FromEnvironment(environment)).WithFallback(FromFile(parsed.GetValue<string>("--config"), errors));
        var profile = said.GetString("gossip-cluster.profile", "lan");
        var config = said.WithFallback(GossipHocon.Defaults(GossipHocon.Profiles.Contains(profile, StringComparer.Ordinal) ? profile : "lan"));

        var options = HoconOptions.Read<NodeOptions>(config, errors);
        foreach (var error in NodeOptionsRules.ErrorsOf(options)) errors.Add(error);
        foreach (var area in Areas) HoconOptions.Read(area, config, errors);
        if (errors.Count > 0) return null;

        var settings = new NodeSettings(options, config);
        if (settings.Testing.LinkFaults && environment[TestingOptions.Variable] as string != "1")
            errors.Add($"gossip-cluster.testing.link-faults is for tests of GossipCluster itself: with it anybody who reaches the HTTP port can cut this node off. They set {TestingOptions.Variable}=1.");
        if (settings.Damage.Enabled && environment[TestingOptions.Variable] as string != "1")
            errors.Add($"gossip-cluster.testing.damage is for tests of GossipCluster itself: with it anybody who reaches the HTTP port can spoil data. They set {TestingOptions.Variable}=1.");
        if (settings.Testing.Mutant != Mutant.None && environment[TestingOptions.Variable] as string != "1")
            errors.Add($"gossip-cluster.testing.mutant is for tests of GossipCluster itself: with it this node loses writes, or brings back what was removed. They set {TestingOptions.Variable}=1.");
        if (settings.Testing.LogPagesMax > 0 && environment[TestingOptions.Variable] as string != "1")
            errors.Add($"gossip-cluster.testing.log-pages-max is for tests of GossipCluster itself: with it this node takes no more writes when its log has so many pages. They set {TestingOptions.Variable}=1.");
        if (settings.Testing.LogPagesMax > 0 && settings.Storage.Provider != StorageProvider.Sqlite)
            errors.Add("gossip-cluster.testing.log-pages-max is a bound for a file of SQLite; the storage provider is another.");
        foreach (var problem in settings.Storage.Problems().Concat(settings.Http.Validate())) errors.Add(problem);
        return errors.Count == 0 ? settings : null;
    }

    /// <summary>What only tests switch on.</summary>
    public TestingOptions Testing => HoconOptions.Read<TestingOptions>(Config, []);

    /// <summary>Settings of the storage: where and what by the node's own options, the rest by their section.</summary>
    public StorageOptions Storage => HoconOptions.Read<StorageOptions>(Config, []) with
    {
        Provider = Options.StorageProvider == "postgresql" ? StorageProvider.PostgreSql : StorageProvider.Sqlite,
        ConnectionString = Options.StorageConnectionString,
        DataDirectory = Options.Data,
        Owner = Options.Name,
    };

    /// <summary>The test door that spoils data.</summary>
    public DamageOptions Damage => HoconOptions.Read<DamageOptions>(Config, []);

    /// <summary>Settings of the HTTP door.</summary>
    /// <remarks>Tokens are signed with what the operator gives, or else with what follows from the cluster's name: then they are safe from accidents, not from forgers.</remarks>
    public HttpOptions Http => (HttpOptions)HoconOptions.Read(typeof(HttpOptions), Config, []) with
    {
        TokenSecret = SHA256.HashData(Encoding.UTF8.GetBytes(Options.ClusterSecret.Length > 0 ? Options.ClusterSecret : $"gossip-cluster {Options.ClusterName}")),
    };

    private static Config FromCommandLine(ParseResult parsed) => Of(
        from key in Keys
        let value = parsed.GetValue<string>($"--{key.Key}")
        where value is not null
        select (key.Key, value));

    private static Config FromEnvironment(IDictionary environment) => Of(
        from DictionaryEntry entry in environment
        let name = (string)entry.Key
        where name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase) && name.Length > EnvironmentPrefix.Length
        select (Key(name[EnvironmentPrefix.Length..]), (string?)entry.Value ?? string.Empty));

    private static string Key(string variable) =>
        string.Join('.', variable.ToLowerInvariant().Split("__").Select(part => part.Replace('_', '-')));

    private static Config FromFile(string? path, ICollection<string> errors)
    {
        if (path is null) return Config.Empty;
        try
        {
            return ConfigurationFactory.ParseString(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add($"--config '{path}' cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is FormatException or ConfigurationException or ArgumentException)
        {
            errors.Add($"--config '{path}' is no HOCON: {error.Message}");
        }

        return Config.Empty;
    }

    /// <summary>As HOCON text, because that is the one way in; values are quoted, so nothing in them is syntax.</summary>
    private static Config Of(IEnumerable<(string Key, string Value)> settings)
    {
        var lines = settings.Select(setting => $"gossip-cluster.{setting.Key} = {JsonSerializer.Serialize(setting.Value, Quoting)}").ToList();
        return lines.Count == 0 ? Config.Empty : ConfigurationFactory.ParseString(string.Join('\n', lines));
    }
}
