namespace GossipCluster.Core.Dissemination;

/// <summary>Nothing but digests with members chosen at random: the number of nodes that know a message doubles, more or less, with each interval.</summary>
internal sealed class ExchangeDissemination(PeerId self, DisseminationOptions options, Random random)
    : Spreader(self, options.Recent, options.Exchange with { OfferAfter = TimeSpan.Zero }, random);
