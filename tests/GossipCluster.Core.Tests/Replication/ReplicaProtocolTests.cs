using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Core.Replication;

namespace GossipCluster.Core.Tests.Replication;

/// <summary>What a replica in conversation says, and when. Whole conversations are the simulator's.</summary>
public sealed class ReplicaProtocolTests
{
    private static readonly NodeName A = NodeName.Of("a");
    private static readonly NodeName B = NodeName.Of("b");
    private static readonly Key Tags = Key.Of("sets", "b", "tags");

    [Fact(DisplayName = "A fallback that becomes a primary while it is forgetting does not speak as one before it has forgotten")]
    public void Nobody_may_count_on_what_is_being_forgotten()
    {
        var effects = new List<ReplicaEffect>();
        var fallback = FallbackWithHints(effects);
        fallback.Receive(B, new PeerMessage.Know(new Stamp(fallback.Replica.Clock, 1, IsPrimary: true, HasSynced: true)), effects);
        var emptied = Assert.Single(effects.OfType<ReplicaEffect.Persist>()).Batch;

        fallback.ChangeRing(2, [A, B], [A, B]);

        Assert.True(fallback.IsPrimary);
        Assert.False(fallback.Stamp.IsPrimary);

        fallback.Durable(emptied, effects);

        Assert.True(fallback.Stamp.IsPrimary);
        Assert.True(fallback.Stamp.Clock.IsEmpty);
    }

    [Fact(DisplayName = "A record that is refused is not acknowledged")]
    public void Refused_records_do_not_count()
    {
        var effects = new List<ReplicaEffect>();
        var protocol = new ReplicaProtocol(A, Replicas.New(0), () => 7);
        protocol.ChangeRing(1, [A, B], [A, B]);

        protocol.Receive(B, new PeerMessage.Replicate(1, [new Record(RecordKind.Delta, new byte[] { 99 })], IsWhole: true), effects);

        var answer = Assert.IsType<PeerMessage.Replicated>(Assert.Single(effects.OfType<ReplicaEffect.Send>()).Message);
        Assert.False(answer.Counts);
        Assert.Equal(1, protocol.RecordsRefused);
    }

    [Fact(DisplayName = "An answer to a question of another life does not make a primary synced")]
    public void Answers_of_other_lives_prove_nothing()
    {
        var effects = new List<ReplicaEffect>();
        var protocol = new ReplicaProtocol(A, Replicas.New(0), () => 7);
        protocol.ChangeRing(1, [A, B], [A, B]);
        protocol.SyncWith(B, effects);
        var ask = Assert.IsType<PeerMessage.SyncAsk>(Assert.Single(effects.OfType<ReplicaEffect.Send>()).Message).Ask;
        var stamp = new Stamp(DotSet.Empty, 1, IsPrimary: true, HasSynced: true);

        protocol.Receive(B, new PeerMessage.SyncPart(ask with { Life = ask.Life + 1 }, [], IsComplete: true, stamp), effects);
        Assert.False(protocol.HasSynced);

        protocol.Receive(B, new PeerMessage.SyncPart(ask, [], IsComplete: true, stamp), effects);
        Assert.True(protocol.HasSynced);
    }

    [Fact(DisplayName = "A primary on its own keeps no log for others")]
    public void A_group_of_one_trims()
    {
        var effects = new List<ReplicaEffect>();
        var protocol = new ReplicaProtocol(A, Replicas.New(0), () => 7);
        protocol.ChangeRing(1, [A], [A]);
        protocol.Write(1, DataType.Set, Tags, Operation.AddToSet("red"), Replicas.Now, effects);

        protocol.Durable(Assert.Single(effects.OfType<ReplicaEffect.Persist>()).Batch, effects);

        Assert.Equal(0, protocol.Replica.LogEntryCount);
    }

    private static ReplicaProtocol FallbackWithHints(List<ReplicaEffect> effects)
    {
        var replica = Replicas.New(0);
        replica.Write(DataType.Set, Tags, Operation.AddToSet("red"));
        var protocol = new ReplicaProtocol(A, replica, () => 7);
        protocol.ChangeRing(1, [B], [A, B]);
        Assert.False(protocol.IsPrimary);
        Assert.Empty(effects);
        return protocol;
    }
}
