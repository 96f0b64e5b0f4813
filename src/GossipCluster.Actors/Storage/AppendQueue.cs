using Akka.Actor;
using GossipCluster.Actors.Replicas;

namespace GossipCluster.Actors.Storage;

/// <summary>Something that waits for the disk: an <see cref="StorageProtocol.Append"/>, a <see cref="StorageProtocol.PutFact"/>, or a <see cref="StorageProtocol.RecoverShard"/> that waits for those before it.</summary>
internal readonly record struct Pending(IActorRef Sender, object Message, int Bytes);

/// <summary>What was appended and is not decided yet, in order: the event in flight, and behind it what gathers for the next ones.</summary>
internal sealed class AppendQueue
{
    // Kind, n_val, partition, length: what an entry takes beside its batch, at most.
    private const int EntryBytesMax = 1 + 1 + 5 + 5;

    private readonly Queue<Pending> _waiting = new();
    private readonly List<Pending> _inFlight = [];

    /// <summary>Bytes that wait or are in flight.</summary>
    public long Bytes { get; private set; }

    public int WaitingCount => _waiting.Count;

    public bool IsEmpty => _waiting.Count == 0 && _inFlight.Count == 0;

    /// <summary>What the event in flight holds; empty where none is.</summary>
    public IReadOnlyList<Pending> InFlight => _inFlight;

    public void Add(StorageProtocol.Append append, IActorRef sender)
    {
        var bytes = 0;
        foreach (var staged in append.Batches) bytes = checked(bytes + EntryBytesMax + staged.Batch.WireBytes);
        Add(new Pending(sender, append, bytes));
    }

    public void Add(StorageProtocol.PutFact fact, IActorRef sender) => Add(new Pending(sender, fact, EntryBytesMax + (3 * fact.Name.Length) + fact.Value.Length));

    /// <summary>Moves what fits into one event from the queue into flight; at least one entry.</summary>
    public IReadOnlyList<Pending> TakeOff(int eventBytesMax)
    {
        if (_inFlight.Count > 0) throw new InvalidOperationException("One event is in flight already.");
        var bytes = 0L;
        while (_waiting.TryPeek(out var next) && (_inFlight.Count == 0 || bytes + next.Bytes <= eventBytesMax))
        {
            bytes += next.Bytes;
            _inFlight.Add(_waiting.Dequeue());
        }

        return _inFlight;
    }

    /// <summary>What was in flight is decided.</summary>
    public void Landed()
    {
        foreach (var pending in _inFlight) Bytes -= pending.Bytes;
        _inFlight.Clear();
    }

    /// <summary>Takes out everything that these senders still have waiting: what came before it was refused.</summary>
    public List<Pending> Refuse(IReadOnlySet<IActorRef> senders)
    {
        var refused = new List<Pending>();
        for (var count = _waiting.Count; count > 0; count--)
        {
            var pending = _waiting.Dequeue();
            if (pending.Message is StorageProtocol.Append && senders.Contains(pending.Sender))
            {
                refused.Add(pending);
                Bytes -= pending.Bytes;
            }
            else
            {
                _waiting.Enqueue(pending);
            }
        }

        return refused;
    }

    /// <summary>Comes out again when everything before it is decided.</summary>
    public void Add(StorageProtocol.RecoverShard shard, IActorRef sender) => Add(new Pending(sender, shard, 0));

    private void Add(Pending pending)
    {
        _waiting.Enqueue(pending);
        Bytes += pending.Bytes;
    }
}
