using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Sql.Journal;

namespace GossipCluster.Actors.Storage;

/// <summary>Akka.Persistence.Sql's journal, with a short way in for a node's own events. Tables, reading back and deleting are the plugin's.</summary>
/// <remarks>
/// The plugin's way in leads through a persistent actor, a circuit breaker, a stream and a resequencer, with a wake-up each, and through linq2db: three quarters of
/// the processor time of an event were spent there. One writer who has one event under way needs none of it.
/// <para>
/// This actor is busy while the database writes. Nobody else needs it meanwhile: whoever asks where the log ends has to wait for the event under way anyway.
/// </para>
/// </remarks>
public sealed class CommitLogJournal(Config config) : SqlWriteJournal(config)
{
    private CommitLogSession? _session;

    /// <inheritdoc/>
    protected override bool ReceivePluginInternal(object message)
    {
        switch (message)
        {
            case Insert insert:
                Write(insert, Sender);
                return true;
            case Check check:
                Try(check.Session, Sender);
                return true;
            case Release release:
                release.Session.Dispose();
                if (_session == release.Session) _session = null;
                Sender.Tell(Released.Instance);
                return true;
            default:
                return base.ReceivePluginInternal(message);
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _session?.Dispose();
        base.PostStop();
    }

    private void Write(Insert insert, IActorRef writer)
    {
        _session = insert.Session;
        try
        {
            _session.Insert(insert.Id, insert.Position, insert.Event);
        }
        catch (Exception exception)
        {
            writer.Tell(CommitLogSession.IsRefusal(exception) ? new Refused(insert.Event.Number, exception) : new Failed(exception));
            return;
        }

        insert.ReplyTo.Tell(new CommitLogWriterActor.Written(insert.Event.Number, insert.Position));
    }

    private void Try(CommitLogSession session, IActorRef writer)
    {
        _session = session;
        try
        {
            session.Check();
        }
        catch (Exception exception)
        {
            writer.Tell(new Failed(exception));
        }
    }

    /// <summary>From the writer: this event at this position, please. <paramref name="ReplyTo"/> hears <see cref="CommitLogWriterActor.Written"/>, or the writer <see cref="Failed"/> or <see cref="Refused"/>.</summary>
    internal sealed record Insert(string Id, long Position, CommitLogEvent Event, CommitLogSession Session, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>From the writer: is the connection still there? Answered by <see cref="Failed"/> if not.</summary>
    internal sealed record Check(CommitLogSession Session) : INoSerializationVerificationNeeded;

    /// <summary>From the storage: close this, after all that was asked of it before. Answered by <see cref="Released"/>.</summary>
    internal sealed record Release(CommitLogSession Session) : INoSerializationVerificationNeeded;

    /// <summary>To the writer: nobody knows whether it is on disk.</summary>
    internal sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;

    /// <summary>To the writer: not on disk, and never will be.</summary>
    internal sealed record Refused(long Number, Exception Cause) : INoSerializationVerificationNeeded;

    /// <summary>To the storage: closed, and the lock with it.</summary>
    internal sealed record Released : INoSerializationVerificationNeeded
    {
        /// <summary>The one instance.</summary>
        public static readonly Released Instance = new();
    }
}
