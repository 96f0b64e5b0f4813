namespace GossipCluster.Core.Kernel;

/// <summary>The test door to a replica's memory: spoils it on purpose, so that the audit has something to find. Nothing in the product opens it but a test's settings.</summary>
public static class DamageDoor
{
    /// <summary>Spoils a key's items under everybody's feet: neither clock, log, audit tree nor disk hear of it. What rot in memory does.</summary>
    /// <param name="replica">Whose.</param>
    /// <param name="key">Which key.</param>
    /// <param name="kind">In which way; not <see cref="DamageKind.Resurrect"/>.</param>
    /// <returns>False where there is nothing to spoil in that way.</returns>
    public static bool Spoil(Replica replica, Key key, DamageKind kind)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica.Damage(key, kind);
    }

    /// <summary>Brings a key's items back as they once were, whatever has superseded them since. What a bug in a join does.</summary>
    /// <param name="replica">Whose.</param>
    /// <param name="key">Which key.</param>
    /// <param name="state">Its state then (<see cref="Replica.StateOf"/>).</param>
    /// <returns>False where there was nothing.</returns>
    public static bool Resurrect(Replica replica, Key key, Record state)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica.Resurrect(key, state);
    }

    /// <summary>Stages what is in memory as if it had been written so: the damage is on the disk, too, and survives a restart.</summary>
    /// <returns>False where the replica would refuse it: a key without items that can be read.</returns>
    public static bool StageAsIs(Replica replica, Key key)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica.StageAsIs(key);
    }
}

/// <summary>In which way a test spoils a key.</summary>
public enum DamageKind
{
    /// <summary>One item is lost.</summary>
    LoseItem,

    /// <summary>All items are lost: the key is gone.</summary>
    LoseKey,

    /// <summary>One bit of a payload is another.</summary>
    FlipPayload,

    /// <summary>What was superseded or deleted is live again.</summary>
    Resurrect,
}
