using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Checking;

/// <summary>What a client asks for.</summary>
internal enum Act
{
    /// <summary>Adds one element to a set.</summary>
    Add,

    /// <summary>Removes one element from a set, as far as the request's basis had seen it.</summary>
    Remove,

    /// <summary>Reads a set.</summary>
    ReadSet,

    /// <summary>Adds to a counter.</summary>
    Increment,

    /// <summary>Reads a counter.</summary>
    ReadCounter,

    /// <summary>Gives a register a text that no other request gives it.</summary>
    Assign,

    /// <summary>Reads a register.</summary>
    ReadRegister,

    /// <summary>Enables a flag.</summary>
    Enable,

    /// <summary>Disables a flag, as far as the request's basis had seen it.</summary>
    Disable,

    /// <summary>Reads a flag.</summary>
    ReadFlag,

    /// <summary>Adds one element to a HyperLogLog.</summary>
    AddDistinct,

    /// <summary>Reads the estimate of a HyperLogLog.</summary>
    ReadDistinct,

    /// <summary>In one request: adds an element to a map's set, adds to its counter, and gives its register the element as text.</summary>
    UpdateMap,

    /// <summary>Removes one element from a map's set, as far as the request's basis had seen it.</summary>
    RemoveFromMap,

    /// <summary>Reads a map.</summary>
    ReadMap,
}

/// <summary>Where a request stands.</summary>
internal enum Phase
{
    /// <summary>It was sent.</summary>
    Invoked,

    /// <summary>It was answered as done.</summary>
    Ok,

    /// <summary>It was not done, for certain: refused, or never sent.</summary>
    Failed,

    /// <summary>Nobody can say whether it was done, is being done, or will be done.</summary>
    Unknown,
}

/// <summary>One request of one client.</summary>
/// <param name="Process">The client's number; one request at a time.</param>
/// <param name="Node">The node that was asked.</param>
/// <param name="Key">Which datum.</param>
/// <param name="Act">What.</param>
internal sealed record Request(int Process, string Node, string Key, Act Act)
{
    /// <summary>Of an add or a remove; the text of an assignment; of a flag <see cref="Projection.Enabled"/>.</summary>
    public string? Element { get; init; }

    /// <summary>Of an increment, or of a map's.</summary>
    public long By { get; init; }

    /// <summary>The number of the operation whose token was sent along; null for none.</summary>
    public int? Basis { get; init; }

    /// <summary>With a quorum of primaries (pw or pr): what one such write says, every later such read must see.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Read of one replica after everything has healed.</summary>
    public bool IsFinal { get; init; }
}

/// <summary>How a request ended.</summary>
internal sealed record Answer
{
    /// <summary>Of a read of a set, or of a map's; of a flag <see cref="Projection.Enabled"/> or nothing.</summary>
    public IReadOnlyCollection<string> Elements { get; init; } = [];

    /// <summary>Of a read of a counter, or of a map's; the estimate of a HyperLogLog.</summary>
    public Int128 Count { get; init; }

    /// <summary>Of a read of a register, or of a map's; empty where it has none.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Of a write: nodes that hold it, as the answer said.</summary>
    public int Copies { get; init; }

    /// <summary>The context token; null where none came.</summary>
    public string? Token { get; init; }

    /// <summary>The status of a refusal; 0 where none came.</summary>
    public int Status { get; init; }

    /// <summary>Why it was not done.</summary>
    public string? Why { get; init; }
}

/// <summary>One line of a history.</summary>
/// <param name="At">Since the history began, monotonic.</param>
/// <param name="Operation">Ties the end of a request to its beginning.</param>
/// <param name="Phase">Which of the two.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Answer">Null when it was sent.</param>
internal sealed record HistoryEvent(TimeSpan At, int Operation, Phase Phase, Request Request, Answer? Answer)
{
    /// <summary>As in a report.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{At.TotalSeconds,9:0.000} #{Operation,-6} p{Request.Process,-3} {Request.Node,-4} {(Phase == Phase.Invoked ? "->" : Phase == Phase.Ok ? "ok" : Phase == Phase.Failed ? "no" : "??")} {What()}");

    private string What()
    {
        var what = Request.Act switch
        {
            Act.Add => $"add {Request.Element}",
            Act.Remove => $"remove {Request.Element}",
            Act.Increment => string.Create(CultureInfo.InvariantCulture, $"increment by {Request.By}"),
            Act.Assign => $"assign {Request.Element}",
            Act.Enable => "enable",
            Act.Disable => "disable",
            Act.AddDistinct => $"count {Request.Element}",
            Act.UpdateMap => string.Create(CultureInfo.InvariantCulture, $"add {Request.Element}, increment by {Request.By} and assign in"),
            Act.RemoveFromMap => $"remove {Request.Element} in",
            _ => "read",
        };
        what += $" {Request.Key}";
        if (Request.IsStrict) what += " strictly";
        if (Request.IsFinal) what += " at the end";
        if (Request.Basis is { } basis) what += string.Create(CultureInfo.InvariantCulture, $" with the token of #{basis}");
        return Answer is null ? what
            : Answer.Why is { } why ? $"{what}: {why}"
            : Request.Act is Act.ReadSet or Act.ReadFlag ? $"{what}: [{string.Join(' ', Answer.Elements)}]"
            : Request.Act is Act.ReadRegister ? $"{what}: '{Answer.Text}'"
            : Request.Act is Act.ReadMap ? string.Create(CultureInfo.InvariantCulture, $"{what}: {Answer.Count} '{Answer.Text}' [{string.Join(' ', Answer.Elements)}]")
            : Request.Act is Act.ReadCounter or Act.ReadDistinct ? string.Create(CultureInfo.InvariantCulture, $"{what}: {Answer.Count}")
            : string.Create(CultureInfo.InvariantCulture, $"{what}: {Answer.Copies} copies");
    }
}

/// <summary>What happened around the clients.</summary>
internal enum Mark
{
    /// <summary>A fault or its end.</summary>
    Fault,

    /// <summary>The ring changes from here on, or a disk is lost: primaries are not what they were.</summary>
    Unsettled,

    /// <summary>The ring is one again and its members have what they shall have.</summary>
    Settled,

    /// <summary>A disk was lost.</summary>
    DiskLost,

    /// <summary>All replicas were equal while nothing was written.</summary>
    Converged,

    /// <summary>What one node says of its divergence when everything must be over: the value is the number of dots and hints.</summary>
    Entropy,

    /// <summary>What an audit of one node says at the end: the value is the number of differences.</summary>
    Audit,
}

/// <summary>A line of a history that is no request.</summary>
/// <param name="At">Since the history began.</param>
/// <param name="Mark">Of what kind.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Value">Where the kind has one.</param>
internal sealed record HistoryNote(TimeSpan At, Mark Mark, string Sentence, long Value = 0)
{
    /// <summary>As in a report.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,9:0.000} ------- {Sentence}");
}
