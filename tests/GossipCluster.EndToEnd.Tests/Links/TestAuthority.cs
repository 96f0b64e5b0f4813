using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GossipCluster.EndToEnd.Tests.Links;

/// <summary>A certificate authority for one test: its own certificate as PEM, and those of nodes as PKCS #12.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gossip-tls-");

    public TestAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _certificate = request.CreateSelfSigned(_now.AddYears(-1), _now.AddYears(1));
        RootFile = Path.Combine(_folder.FullName, "root.pem");
        File.WriteAllText(RootFile, _certificate.ExportCertificatePem());
    }

    /// <summary>What nodes that trust this authority are to trust: .NET on Linux reads it from SSL_CERT_FILE.</summary>
    public string RootFile { get; }

    /// <summary>A certificate for both ends of a connection; the path of its file. No password.</summary>
    public string Issue(string name, TimeSpan validFor)
    {
        // RSA: what Akka.Remote's transport takes everywhere.
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var issued = request.Create(_certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_certificate.GetECDsaPrivateKey()!), _now.AddDays(-2), _now + validFor, RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        var path = Path.Combine(_folder.FullName, $"{name}.p12");
        File.WriteAllBytes(path, withKey.Export(X509ContentType.Pkcs12));
        return path;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }
}
