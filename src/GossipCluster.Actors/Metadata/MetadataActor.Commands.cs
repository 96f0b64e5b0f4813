using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>What operators and the HTTP door ask for.</content>
public sealed partial class MetadataActor
{
    private void Carry(MetadataProtocol.ICommand command, IActorRef asker)
    {
        var (entry, error) = Decide(command);
        if (error is not null)
        {
            _log.Warning("Refused: {Reason}", error.Sentence);
            asker.Tell(new MetadataProtocol.Refused(error));
        }
        else if (entry is not null || IsBeingWritten(command))
        {
            _waiting.Add((entry ?? _staged.Find(NameOf(command))!, asker));
            if (entry is not null) Stage(entry);
        }
        else
        {
            Unchanged(command, asker);
        }
    }

    /// <summary>It is so already here; others may be on the way to it.</summary>
    private void Unchanged(MetadataProtocol.ICommand command, IActorRef asker)
    {
        if (command is not (MetadataProtocol.PutType or MetadataProtocol.PutBucket) || _table.Find(NameOf(command)) is not { } entry)
        {
            asker.Tell(MetadataProtocol.Done.Here);
            return;
        }

        foreach (var peer in _reachable) SendTo(peer, new MetadataMessage.Entries([entry]));
        Spread(entry, asker);
    }

    private (MetadataEntry? Entry, MetadataError? Error) Decide(MetadataProtocol.ICommand command)
    {
        if (_isRefused || _staged.Find(MetadataName.Cluster) is null) return (null, new MetadataError.NoRing());

        MetadataEntry? entry;
        MetadataError? error;
        switch (command)
        {
            case MetadataProtocol.AddSelf add:
                _staged.TryAdd(_node.Member, add.MayReturn, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.SetWeight set:
                _staged.TrySetWeight(set.Node, set.Weight, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.RemoveMember remove:
                _staged.TryRemove(remove.Node, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.ReturnMember back:
                _staged.TryReturn(back.Node, _node.Name, out entry, out error);
                return (entry, error);
            case MetadataProtocol.PutType put:
                return Replace(NameOf(put), SchemaValue.Of(put.Type), Schema.Of(_staged).Refuse(put.Type));
            case MetadataProtocol.PutBucket put:
                var refusal = Schema.Of(_staged).Refuse(put.Type, put.Properties);
                return put.Properties is null && refusal is null && _staged.Find(NameOf(put)) is null
                    ? (null, null)
                    : Replace(NameOf(put), SchemaValue.Of(put.Properties), refusal);
            default:
                throw new UnreachableException($"No shell for command {command.GetType().Name}.");
        }
    }

    private (MetadataEntry? Entry, MetadataError? Error) Replace(string name, byte[] value, MetadataError? refusal)
    {
        var known = _staged.Find(name);
        if (refusal is not null) return (null, refusal);
        if (known is null && _staged.Count >= MetadataTable.EntriesMax) return (null, new MetadataError.TooManyEntries());
        if (known?.Epoch == MetadataEntry.EpochMax) return (null, new MetadataError.NoEpochLeft(name));
        return known is not null && known.Value.Span.SequenceEqual(value) ? (null, null) : (_staged.Next(name, _node.Name, value), null);
    }

    private bool IsBeingWritten(MetadataProtocol.ICommand command) => _writing.ContainsKey(MetadataName.FactOf(NameOf(command)));

    private string NameOf(MetadataProtocol.ICommand command) => command switch
    {
        MetadataProtocol.AddSelf => MetadataName.Ring(_node.Name),
        MetadataProtocol.SetWeight set => MetadataName.Ring(set.Node),
        MetadataProtocol.RemoveMember remove => MetadataName.Ring(remove.Node),
        MetadataProtocol.ReturnMember back => MetadataName.Ring(back.Node),
        MetadataProtocol.PutType put => MetadataName.Type(put.Type.Name),
        MetadataProtocol.PutBucket put => MetadataName.Bucket(put.Type, put.Bucket),
        _ => throw new UnreachableException($"No name for command {command.GetType().Name}."),
    };
}
