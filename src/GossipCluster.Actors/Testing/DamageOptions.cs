namespace GossipCluster.Actors.Testing;

/// <summary>The test door that spoils a replica on purpose, so that the audit has something to find.</summary>
public sealed record DamageOptions
{
    /// <summary>Where these settings are.</summary>
    public const string Section = "gossip-cluster:testing:damage";

    /// <summary>Opens <c>POST /testing/damage</c>. Refused where <see cref="TestingOptions.Variable"/> does not say that this is a test.</summary>
    /// <value>Default: off.</value>
    public bool Enabled { get; init; }
}
