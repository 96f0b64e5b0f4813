using System.Text;
using Akka.Configuration;

namespace GossipCluster.Actors.Configuration;

/// <summary>The settings that come with the product: embedded, and as files beside the binary for people to read.</summary>
public static class GossipHocon
{
    /// <summary>The profiles there are.</summary>
    public static IReadOnlyList<string> Profiles { get; } = ["local", "lan", "wan"];

    /// <summary>Every key of <c>gossip-cluster</c> with its default.</summary>
    public static Config Reference { get; } = Read("reference.conf");

    /// <summary>What is asked of Akka.</summary>
    public static Config Akka { get; } = Read("akka.conf");

    /// <summary>Only the differences.</summary>
    /// <param name="name">One of <see cref="Profiles"/>.</param>
    public static Config Profile(string name) => Read($"profiles/{name}.conf");

    /// <summary>What a node runs with if nobody says anything more.</summary>
    public static Config Defaults(string profile) => Profile(profile).WithFallback(Akka).WithFallback(Reference);

    private static Config Read(string name)
    {
        using var stream = typeof(GossipHocon).Assembly.GetManifestResourceStream($"hocon/{name}")
            ?? throw new InvalidOperationException($"hocon/{name} is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
