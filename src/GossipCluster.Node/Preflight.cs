using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GossipCluster.Node;

/// <summary>What the machine does not allow, found before anything is started, and said in a sentence where a library would throw.</summary>
internal static class Preflight
{
    public static IEnumerable<string> ErrorsOf(NodeOptions options)
    {
        _ = HostPort.TryParse(options.Remote, out var remote);
        if (options.RemoteBind.Length == 0 && ListenError(remote) is { } remoteError) yield return $"--remote {remote} cannot be listened on: {remoteError}";
        var http = new Uri(options.Http);
        if (ListenError(new HostPort(http.DnsSafeHost, http.Port)) is { } httpError) yield return $"--http {options.Http} cannot be listened on: {httpError}";
        if (CertificateError(options) is { } tlsError) yield return $"--tls-certificate '{options.TlsCertificate}' cannot be used: {tlsError}";
        if (DirectoryError(options.Data) is { } dataError) yield return $"--data '{options.Data}' cannot be used: {dataError}";
    }

    private static string? ListenError(HostPort address)
    {
        try
        {
            var ip = IPAddress.TryParse(address.Host, out var literal) ? literal : Dns.GetHostAddresses(address.Host).FirstOrDefault(IPAddress.Loopback);
            using var listener = new TcpListener(ip, address.Port);
            listener.Start();
            return null;
        }
        catch (SocketException error)
        {
            return error.Message;
        }
    }

    private static string? CertificateError(NodeOptions options)
    {
        if (options.TlsCertificate.Length == 0) return null;
        try
        {
            using var certificate = X509CertificateLoader.LoadPkcs12FromFile(options.TlsCertificate, options.TlsCertificatePassword);
            if (!certificate.HasPrivateKey) return "it has no private key.";

            // Certificates tell local time.
            if (DateTime.Now > certificate.NotAfter) return string.Create(CultureInfo.InvariantCulture, $"it expired at {certificate.NotAfter.ToUniversalTime():u}; every other node would refuse it.");
            return DateTime.Now < certificate.NotBefore
                ? string.Create(CultureInfo.InvariantCulture, $"it is not valid before {certificate.NotBefore.ToUniversalTime():u}; every other node would refuse it. Is this machine's clock right?")
                : null;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private static string? DirectoryError(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return error.Message;
        }
    }
}
