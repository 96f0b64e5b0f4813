using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace GossipCluster.Node.Http.Answers;

/// <summary>JSON as it is built up, in pooled memory: its length is known before the first byte leaves.</summary>
internal sealed class JsonBuffer : IDisposable
{
    // What a JSON string must escape, and nothing else: what is not ASCII goes out raw.
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)'"', (byte)'\\',
    ]);

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(512);

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear() => Length = 0;

    /// <summary>Bytes as they are.</summary>
    public JsonBuffer Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
        return this;
    }

    /// <summary>One byte as it is.</summary>
    public JsonBuffer Raw(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
        return this;
    }

    /// <summary>A number.</summary>
    public JsonBuffer Number<T>(T value)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(Reserve(48), out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        Length += length;
        return this;
    }

    /// <summary>true or false.</summary>
    public JsonBuffer Boolean(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>A string of text.</summary>
    public JsonBuffer String(string text)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bytesMax <= 512)
        {
            Span<byte> utf8 = stackalloc byte[512];
            return String(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
        }

        return String(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A string of UTF-8; what is not UTF-8 in it is replaced.</summary>
    public JsonBuffer String(ReadOnlySpan<byte> utf8)
    {
        Raw((byte)'"');
        if (!Utf8.IsValid(utf8)) utf8 = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8));
        Escape(utf8);
        return Raw((byte)'"');
    }

    /// <summary>A member's name and colon, with a comma before it unless it is the first.</summary>
    public JsonBuffer Name(ReadOnlySpan<byte> name)
    {
        Comma();
        return Raw((byte)'"').Raw(name).Raw("\":"u8);
    }

    /// <summary>A comma, unless what is before it opens an object or an array.</summary>
    public JsonBuffer Comma() => Length == 0 || _bytes[Length - 1] is (byte)'{' or (byte)'[' ? this : Raw((byte)',');

    /// <summary>The inside of a string of valid UTF-8.</summary>
    internal void Escape(ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var next = utf8.IndexOfAny(Escaped);
            if (next < 0)
            {
                Raw(utf8);
                return;
            }

            Raw(utf8[..next]);
            EscapeOne(utf8[next]);
            utf8 = utf8[(next + 1)..];
        }
    }

    private void EscapeOne(byte value)
    {
        var shortForm = value switch
        {
            (byte)'"' => (byte)'"',
            (byte)'\\' => (byte)'\\',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            _ => (byte)0,
        };
        if (shortForm != 0)
        {
            Raw((byte)'\\').Raw(shortForm);
            return;
        }

        Raw(@"\u00"u8).Raw((byte)('0' + (value >> 4))).Raw("0123456789abcdef"u8[value & 15]);
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max((long)Length + count, 2L * _bytes.Length)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(Length);
    }
}
