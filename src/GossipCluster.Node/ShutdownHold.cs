using Akka;
using Akka.Actor;

namespace GossipCluster.Node;

/// <summary>Keeps an ActorSystem from being ended by anybody but its owner.</summary>
/// <remarks>
/// Parts of Akka run CoordinatedShutdown on their own account: Akka.Remote where it calls a peer and the TLS handshake fails, whoever of the two is at fault. Then one
/// node with a bad certificate, or a stranger on the address of a dead node, would end every node that calls there. CoordinatedShutdown runs once: so it is begun
/// at the start, and waits in its first phase, <c>node-owned</c> in <c>hocon/akka.conf</c>, until the owner lets go. Whoever else runs it gets what is running.
/// </remarks>
internal sealed class ShutdownHold
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ShutdownHold()
    {
    }

    /// <summary>From now on.</summary>
    public static ShutdownHold On(ActorSystem system)
    {
        var hold = new ShutdownHold();
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask("node-owned", "until-the-node-ends", async () =>
        {
            await hold._released.Task;
            return Done.Instance;
        });
        _ = shutdown.Run(OwnerEnds.Instance);
        return hold;
    }

    /// <summary>The phases go on, in order: the ActorSystem ends.</summary>
    public void Release() => _released.TrySetResult();

    private sealed class OwnerEnds : CoordinatedShutdown.Reason
    {
        public static readonly OwnerEnds Instance = new();

        public override int ExitCode => Node.ExitCode.Clean;
    }
}
