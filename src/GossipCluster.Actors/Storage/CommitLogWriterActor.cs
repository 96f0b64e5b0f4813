using Akka.Actor;
using Akka.Persistence;

namespace GossipCluster.Actors.Storage;

/// <summary>The journal's one writer: takes one event at a time from its parent and hands it to the journal under the next position. It owns nothing.</summary>
/// <remarks>
/// <code>
///   storage --Write--> this --Insert--> journal --Written--> storage
///                        &lt;--Failed------ journal               in case
/// </code>
/// Where a write fails or times out, nobody knows whether it is on disk. This actor then stops; its parent starts another, which reads back nothing but the last
/// position, and has the same event written again. Whoever reads skips the second.
/// </remarks>
internal sealed class CommitLogWriterActor : ReceiveActor
{
    private readonly string _id;
    private readonly IActorRef _storage;
    private readonly IActorRef _journal = Persistence.Instance.Apply(Context.System).JournalFor(StorageConfig.JournalPluginId);
    private long _position;

    public CommitLogWriterActor(string persistenceId, IActorRef storage)
    {
        (_id, _storage) = (persistenceId, storage);
        Receive<RecoverySuccess>(end =>
        {
            _position = end.HighestSequenceNr;
            _storage.Tell(new Ready(_position));
            Become(Writing);
        });
        Receive<ReplayMessagesFailure>(failure => Fail(failure.Cause));
    }

    private void Writing()
    {
        var (expected, isSame) = (Array.Empty<byte>(), true);
        Receive<Write>(write => _journal.Tell(new CommitLogJournal.Insert(_id, ++_position, write.Event, write.Session, _storage)));
        Receive<Check>(check => _journal.Tell(new CommitLogJournal.Check(check.Session)));
        Receive<Compare>(compare =>
        {
            (expected, isSame) = (compare.Event.Bytes, true);
            _journal.Tell(new ReplayMessages(compare.From, compare.To, long.MaxValue, _id, Self));
        });
        Receive<ReplayedMessage>(row => isSame &= row.Persistent.Payload is CommitLogEvent found && found.Bytes.AsSpan().SequenceEqual(expected));
        Receive<RecoverySuccess>(_ => _storage.Tell(new Compared(isSame)));
        Receive<ReplayMessagesFailure>(failure => Fail(failure.Cause));
        Receive<CommitLogJournal.Failed>(failed => Fail(failed.Cause));
        Receive<CommitLogJournal.Refused>(refused =>
        {
            _position--;
            _storage.Tell(new Rejected(refused.Number, refused.Cause.Message));
        });
    }

    public static Props CreateProps(string persistenceId, IActorRef storage) => Props.Create(() => new CommitLogWriterActor(persistenceId, storage));

    // Asked for nothing, the journal says where the log ends.
    protected override void PreStart() => _journal.Tell(new ReplayMessages(1, 0, 0, _id, Self));

    private void Fail(Exception cause)
    {
        _storage.Tell(new Failed(Root(cause).Message));
        Context.Stop(Self);
    }

    private static Exception Root(Exception cause) => cause is AggregateException { InnerException: { } inner } ? Root(inner) : cause;

    /// <summary>From the storage: this event, please, over this connection. Answered by <see cref="Written"/> or <see cref="Rejected"/>, or by this actor's end.</summary>
    public sealed record Write(CommitLogEvent Event, CommitLogSession Session) : INoSerializationVerificationNeeded;

    /// <summary>From the storage: is the way to the database still there? This actor ends if not.</summary>
    public sealed record Check(CommitLogSession Session) : INoSerializationVerificationNeeded;

    /// <summary>From the storage: is what is on disk from one position to another this event, and nothing else? Answered by <see cref="Compared"/>.</summary>
    public sealed record Compare(long From, long To, CommitLogEvent Event) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: it is, or is not.</summary>
    public sealed record Compared(bool IsSame) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: give me events. The log ends at this position.</summary>
    public sealed record Ready(long LastPosition) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: durable.</summary>
    public sealed record Written(long Number, long Position) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: not on disk, and never will be.</summary>
    public sealed record Rejected(long Number, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: why this actor stops.</summary>
    public sealed record Failed(string Reason) : INoSerializationVerificationNeeded;
}
