using System.Net;
using GossipCluster.Actors.Configuration;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Metadata;
using GossipCluster.Core.Placement;

namespace GossipCluster.Node;

/// <summary>What makes options bad: one sentence each, all at once. Names are those of the command line.</summary>
internal static class NodeOptionsRules
{
    private const int SecretLengthMin = 16;

    public static IEnumerable<string> ErrorsOf(NodeOptions options)
    {
        if (options.Name.Length == 0) yield return "--name is missing: every node has a name of its own, the same over restarts.";
        else if (!NodeName.TryParse(options.Name, out _)) yield return $"--name '{options.Name}' is no node name: {NodeName.Rule}";

        if (!Uri.TryCreate(options.Http, UriKind.Absolute, out var http) || http.Scheme is not ("http" or "https") || http.PathAndQuery != "/")
            yield return $"--http '{options.Http}' is no address: write http://HOST:PORT.";

        foreach (var error in RemoteErrorsOf(options)) yield return error;

        foreach (var seed in options.Seeds)
        {
            if (!HostPort.TryParse(seed, out var address) || address.Port == 0) yield return $"--seeds: '{seed}' is no address: write HOST:PORT, separated by commas.";
        }

        if (options.Data.Length == 0) yield return "--data is empty: name a directory.";
        if (!GossipHocon.Profiles.Contains(options.Profile, StringComparer.Ordinal)) yield return $"--profile '{options.Profile}' does not exist: it is local, lan or wan.";
        if (!ClusterIdentity.IsName(options.ClusterName)) yield return $"--cluster-name '{options.ClusterName}' is no cluster name: {ClusterIdentity.Rule}";
        if (options.ClusterSecret.Length is > 0 and < SecretLengthMin) yield return $"--cluster-secret is too short: it needs {SecretLengthMin} characters or more.";
        if (!Ring.TryCreate([new RingMember(NodeName.Of("n"), Zone: options.Zone)], 1, 0, out _, out var error1) && error1 is RingError.MalformedZone)
            yield return $"--zone '{options.Zone}' is no zone: it has 0 to {RingMember.ZoneLengthMax} characters out of A-Z a-z 0-9 . _ - / and :.";

        if (options.StorageProvider is not ("sqlite" or "postgresql")) yield return $"--storage-provider '{options.StorageProvider}' does not exist: it is sqlite or postgresql.";
        else if (options.StorageProvider == "postgresql" && options.StorageConnectionString.Length == 0)
            yield return "--storage-connection-string is missing: PostgreSQL needs one.";

        foreach (var error in TlsErrorsOf(options)) yield return error;
    }

    private static IEnumerable<string> RemoteErrorsOf(NodeOptions options)
    {
        if (!HostPort.TryParse(options.Remote, out var remote)) yield return $"--remote '{options.Remote}' is no address: write HOST:PORT.";
        else if (IPAddress.TryParse(remote.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)))
            yield return $"--remote '{options.Remote}' is no address that other nodes can reach: name one, and say --remote-bind {remote.Host} to listen everywhere.";

        if (options.RemoteBind.Length > 0 && !HostPort.TryParse(options.RemoteBind, out _) && !HostPort.TryParse($"{options.RemoteBind}:1", out _))
            yield return $"--remote-bind '{options.RemoteBind}' is no address: write HOST or HOST:PORT.";
    }

    private static IEnumerable<string> TlsErrorsOf(NodeOptions options)
    {
        var hasCertificate = options.TlsCertificate.Length > 0;
        if (hasCertificate && !File.Exists(options.TlsCertificate)) yield return $"--tls-certificate '{options.TlsCertificate}' is not there.";
        if (!hasCertificate && (options.TlsCertificatePassword.Length > 0 || options.TlsValidateHostName || options.TlsSuppressValidation))
            yield return "--tls-certificate is missing: the other TLS settings mean nothing without one.";
        if (options.TlsSuppressValidation && options.Profile != "local")
            yield return "--tls-suppress-validation is for the local profile only: anybody could join the cluster.";
    }
}
