namespace GossipCluster.Core.Dissemination;

/// <summary>What a spreader of news asks its shell to do.</summary>
public abstract record DisseminationEffect
{
    private DisseminationEffect()
    {
    }

    /// <summary>Send a message. It may be lost: nothing waits for it without a deadline.</summary>
    public sealed record Send(PeerId To, DisseminationMessage Message) : DisseminationEffect;

    /// <summary>News has come, for the first time.</summary>
    /// <remarks>
    /// Once for each id, as long as <see cref="DisseminationCounters.IdsForgottenEarly"/> does not move; then perhaps again, so that who takes it must not mind.
    /// News does not come in order.
    /// </remarks>
    /// <param name="Id">Its name.</param>
    /// <param name="Payload">As published.</param>
    /// <param name="Hop">Hops it took.</param>
    public sealed record Deliver(MessageId Id, ReadOnlyMemory<byte> Payload, int Hop) : DisseminationEffect;
}
