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

    /// <summary>An assignment.</summary>
    public int Assign(string text, double from, double to, Phase phase = Phase.Ok, int? basis = null, bool strict = false, int copies = 2) =>
        Put(new Request(1, "n1", "r", Act.Assign) { Element = text, Basis = basis, IsStrict = strict }, from, to, phase, new Answer { Copies = copies });

    /// <summary>A read of the register.</summary>
    public int Text(string text, double from, double to, int? basis = null, bool strict = false, bool final = false) =>
        Put(new Request(1, "n1", "r", Act.ReadRegister) { Basis = basis, IsStrict = strict, IsFinal = final }, from, to, Phase.Ok, new Answer { Text = text });

    /// <summary>Enables the flag, or disables it.</summary>
    public int Set(bool enabled, double from, double to, int? basis = null, Phase phase = Phase.Ok) =>
        Put(new Request(1, "n1", "f", enabled ? Act.Enable : Act.Disable) { Element = Projection.Enabled, Basis = basis }, from, to, phase, new Answer { Copies = 2 });

    /// <summary>A read of the flag.</summary>
    public int Flag(bool enabled, double from, double to, int? basis = null, bool final = false) =>
        Put(new Request(1, "n1", "f", Act.ReadFlag) { Basis = basis, IsFinal = final }, from, to, Phase.Ok, new Answer { Elements = enabled ? [Projection.Enabled] : [] });

    /// <summary>So many adds to the HyperLogLog, of elements of their own, within the time.</summary>
    public int Distinct(int elements, double from, double to, Phase phase = Phase.Ok, int? basis = null)
    {
        var last = 0;
        for (var element = 0; element < elements; element++)
            last = Put(new Request(1, "n1", "h", Act.AddDistinct) { Element = $"{_next}", Basis = element == 0 ? basis : last }, from, to, phase, new Answer { Copies = 2 });
        return last;
    }

    /// <summary>A read of the HyperLogLog.</summary>
    public int Estimate(long value, double from, double to, int? basis = null, bool final = false) =>
        Put(new Request(1, "n1", "h", Act.ReadDistinct) { Basis = basis, IsFinal = final }, from, to, Phase.Ok, new Answer { Count = value });

    /// <summary>A change of the map's three fields.</summary>
    public int Update(string element, long by, double from, double to, Phase phase = Phase.Ok, int? basis = null) =>
        Put(new Request(1, "n1", "m", Act.UpdateMap) { Element = element, By = by, Basis = basis }, from, to, phase, new Answer { Copies = 2 });

    /// <summary>A remove from the map's set.</summary>
    public int RemoveFromMap(string element, double from, double to, int? basis, Phase phase = Phase.Ok) =>
        Put(new Request(1, "n1", "m", Act.RemoveFromMap) { Element = element, Basis = basis }, from, to, phase, new Answer { Copies = 2 });

    /// <summary>A read of the map.</summary>
    public int Map(string elements, long count, string text, double from, double to, int? basis = null, bool final = false) => Put(
        new Request(1, "n1", "m", Act.ReadMap) { Basis = basis, IsFinal = final }, from, to, Phase.Ok,
        new Answer { Elements = elements.Split(' ', StringSplitOptions.RemoveEmptyEntries), Count = count, Text = text });

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
