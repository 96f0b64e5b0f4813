using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using GossipCluster.Actors.Links;
using GossipCluster.Actors.Membership;
using GossipCluster.Core.Membership;
using GossipCluster.Core.Metadata;

namespace GossipCluster.Actors.Metadata;

/// <content>How a node enters the ring: by what it learns, not by becoming a member (decision 0013).</content>
public sealed partial class MetadataActor
{
    private void TryEnter()
    {
        if (_isRefused) return;
        var step = EnterDecision.Next(
            _staged.Find(MetadataName.Cluster) is not null,
            _staged.StandingOf(_node.Name),
            _node.IsFirstSeed,
            _node.OtherSeeds.All(_seedsWithoutCluster.Contains),
            _clock.GetElapsedTime(_startedAt),
            _options.SeedTimeout);
        switch (step)
        {
            case EnterStep.Form:
                _log.Info("Forming the cluster {Cluster} with {Partitions} partitions", _node.Cluster.Name, _node.Cluster.PartitionCount);
                var facts = new ClusterFacts(_node.Cluster, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
                Stage(_staged.Next(MetadataName.Cluster, _node.Name, facts.ToValue()));
                EnterRing();
                break;
            case EnterStep.Enter:
                EnterRing();
                break;
            case EnterStep.StayOut when _lastStep != step:
                _log.Warning("{Node} was taken out of the ring by an operator and stays out", _node.Name);
                _directory.WaitingFor = new MetadataError.HasLeft(_node.Name).Sentence;
                break;
            case EnterStep.AskSeeds when _lastStep != step || _directory.WaitingFor.Length > 0:
                _directory.WaitingFor = _node.IsFirstSeed
                    ? "Asking the other seeds for a cluster before forming one."
                    : $"Waiting for a seed that knows the cluster: {string.Join(", ", _node.OtherSeeds)}.";
                break;
            case EnterStep.Entered or EnterStep.StayOut or EnterStep.AskSeeds:
                break;
            default:
                throw new UnreachableException($"No shell for step {step}.");
        }

        _lastStep = step;
        ContactSeeds();
    }

    private void EnterRing()
    {
        if (!_staged.TryAdd(_node.Member, mayReturn: false, _node.Name, out var entry, out var error)) _directory.WaitingFor = error.Sentence;
        else if (entry is not null) Stage(entry);
    }

    /// <summary>Goes on until a link or a seed has shown that others know what is known here; the waits grow, for a seed may be away for long.</summary>
    private void ContactSeeds()
    {
        var isKnown = _directory.View.Serves && (_reachable.Count > 0 || _seedIsLevel);
        if (isKnown || !_node.OtherSeeds.Any()) return;

        var question = Parcel(new MetadataMessage.Digest(_table.Digest, WantsAnswer: true));
        foreach (var seed in _node.OtherSeeds)
        {
            SendTo(seed, question);
            _links.Tell(new LinkProtocol.Asked(seed));
        }

        var wait = _contactWait;
        _contactWait = TimeSpan.FromTicks(Math.Min(_contactWait.Ticks * 2, _options.ContactIntervalMax.Ticks));

        // The first seed looks again as soon as its patience ends.
        var left = _options.SeedTimeout - _clock.GetElapsedTime(_startedAt);
        if (_lastStep == EnterStep.AskSeeds && _node.IsFirstSeed && left > TimeSpan.Zero && left < wait) wait = left + TimeSpan.FromMilliseconds(1);
        Timers.StartSingleTimer(Enter.Instance, Enter.Instance, WithJitter(wait));
    }

    private void SendTo(Address seed, MetadataContact contact) =>
        Context.ActorSelection(new RootActorPath(seed) / Self.Path.Elements).Tell(contact, Self);

    private void TellOwnFacts()
    {
        var name = MetadataName.Node(_node.Name);
        var last = _staged.Find(name) is { } entry ? PeerFactsValue.Read(entry.Value.Span) : null;
        var incarnation = Math.Max((last?.Incarnation ?? 0) + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        _ownFacts = new PeerFacts(incarnation, _node.Remote, _node.Http, _node.Version) { Uid = _node.Uid, Start = _node.Start };
        Stage(_staged.Next(name, _node.Name, PeerFactsValue.Of(_ownFacts)));
    }
}
