using System.Buffers.Text;
using System.Text;

namespace GossipCluster.Cli.Bench;

/// <summary>
/// Reads one HTTP/1.1 response after the other from a stream of bytes that may be cut anywhere. Bodies with a length, in chunks, until the end of the
/// connection, and none at all (204, 304). Keeps nothing of a body.
/// </summary>
internal sealed class ResponseParser
{
    private const int LineBytesMax = 65_536;

    private readonly BatchStatuses? _statuses;
    private byte[] _line = new byte[512];
    private int _lineLength;
    private State _state;
    private long _left;

    /// <param name="statuses">Is shown every byte of a body; null where nobody wants to see them.</param>
    public ResponseParser(BatchStatuses? statuses = null)
    {
        _statuses = statuses;
        Reset();
    }

    private enum State
    {
        StatusLine,
        Headers,
        Body,
        BodyUntilEnd,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailers,
        Done,
    }

    /// <summary>The status of the response being read; 0 before its first line is complete.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the connection can take another request.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Bytes of body read so far.</summary>
    public long BodyLength { get; private set; }

    /// <summary>The response is read to its end; <see cref="Reset"/> before the next.</summary>
    public bool IsDone => _state == State.Done;

    /// <summary>Not one byte of the response has come.</summary>
    public bool IsFresh => _state == State.StatusLine && _lineLength == 0;

    public void Reset()
    {
        _state = State.StatusLine;
        _lineLength = 0;
        _left = -1;
        Status = 0;
        KeepAlive = true;
        BodyLength = 0;
    }

    /// <summary>Reads on.</summary>
    /// <returns>How many bytes belong to this response; fewer than given only when it is done.</returns>
    /// <exception cref="InvalidDataException">This is not HTTP/1.x.</exception>
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        var all = bytes.Length;
        while (bytes.Length > 0 && !IsDone)
        {
            switch (_state)
            {
                case State.Body or State.BodyUntilEnd or State.Chunk:
                    bytes = TakeBody(bytes);
                    break;
                default:
                    if (!TryTakeLine(ref bytes, out var line)) break;
                    Line(line);
                    _lineLength = 0;
                    break;
            }
        }

        return all - bytes.Length;
    }

    /// <summary>The connection was closed.</summary>
    /// <returns>True where that ends the response well.</returns>
    public bool End()
    {
        if (_state == State.BodyUntilEnd) _state = State.Done;
        return IsDone;
    }

    private ReadOnlySpan<byte> TakeBody(ReadOnlySpan<byte> bytes)
    {
        var count = _state == State.BodyUntilEnd ? bytes.Length : (int)Math.Min(bytes.Length, _left);
        _statuses?.Feed(bytes[..count]);
        BodyLength += count;
        _left -= count;
        if (_left == 0) _state = _state == State.Chunk ? State.ChunkEnd : State.Done;
        return bytes[count..];
    }

    private bool TryTakeLine(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        var end = bytes.IndexOf((byte)'\n');
        var part = end < 0 ? bytes : bytes[..end];
        bytes = bytes[(end < 0 ? bytes.Length : end + 1)..];

        // The usual line is whole in what was received, and is not copied.
        line = part;
        if (end < 0 || _lineLength > 0)
        {
            if (_lineLength + part.Length > LineBytesMax) throw new InvalidDataException($"A response line has more than {LineBytesMax} bytes.");
            if (_lineLength + part.Length > _line.Length) Array.Resize(ref _line, Math.Max(_line.Length * 2, _lineLength + part.Length));
            part.CopyTo(_line.AsSpan(_lineLength));
            _lineLength += part.Length;
            line = _line.AsSpan(0, _lineLength);
        }

        if (line.EndsWith("\r"u8)) line = line[..^1];
        return end >= 0;
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.StatusLine:
                StatusLine(line);
                break;
            case State.Headers when line.IsEmpty:
                HeadersEnd();
                break;
            case State.Headers:
                Header(line);
                break;
            case State.ChunkSize:
                ChunkSize(line);
                break;
            case State.ChunkEnd:
                _state = State.ChunkSize;
                break;
            case State.Trailers when line.IsEmpty:
                _state = State.Done;
                break;
        }
    }

    private void StatusLine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("HTTP/1."u8) || line.Length < 12 || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out var digits) || digits != 3)
        {
            throw new InvalidDataException($"Not an HTTP/1.x status line: '{Encoding.ASCII.GetString(line[..Math.Min(line.Length, 80)])}'.");
        }

        Status = status;
        KeepAlive = line[7] == (byte)'1';
        _state = State.Headers;
    }

    private void Header(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0) throw new InvalidDataException("A response header has no name.");
        var name = line[..colon];
        var value = line[(colon + 1)..].Trim((byte)' ');
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            if (!Utf8Parser.TryParse(value, out long length, out var digits) || digits != value.Length || length < 0) throw new InvalidDataException("A response has a bad Content-Length.");
            if (_left != long.MaxValue) _left = length;
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            // Chunks win over a length, whichever comes first.
            _left = long.MaxValue;
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            if (Ascii.EqualsIgnoreCase(value, "close"u8)) KeepAlive = false;
            if (Ascii.EqualsIgnoreCase(value, "keep-alive"u8)) KeepAlive = true;
        }
    }

    private void HeadersEnd()
    {
        if (Status is >= 100 and < 200)
        {
            Reset();
            return;
        }

        (_state, KeepAlive) = _left switch
        {
            _ when Status is 204 or 304 => (State.Done, KeepAlive),
            0 => (State.Done, KeepAlive),
            long.MaxValue => (State.ChunkSize, KeepAlive),
            > 0 => (State.Body, KeepAlive),
            _ => (State.BodyUntilEnd, false),
        };
    }

    private void ChunkSize(ReadOnlySpan<byte> line)
    {
        if (!Utf8Parser.TryParse(line, out long size, out var digits, 'x') || digits == 0 || size < 0) throw new InvalidDataException("A response has a bad chunk size.");
        _left = size;
        _state = size == 0 ? State.Trailers : State.Chunk;
    }
}

/// <summary>Counts the statuses in the answer to a batch, by finding <c>"status":204</c> in bytes that may be cut anywhere.</summary>
/// <remarks>Inside a JSON string the quotes would be escaped, so what is found is a member. Field names of maps end in their type and are never "status".</remarks>
internal sealed class BatchStatuses
{
    private const int StatusMax = 599;
    private readonly int[] _counts = new int[StatusMax + 1];
    private int _matched;
    private int _number = -1;

    private static ReadOnlySpan<byte> Name => "\"status\":"u8;

    /// <summary>How many entries had this status.</summary>
    public int this[int status] => _counts[status];

    /// <summary>The statuses that were seen.</summary>
    public IEnumerable<(int Status, int Count)> Seen => _counts.Select((count, status) => (status, count)).Where(entry => entry.count > 0);

    public void Clear()
    {
        Array.Clear(_counts);
        _matched = 0;
        _number = -1;
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (_matched == Name.Length)
            {
                if (value is >= (byte)'0' and <= (byte)'9')
                {
                    _number = Math.Min((Math.Max(_number, 0) * 10) + (value - '0'), StatusMax);
                    continue;
                }

                if (value == (byte)' ' && _number < 0) continue;
                if (_number >= 0) _counts[_number]++;
                _number = -1;
                _matched = 0;
            }

            _matched = value == Name[_matched] ? _matched + 1 : value == Name[0] ? 1 : 0;
        }
    }
}
