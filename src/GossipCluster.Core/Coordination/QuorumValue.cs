using System.Globalization;

namespace GossipCluster.Core.Coordination;

/// <summary>How many replicas a request or a bucket type asks for, before n is known: a word or a number.</summary>
/// <remarks><c>default(QuorumValue)</c> is <see cref="Default"/>: "what the next in line says".</remarks>
public readonly record struct QuorumValue
{
    private readonly Word _word;
    private readonly int _count;

    private QuorumValue(Word word, int count = 0) => (_word, _count) = (word, count);

    private enum Word : byte
    {
        Default,
        One,
        Quorum,
        All,
        Count,
    }

    /// <summary>What the bucket type says; in a bucket type, what <see cref="QuorumProperties"/> has as its default.</summary>
    public static QuorumValue Default => default;

    /// <summary>One replica.</summary>
    public static QuorumValue One => new(Word.One);

    /// <summary>A majority: n / 2 + 1.</summary>
    public static QuorumValue Quorum => new(Word.Quorum);

    /// <summary>All n.</summary>
    public static QuorumValue All => new(Word.All);

    /// <summary>True where this asks for nothing of its own.</summary>
    public bool IsDefault => _word == Word.Default;

    /// <summary>Exactly <paramref name="count"/> replicas; whether n allows it shows in <see cref="TryResolve"/>.</summary>
    public static QuorumValue Of(int count) => new(Word.Count, count);

    /// <summary>Reads <c>default</c>, <c>one</c>, <c>quorum</c>, <c>all</c> (lower case), or an integer with or without a sign.</summary>
    /// <remarks>An integer too large for 32 bits is an integer all the same: it becomes the largest, and n refuses it.</remarks>
    public static bool TryParse(string? text, out QuorumValue value)
    {
        value = text switch
        {
            "default" => Default,
            "one" => One,
            "quorum" => Quorum,
            "all" => All,
            _ => default,
        };
        return !value.IsDefault || string.Equals(text, "default", StringComparison.Ordinal) || TryParseCount(text, out value);
    }

    /// <summary>The number of replicas that this means among <paramref name="n"/>.</summary>
    /// <param name="n">n_val, 1 to <see cref="QuorumProperties.NMax"/>.</param>
    /// <param name="replicas">0 to <paramref name="n"/> where the result is true.</param>
    /// <returns>False where the number asked for is negative or above <paramref name="n"/>, and for <see cref="Default"/>.</returns>
    public bool TryResolve(int n, out int replicas)
    {
        replicas = _word switch
        {
            Word.One => 1,
            Word.Quorum => (n / 2) + 1,
            Word.All => n,
            Word.Count => _count,
            _ => -1,
        };
        return replicas >= 0 && replicas <= n;
    }

    /// <summary>The value as a client writes it: a word, or digits.</summary>
    public override string ToString() => _word switch
    {
        Word.One => "one",
        Word.Quorum => "quorum",
        Word.All => "all",
        Word.Count => _count.ToString(CultureInfo.InvariantCulture),
        _ => "default",
    };

    private static bool TryParseCount(string? text, out QuorumValue value)
    {
        value = default;
        if (string.IsNullOrEmpty(text)) return false;
        var negative = text[0] == '-';
        var digits = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')) return false;

        var magnitude = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : int.MaxValue;
        value = Of(negative ? -magnitude : magnitude);
        return true;
    }
}
