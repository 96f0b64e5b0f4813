using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>Nodes of another cluster.</content>
public sealed partial class MetadataActor
{
    /// <summary>A stranger's cluster that was asked for ends the search; a stranger who comes by does not.</summary>
    private void MetMismatch(string sentence, MetadataParcel parcel, Address? contact)
    {
        _log.Error("{Sentence}", sentence);
        var wasAsked = parcel.Message is MetadataMessage.Refused || (contact is not null && _node.OtherSeeds.Contains(contact));
        if (!_directory.View.IsRingKnown && parcel.KnowsCluster && wasAsked) Refuse(sentence);
    }

    /// <summary>A node that is in no ring yet and finds itself among strangers stops trying: going on could only do harm.</summary>
    private void Refuse(string sentence)
    {
        _isRefused = true;
        _directory.WaitingFor = sentence;
        Timers.CancelAll();
        Context.System.EventStream.Publish(new MetadataProtocol.ClusterMismatch(sentence));
    }
}
