using Akka.Actor;
using Akka.Event;

namespace GossipCluster.Actors.Storage;

/// <summary>Reading back: everything at the start, one shard's replicas when that starts anew. While something is read nothing is cut.</summary>
public sealed partial class StorageActor
{
    private readonly List<Reading> _readings = [];
    private readonly List<(int Shard, int ShardCount, IActorRef Owner)> _shards = [];
    private int _readingCount;
    private bool _hasRead;

    private void ReceiveReading()
    {
        Receive<StorageProtocol.Recover>(_ => ReadEverything());
        Receive<StorageProtocol.RecoverShard>(ReadShard);
        Receive<StorageProtocol.ShardStarted>(started => Remember(started.Shard, started.ShardCount, Sender));
        Receive<StorageProtocol.Progress>(PassOn);
        Receive<RecoveryActor.Done>(Finish);
        Receive<RecoveryActor.Damaged>(damaged => Refuse(damaged.Sentence));
        Receive<RecoveryActor.Failed>(failed => ReadLater(Sender, failed.Reason));
        Receive<ReadingStopped>(stopped => ReadLater(stopped.Reader, "Reading broke off."));
        Receive<ReadAgain>(_ => ReadNow());
    }

    private void ReadEverything()
    {
        if (_hasRead) ReadShard(new StorageProtocol.RecoverShard(0, 1));
        else Read(RecoveryActor.Scope.Everything, Sender);
    }

    private void ReadShard(StorageProtocol.RecoverShard shard)
    {
        Remember(shard.Shard, shard.ShardCount, Sender);

        // A new life, which has been told nothing yet.
        _notLanded.Remove(Sender);
        if (_hasRead && _queue.IsEmpty) Read(new RecoveryActor.Scope(shard.Shard, shard.ShardCount, Math.Max(0, _lastPosition)), Sender);
        else _queue.Add(shard, Sender);
    }

    private void Remember(int shard, int shardCount, IActorRef owner)
    {
        _shards.RemoveAll(known => known.ShardCount != shardCount || known.Shard == shard);
        _shards.Add((shard, shardCount, owner));
        LetSnapshotsBegin();
    }

    private void Read(RecoveryActor.Scope scope, IActorRef requester)
    {
        _readings.Add(new Reading(scope, requester));
        StartReadings();
    }

    private void StartReadings()
    {
        if ((_lock is null && _session is null) || !IsFenceDown || _isStepUnderWay) return;
        foreach (var reading in _readings)
        {
            if (reading.Reader is not null || reading.IsWaiting) continue;
            reading.Reader = Context.ActorOf(RecoveryActor.CreateProps(_options, _replicaOptions, reading.Scope), $"reading-{++_readingCount}");
            Context.WatchWith(reading.Reader, new ReadingStopped(reading.Reader));
        }
    }

    private void Finish(RecoveryActor.Done done)
    {
        if (Take(Sender) is not { } reading) return;
        _log.Info(
            "Read {Replicas} replicas back: {Events} events with {Bytes} bytes, {Doubled} of them doubled, up to position {Position}",
            done.Recovered.Replicas.Count, done.Events, done.Bytes, done.DoubledCount, done.Recovered.Position);
        if (!_hasRead) TakeOver(done);
        reading.Requester.Tell(done.Recovered with { Facts = _facts });
        Continue();
    }

    /// <summary>The first reading: from here on the storage knows what is on its disk.</summary>
    private void TakeOver(RecoveryActor.Done done)
    {
        (_hasRead, _facts, _tail) = (true, done.Recovered.Facts, done.Tail);
        StartSnapshots(done);
    }

    private void Refuse(string sentence)
    {
        if (Take(Sender) is not { } reading) return;
        _log.Error("{Sentence}", sentence);
        reading.Requester.Tell(new StorageProtocol.Damaged(sentence));
    }

    private void ReadLater(IActorRef reader, string reason)
    {
        if (_readings.Find(reading => reader.Equals(reading.Reader)) is not { } reading) return;
        (reading.Reader, reading.IsWaiting) = (null, true);
        reading.Requester.Tell(new StorageProtocol.Progress(0, $"The database cannot be read: {reason} Trying again."));
        _log.Warning("The database cannot be read: {Reason}", reason);
        Timers.StartSingleTimer(ReadAgain.Instance, ReadAgain.Instance, Backoff(reading.Attempts++));
    }

    private void ReadNow()
    {
        foreach (var reading in _readings) reading.IsWaiting = false;
        StartReadings();
    }

    private Reading? Take(IActorRef reader)
    {
        var reading = _readings.Find(reading => reader.Equals(reading.Reader));
        if (reading is not null) _readings.Remove(reading);
        return reading;
    }

    private void PassOn(StorageProtocol.Progress progress) => _readings.Find(reading => Sender.Equals(reading.Reader))?.Requester.Tell(progress);

    private void TellProgress(string sentence)
    {
        foreach (var reading in _readings) reading.Requester.Tell(new StorageProtocol.Progress(0, sentence));
    }

    private sealed class Reading(RecoveryActor.Scope scope, IActorRef requester)
    {
        public RecoveryActor.Scope Scope { get; } = scope;

        public IActorRef Requester { get; } = requester;

        public IActorRef? Reader { get; set; }

        public bool IsWaiting { get; set; }

        public int Attempts { get; set; }
    }

    private sealed record ReadingStopped(IActorRef Reader) : INoSerializationVerificationNeeded;

    private sealed record ReadAgain : INoSerializationVerificationNeeded
    {
        public static readonly ReadAgain Instance = new();
    }
}
