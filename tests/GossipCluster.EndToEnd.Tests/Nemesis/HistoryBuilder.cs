using GossipCluster.EndToEnd.Tests.Nemesis.Checking;

namespace GossipCluster.EndToEnd.Tests.Nemesis;

/// <summary>Histories written by hand. Times are in seconds; each request has its own.</summary>
internal sealed class HistoryBuilder
{
    private readonly List<HistoryEvent> _events = [];
    private readonly List<HistoryNote> _notes = [];
    private int _next;

    /// <summary>An add.</summary>
    public int Add(string element, double from, double to, Phase phase = Phase.Ok, int? basis = null, bool strict = false, int copies = 2) =>
        Put(new Request(1, "n1", "s", Act.Add) { Element = element, Basis = basis, IsStrict = strict }, from, to, phase, new Answer { Copies = copies });

    /// <summary>A remove.</summary>
    public int Remove(string element, double from, double to, int? basis, Phase phase = Phase.Ok, bool strict = false) =>
        Put(new Request(1, "n1", "s", Act.Remove) { Element = element, Basis = basis, IsStrict = strict }, from, to, phase, new Answer { Copies = 2 });

    /// <summary>A read of the set.</summary>
    public int Read(string elements, double from, double to, int? basis = null, bool strict = false, bool final = false, string node = "n1") =>
        Put(new Request(1, node, "s", Act.ReadSet) { Basis = basis, IsStrict = strict, IsFinal = final }, from, to, Phase.Ok, new Answer { Elements = elements.Split(' ', StringSplitOptions.RemoveEmptyEntries) });

    /// <summary>An increment.</summary>
    public int Increment(long by, double from, double to, Phase phase = Phase.Ok, int? basis = null, bool strict = false, int copies = 2) =>
        Put(new Request(1, "n1", "c", Act.Increment) { By = by, Basis = basis, IsStrict = strict }, from, to, phase, new Answer { Copies = copies });

    /// <summary>A read of the counter.</summary>
    public int Count(long value, double from, double to, int? basis = null, bool strict = false, bool final = false, string node = "n1") =>
        Put(new Request(1, node, "c", Act.ReadCounter) { Basis = basis, IsStrict = strict, IsFinal = final }, from, to, Phase.Ok, new Answer { Count = value });

    /// <summary>A request that was refused.</summary>
    public int Refused(Act act, int status, double from, double to, int? basis = null) =>
        Put(new Request(1, "n1", "s", act) { Element = "x", Basis = basis }, from, to, Phase.Failed, new Answer { Status = status, Why = $"{status}" });

    /// <summary>What happens around clients.</summary>
    public void Note(Mark mark, double at, long value = 0) => _notes.Add(new HistoryNote(TimeSpan.FromSeconds(at), mark, mark.ToString(), value));

    /// <summary>The history.</summary>
    public History Build() => new([.. _events.OrderBy(line => line.At)], _notes);

    private int Put(Request request, double from, double to, Phase phase, Answer answer)
    {
        var number = _next++;
        _events.Add(new HistoryEvent(TimeSpan.FromSeconds(from), number, Phase.Invoked, request, null));
        _events.Add(new HistoryEvent(TimeSpan.FromSeconds(to), number, phase, request, answer));
        return number;
    }
}
