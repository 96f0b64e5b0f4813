using System.Globalization;

namespace GossipCluster.Client;

/// <summary>How many copies a request waits for: a number, or one of the words of the HTTP API.</summary>
public readonly record struct Quorum
{
    private readonly string? _text;

    private Quorum(string text) => _text = text;

    /// <summary>What the bucket says; the same as not sending the parameter.</summary>
    public static Quorum BucketDefault => default;

    /// <summary>One copy.</summary>
    public static Quorum One { get; } = new("one");

    /// <summary>More than half of n.</summary>
    public static Quorum Majority { get; } = new("quorum");

    /// <summary>All n.</summary>
    public static Quorum All { get; } = new("all");

    /// <summary>Exactly <paramref name="count"/> copies; the server refuses more than n with 400.</summary>
    public static Quorum Of(int count) => new(count.ToString(CultureInfo.InvariantCulture));

    /// <summary>A word or a number as on a command line; null where it is neither.</summary>
    public static Quorum? TryParse(string text) => text switch
    {
        "default" => BucketDefault,
        "one" => One,
        "quorum" => Majority,
        "all" => All,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Of(count) : null,
    };

    /// <summary>As in a query; "default" for <see cref="BucketDefault"/>.</summary>
    public override string ToString() => _text ?? "default";

    internal bool IsDefault => _text is null;
}
