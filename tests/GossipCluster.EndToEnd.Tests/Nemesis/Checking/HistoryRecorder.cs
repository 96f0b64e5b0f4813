using System.Diagnostics;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>Takes down what clients do, from many threads. The order of its lines is the order in which they happened.</summary>
internal sealed class HistoryRecorder
{
    private readonly Lock _turn = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<HistoryEvent> _events = [];
    private readonly List<HistoryNote> _notes = [];
    private readonly Dictionary<int, Request> _open = [];
    private int _next;

    /// <summary>Since the history began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Before a request is sent.</summary>
    /// <returns>Its number.</returns>
    public int Invoked(Request request)
    {
        lock (_turn)
        {
            var number = _next++;
            _open.Add(number, request);
            _events.Add(new HistoryEvent(_clock.Elapsed, number, Phase.Invoked, request, null));
            return number;
        }
    }

    /// <summary>When its end is known.</summary>
    public void Ended(int number, Phase phase, Answer answer)
    {
        lock (_turn)
        {
            if (!_open.Remove(number, out var request)) throw new InvalidOperationException($"Operation {number} has ended twice.");
            _events.Add(new HistoryEvent(_clock.Elapsed, number, phase, request, answer));
        }
    }

    /// <summary>What happens around the clients.</summary>
    public void Note(Mark mark, string sentence, long value = 0)
    {
        lock (_turn) _notes.Add(new HistoryNote(_clock.Elapsed, mark, sentence, value));
    }

    /// <summary>What was recorded so far. What has not ended is unknown.</summary>
    public History ToHistory()
    {
        lock (_turn) return new History([.. _events], [.. _notes]);
    }
}
