using System.Diagnostics;
using Akka.Actor;
using Akka.Event;

namespace GossipCluster.Actors.Storage;

/// <summary>Whether the disk takes writes, as shards and operators are told.</summary>
public sealed partial class StorageActor
{
    private bool _isLooking;
    private string? _trouble;
    private string? _overdue;
    private bool _isFull;
    private StorageProtocol.DiskState _disk = new(true, "");

    private void ReceiveHealth() => Receive<Look>(_ => LookAtWrite());

    // One timer, however many events there are.
    private void LookLater()
    {
        if (_isLooking) return;
        _isLooking = true;
        Timers.StartSingleTimer(Look.Instance, Look.Instance, _options.WriteOverdueAfter / 2);
    }

    private void LookAtWrite()
    {
        _isLooking = false;
        if (_inFlight is null && !_isStepUnderWay) return;
        if (Stopwatch.GetElapsedTime(_busySince) >= _options.WriteOverdueAfter)
        {
            _overdue = "The disk is slow: a write is overdue.";
            TellDiskState();
        }

        LookLater();
    }

    private void TellDiskState()
    {
        var wasFull = _isFull;
        _isFull = _queue.Bytes > (wasFull ? _options.AppendBytesMax / 2 : _options.AppendBytesMax);
        if (_isFull && !wasFull) _metrics.Full.Add(1);
        var sentence = _trouble ?? _overdue ?? (_isFull ? "The disk is slow: too many bytes wait for it." : null);
        var state = new StorageProtocol.DiskState(sentence is null, sentence ?? "");
        if (state == _disk) return;
        if (state.TakesWrites) _log.Info("The disk takes writes again.");
        else if (_disk.TakesWrites) _log.Warning("Writes are refused. {Sentence}", sentence);
        _disk = state;
        Context.System.EventStream.Publish(state);
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
