using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using Akka.Configuration;

namespace GossipCluster.Actors.Configuration;

/// <summary>Reads an options record from HOCON: each property from the key of its name in kebab case, what is absent stays the record's default.</summary>
/// <remarks>A record names its place by a constant <c>Section</c>, "gossip-cluster:metadata". Errors are sentences, all of them at once.</remarks>
public static class HoconOptions
{
    /// <summary>The record, and what is wrong with it.</summary>
    /// <typeparam name="T">An options record with a constant <c>Section</c>.</typeparam>
    /// <param name="root">The whole configuration.</param>
    /// <param name="errors">Gets a sentence for each setting that is unknown, cannot be read or is out of range.</param>
    public static T Read<T>(Config root, ICollection<string> errors)
        where T : new() => (T)Read(typeof(T), root, errors);

    /// <summary>See <see cref="Read{T}"/>.</summary>
    public static object Read(Type type, Config root, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(errors);
        var options = Activator.CreateInstance(type)!;
        var section = SectionOf(type);
        if (!root.HasPath(section)) return options;

        var values = root.GetConfig(section);
        var properties = PropertiesOf(type).ToDictionary(KeyOf, StringComparer.Ordinal);
        foreach (var (key, value) in values.Root.GetObject().Items)
        {
            if (!properties.TryGetValue(key, out var property))
            {
                // What is below is the section of another record.
                if (!value.IsObject()) errors.Add($"There is no setting {section}.{key}.");
                continue;
            }

            try
            {
                property.SetValue(options, Convert(values, key, property.PropertyType));
            }
            catch (Exception error) when (error is FormatException or OverflowException or ArgumentException or ConfigurationException)
            {
                errors.Add($"{section}.{key} is '{value}', which is no {KindOf(property.PropertyType)}.");
            }
        }

        foreach (var property in PropertiesOf(type))
        {
            var value = property.GetValue(options);
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
                errors.Add($"{section}.{KeyOf(property)} is {TextOf(value)}, it must be {TextOf(range.Minimum)} to {TextOf(range.Maximum)}.");
        }

        return options;
    }

    /// <summary>Where a record's settings are, in HOCON's spelling.</summary>
    public static string SectionOf(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var section = type.GetField("Section")?.GetRawConstantValue() as string ?? throw new InvalidOperationException($"{type} has no constant Section.");
        return section.Replace(':', '.');
    }

    /// <summary>The settings of a record: what can be said in HOCON, unless it is marked as not browsable because it is said elsewhere.</summary>
    public static IEnumerable<PropertyInfo> PropertiesOf(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property =>
            property.CanWrite
            && (property.PropertyType.IsValueType || property.PropertyType == typeof(string))
            && property.GetCustomAttribute<BrowsableAttribute>() is not { Browsable: false });
    }

    /// <summary>The key of a setting.</summary>
    public static string KeyOf(PropertyInfo property)
    {
        ArgumentNullException.ThrowIfNull(property);
        return KebabOf(property.Name);
    }

    private static string KebabOf(string name)
    {
        var key = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && key.Length > 0) key.Append('-');
            key.Append(char.ToLowerInvariant(c));
        }

        return key.ToString();
    }

    private static object Convert(Config values, string key, Type type)
    {
        if (type == typeof(TimeSpan)) return values.GetTimeSpan(key, null, allowInfinite: false);
        if (type == typeof(string)) return values.GetString(key);
        if (type == typeof(bool)) return values.GetBoolean(key);
        if (type == typeof(int)) return values.GetInt(key);
        if (type == typeof(long)) return values.GetByteSize(key) ?? throw new FormatException();
        if (type == typeof(double)) return values.GetDouble(key);
        if (type == typeof(ImmutableArray<string>)) return ListOf(values, key);
        if (type.IsEnum) return Enum.Parse(type, values.GetString(key).Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true);
        throw new InvalidOperationException($"No setting is of type {type}.");
    }

    /// <summary>A list in brackets, or one text with commas.</summary>
    private static ImmutableArray<string> ListOf(Config values, string key)
    {
        var all = values.GetValue(key).IsArray() ? values.GetStringList(key) : values.GetString(key).Split(',');
        return [.. all.Select(one => one.Trim()).Where(one => one.Length > 0)];
    }

    private static string KindOf(Type type) =>
        type == typeof(TimeSpan) ? "duration such as 250ms, 2s or 1m"
        : type == typeof(bool) ? "on or off"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : type == typeof(double) ? "number"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type).Select(KebabOf))}"
        : "text";

    private static string TextOf(object? value) => value switch
    {
        TimeSpan span when span < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds} ms"),
        TimeSpan span when span < TimeSpan.FromMinutes(2) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds} s"),
        TimeSpan span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes} minutes"),
        _ => System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };
}
