using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace GossipCluster.Cli;

/// <summary>Durations on the command line: <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>; a bare number is seconds.</summary>
internal static class Durations
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("", TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        foreach (var (suffix, unit) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            var isNumber = double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count);
            duration = isNumber && count * unit.TotalSeconds < TimeSpan.FromDays(7).TotalSeconds ? count * unit : default;
            return isNumber && (duration > TimeSpan.Zero || count == 0);
        }

        duration = default;
        return false;
    }

    /// <summary>An option without a default of its own: help would show it as 00:02:00. The description says it.</summary>
    public static Option<TimeSpan?> Option(string name, string description) => new(name) { Description = description, CustomParser = Parse };

    private static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        if (!TryParse(text, out var duration)) result.AddError($"'{text}' is not a duration. Write it as 250ms, 30s, 5m or 1h, up to 7 days.");
        return duration;
    }
}
