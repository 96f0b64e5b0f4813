using System.Globalization;
using System.Text;

namespace GossipCluster.Node.Http.Operations;

/// <summary>What JSON strings need beyond the reader: decoding without exceptions, and showing a client what it sent.</summary>
internal static class JsonText
{
    private const int ShownBytesMax = 1000;

    /// <summary>Decodes the inside of a JSON string, whose escapes are known to be well formed.</summary>
    /// <returns>Null where half a surrogate pair stands alone.</returns>
    public static byte[]? Unescape(ReadOnlySpan<byte> escaped)
    {
        var bytes = new byte[escaped.Length];
        var length = 0;
        while (!escaped.IsEmpty)
        {
            var next = escaped.IndexOf((byte)'\\');
            var plain = next < 0 ? escaped : escaped[..next];
            plain.CopyTo(bytes.AsSpan(length));
            length += plain.Length;
            if (next < 0) break;

            var kind = escaped[next + 1];
            escaped = escaped[(next + 2)..];
            if (kind != (byte)'u')
            {
                bytes[length++] = Short(kind);
                continue;
            }

            var unit = Unit(ref escaped);
            Rune rune;
            if (!char.IsSurrogate(unit))
            {
                rune = new Rune(unit);
            }
            else
            {
                if (!escaped.StartsWith("\\u"u8)) return null;
                escaped = escaped[2..];
                if (!Rune.TryCreate(unit, Unit(ref escaped), out rune)) return null;
            }

            length += rune.EncodeToUtf8(bytes.AsSpan(length));
        }

        return bytes.AsSpan(0, length).ToArray();
    }

    /// <summary>JSON as a client sent it, without the space between its tokens, cut where it is long.</summary>
    public static string Compact(ReadOnlySpan<byte> json)
    {
        var bytes = new byte[Math.Min(json.Length, ShownBytesMax + 4)];
        var length = 0;
        var isString = false;
        for (var i = 0; i < json.Length && length < ShownBytesMax; i++)
        {
            var b = json[i];
            if (!isString && b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') continue;
            bytes[length++] = b;
            if (b == (byte)'"') isString = !isString;
            else if (b == (byte)'\\' && isString && i + 1 < json.Length) bytes[length++] = json[++i];
        }

        return Encoding.UTF8.GetString(bytes, 0, length) + (length >= ShownBytesMax ? "…" : string.Empty);
    }

    private static byte Short(byte kind) => kind switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => kind,
    };

    private static char Unit(ref ReadOnlySpan<byte> escaped)
    {
        var unit = (char)ushort.Parse(escaped[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        escaped = escaped[4..];
        return unit;
    }
}
