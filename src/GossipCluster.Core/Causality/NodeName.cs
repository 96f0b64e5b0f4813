using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace GossipCluster.Core.Causality;

/// <summary>The name of a node: what stays the same when its address, its port or its process changes.</summary>
/// <remarks>1 to <see cref="LengthMax"/> characters out of <c>A-Z a-z 0-9 . _ -</c>, the first a letter or digit. Ordered by bytes.</remarks>
public readonly record struct NodeName : IComparable<NodeName>
{
    /// <summary>The longest name, in characters (which are bytes: names are ASCII).</summary>
    public const int LengthMax = 64;

    private readonly string? _text;

    private NodeName(string text) => _text = text;

    /// <summary>The name as text; empty only in <c>default(NodeName)</c>, which names nobody.</summary>
    public string Text => _text ?? string.Empty;

    /// <summary>Takes a name that is known to be valid.</summary>
    /// <exception cref="ArgumentException">The text is no node name.</exception>
    public static NodeName Of(string text) =>
        TryParse(text, out var name) ? name : throw new ArgumentException($"'{text}' is no node name: {Rule}", nameof(text));

    /// <summary>What a name must look like, as a sentence for error messages.</summary>
    public static string Rule => $"a node name has 1 to {LengthMax} characters out of A-Z a-z 0-9 . _ - and starts with a letter or digit.";

    /// <summary>True where <paramref name="text"/> is a valid name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeName name)
    {
        name = default;
        if (text is null || text.Length is 0 or > LengthMax || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        }

        name = new NodeName(text);
        return true;
    }

    /// <summary>True where the ASCII bytes are a valid name.</summary>
    public static bool TryParse(ReadOnlySpan<byte> ascii, out NodeName name) =>
        TryParse(ascii.Length <= LengthMax ? Encoding.Latin1.GetString(ascii) : null, out name);

    /// <inheritdoc/>
    public int CompareTo(NodeName other) => string.CompareOrdinal(Text, other.Text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Orders names by their bytes.</summary>
    public static bool operator <(NodeName left, NodeName right) => left.CompareTo(right) < 0;

    /// <summary>Orders names by their bytes.</summary>
    public static bool operator >(NodeName left, NodeName right) => left.CompareTo(right) > 0;

    /// <summary>Orders names by their bytes.</summary>
    public static bool operator <=(NodeName left, NodeName right) => left.CompareTo(right) <= 0;

    /// <summary>Orders names by their bytes.</summary>
    public static bool operator >=(NodeName left, NodeName right) => left.CompareTo(right) >= 0;
}
