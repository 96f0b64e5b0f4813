using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;

namespace GossipCluster.Actors.Storage;

/// <summary>Group commit: what waits becomes one event, one event is in flight, and what it held is answered when it has landed.</summary>
public sealed partial class StorageActor
{
    private readonly CommitLogEventBuilder _builder = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private CommitLogEvent? _inFlight;
    private int _attempts;
    private long _number;
    private long _lastPosition = -1;
    private long _busySince;
    private long _landedAt;
    private int _batchesBefore;

    private void ReceiveWriting()
    {
        Receive<StorageProtocol.Append>(Accept);
        Receive<CommitLogWriterActor.Written>(Land);
        Receive<StorageProtocol.PutFact>(Accept);
        Receive<CommitLogWriterActor.Rejected>(GiveUp);
        Receive<Gathered>(_ =>
        {
            _landedAt = 0;
            WriteNext();
        });
    }

    private void Accept(StorageProtocol.Append append)
    {
        if (append.NotLandedSeen < _notLanded.GetValueOrDefault(Sender)) return;
        if (_isClosing)
        {
            Refuse(Sender, append, "The node is stopping.");
            return;
        }

        _queue.Add(append, Sender);
        if (_queue.Bytes > _options.AppendBytesMax) TellDiskState();
        WriteNext();
    }

    private void Accept(StorageProtocol.PutFact fact)
    {
        if (_isClosing) Refuse(fact, "The node is stopping.");
        else if (fact.Name.Length is 0 or > StorageProtocol.FactNameLengthMax) Refuse(fact, $"A fact's name has 1 to {StorageProtocol.FactNameLengthMax} characters.");
        else if (fact.Value.Length > StorageProtocol.FactBytesMax) Refuse(fact, $"A fact has at most {StorageProtocol.FactBytesMax} bytes.");
        else if (FactBytes(fact) > _options.FactsBytesMax) Refuse(fact, $"All facts together have at most {_options.FactsBytesMax} bytes.");
        else
        {
            _queue.Add(fact, Sender);
            WriteNext();
        }
    }

    private void Refuse(IActorRef shard, StorageProtocol.Append append, string reason)
    {
        _metrics.Rejected.Add(1);
        _notLanded[shard] = _notLanded.GetValueOrDefault(shard) + 1;
        shard.Tell(new StorageProtocol.NotLanded(append.Batches, reason));
    }

    private void Refuse(StorageProtocol.PutFact fact, string reason)
    {
        _metrics.FactsRefused.Add(1);
        Sender.Tell(new StorageProtocol.FactNotPut(fact.Name, reason));
    }

    private long FactBytes(StorageProtocol.PutFact added) =>
        _facts.Where(fact => fact.Key != added.Name).Sum(fact => (long)fact.Key.Length + fact.Value.Length) + added.Name.Length + added.Value.Length;

    /// <summary>Puts what has gathered into one event, unless one is being written.</summary>
    private void WriteNext()
    {
        if (_inFlight is not null || !_isWriterReady || _isStepUnderWay) return;
        if (!IsFenceWanted && (_queue.WaitingCount == 0 || !_hasRead)) return;
        if (IsGathering()) return;
        _builder.Start(++_number, _lastPosition);
        var batches = 0;
        foreach (var pending in _hasRead ? _queue.TakeOff(_options.EventBytesMax) : []) batches += Add(pending);
        _metrics.Batches.Add(batches);
        (_batchesBefore, _attempts) = (batches, 0);
        Send(_inFlight = _builder.Build());
    }

    /// <summary>
    /// An event costs the same whatever is in it. Where the one before had many batches there is load, and what is on its way now is worth a moment: half as
    /// many events, each twice as full. Where it had few, nothing waits.
    /// </summary>
    private bool IsGathering()
    {
        var left = _options.GatherTime - Stopwatch.GetElapsedTime(_landedAt);
        if (_batchesBefore < _options.GatherBatchesMin || left <= TimeSpan.Zero || _isClosing || _queue.Bytes >= _options.EventBytesMax) return false;
        if (!Timers.IsTimerActive(Gathered.Instance)) Timers.StartSingleTimer(Gathered.Instance, Gathered.Instance, left);
        return true;
    }

    private int Add(in Pending pending)
    {
        switch (pending.Message)
        {
            case StorageProtocol.Append append:
                foreach (ref readonly var staged in append.Batches.AsSpan()) _builder.Add(staged);
                return append.Batches.Length;
            case StorageProtocol.PutFact fact:
                _builder.Add(fact.Name, fact.Value.Span);
                return 0;
            case StorageProtocol.RecoverShard:
                return 0;
            default:
                throw new UnreachableException($"No entry for {pending.Message.GetType().Name}.");
        }
    }

    private void Land(CommitLogWriterActor.Written written)
    {
        if (_inFlight is null || written.Number != _inFlight.Number) return;
        var bytes = _inFlight.Bytes.Length;
        (_inFlight, _attempts, _lastPosition, _overdue) = (null, 0, written.Position, null);

        // It came late: whoever wrote it is gone, and writes are taken again when there is another.
        if (_writer is not null) (_failures, _trouble) = (0, null);
        _landedAt = Stopwatch.GetTimestamp();
        if (_hasRead) _tail.Add(written.Position, bytes);
        _metrics.Events.Add(1);
        _metrics.EventBytes.Add(bytes);
        _metrics.WriteTime.Record(Stopwatch.GetElapsedTime(_busySince).TotalMilliseconds);
        var landed = _queue.InFlight;
        for (var i = 0; i < landed.Count; i++) Answer(landed[i], written.Position);
        _queue.Landed();
        if (!_disk.TakesWrites) TellDiskState();
        Continue();
    }

    private void Answer(in Pending pending, long position)
    {
        switch (pending.Message)
        {
            case StorageProtocol.Append append:
                foreach (ref readonly var staged in append.Batches.AsSpan()) _tail.Needs(staged.Replica, position, pending.Sender);
                pending.Sender.Tell(new StorageProtocol.Landed(append.Batches, position));
                break;
            case StorageProtocol.PutFact fact:
                _facts = fact.Value.IsEmpty ? _facts.Remove(fact.Name) : _facts.SetItem(fact.Name, fact.Value);
                pending.Sender.Tell(new StorageProtocol.FactPut(fact.Name));
                break;
            case StorageProtocol.RecoverShard shard:
                Read(new RecoveryActor.Scope(shard.Shard, shard.ShardCount, position), pending.Sender);
                break;
            default:
                throw new UnreachableException($"No answer for {pending.Message.GetType().Name}.");
        }
    }

    /// <summary>The event in flight is not on disk, for certain: refuses it, and what its shards sent after it.</summary>
    private void GiveUp(CommitLogWriterActor.Rejected rejected)
    {
        if (_inFlight is null || rejected.Number != _inFlight.Number) return;
        _log.Warning("Event {Number} of the log was refused: {Reason}", rejected.Number, rejected.Reason);

        // The number goes to the next event: readers miss one that is skipped.
        (_inFlight, _number) = (null, _number - 1);
        var shards = new HashSet<IActorRef>();
        foreach (var pending in _queue.InFlight)
        {
            switch (pending.Message)
            {
                case StorageProtocol.Append append when shards.Add(pending.Sender):
                    Refuse(pending.Sender, append, rejected.Reason);
                    break;
                case StorageProtocol.PutFact fact:
                    pending.Sender.Tell(new StorageProtocol.FactNotPut(fact.Name, rejected.Reason));
                    break;
                case StorageProtocol.RecoverShard shard:
                    Read(new RecoveryActor.Scope(shard.Shard, shard.ShardCount, _lastPosition), pending.Sender);
                    break;
                default:
                    break;
            }
        }

        _queue.Landed();
        _metrics.Rejected.Add(_queue.Refuse(shards).Count);
        Continue();
    }

    private void Send(CommitLogEvent written)
    {
        _attempts++;
        _busySince = Stopwatch.GetTimestamp();
        _writer.Tell(new CommitLogWriterActor.Write(written, _session!));
        LookLater();
    }

    private sealed record Gathered : INoSerializationVerificationNeeded
    {
        public static readonly Gathered Instance = new();
    }
}
