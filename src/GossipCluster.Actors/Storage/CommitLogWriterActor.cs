using Akka.Actor;
using Akka.Event;
using Akka.Persistence;

namespace GossipCluster.Actors.Storage;

/// <summary>The journal's one writer: takes one event at a time from its parent and says when it is on disk. It owns nothing.</summary>
/// <remarks>
/// Where a write fails or times out, nobody knows whether it is on disk. This actor then stops, as persistent actors do; its parent starts another,
/// which reads back nothing but the last position, and has the same event written again. Whoever reads skips the second.
/// </remarks>
internal sealed class CommitLogWriterActor : ReceivePersistentActor
{
    private readonly IActorRef _storage;

    public CommitLogWriterActor(string persistenceId, IActorRef storage)
    {
        PersistenceId = persistenceId;
        JournalPluginId = StorageConfig.JournalPluginId;
        SnapshotPluginId = StorageConfig.SnapshotPluginId;
        _storage = storage;
        Action<CommitLogEvent> written = onDisk => _storage.Tell(new Written(onDisk.Number, LastSequenceNr));

        Recover<RecoveryCompleted>(_ => _storage.Tell(new Ready(LastSequenceNr)));
        Command<Write>(write => Persist(write.Event, written));
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery => Recovery.None;

    public static Props CreateProps(string persistenceId, IActorRef storage) => Props.Create(() => new CommitLogWriterActor(persistenceId, storage));

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        _storage.Tell(new Rejected(((CommitLogEvent)@event).Number, cause.Message));

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _storage.Tell(new Failed(Root(cause).Message));

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _storage.Tell(new Failed(Root(reason).Message));

    private static Exception Root(Exception cause) => cause is AggregateException { InnerException: { } inner } ? Root(inner) : cause;

    /// <summary>From the storage: this event, please. Answered by <see cref="Written"/> or <see cref="Rejected"/>, or by this actor's end.</summary>
    public sealed record Write(CommitLogEvent Event) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: give me events. The log ends at this position.</summary>
    public sealed record Ready(long LastPosition) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: durable.</summary>
    public sealed record Written(long Number, long Position) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: not on disk, and never will be.</summary>
    public sealed record Rejected(long Number, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: why this actor stops.</summary>
    public sealed record Failed(string Reason) : INoSerializationVerificationNeeded;
}
