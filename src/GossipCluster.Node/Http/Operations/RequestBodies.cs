using System.Buffers;
using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Operations;

/// <summary>Reads bodies whole: as much as has arrived is held, never as much as was announced.</summary>
internal sealed class RequestBodies(HttpOptions options)
{
    // Smaller bodies are not worth counting.
    private const int CountedBytesMin = 64 << 10;

    private long _bytes;

    /// <summary>The bytes of large bodies held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Reads a request's body.</summary>
    /// <remarks>Give it back with <see cref="Release"/> once it is done with, also when it was refused.</remarks>
    public async ValueTask<RequestBody> ReadAsync(HttpContext http, int bytesMax)
    {
        if (http.Request.ContentLength > bytesMax) return new RequestBody(default, Refusal.BodyTooLarge(bytesMax), 0);
        var body = new Gathering(this, bytesMax);
        try
        {
            while (true)
            {
                var result = await http.Request.BodyReader.ReadAsync();
                var refusal = body.Take(result.Buffer, result.IsCompleted);
                http.Request.BodyReader.AdvanceTo(result.Buffer.End);
                if (refusal is not null || result.IsCompleted || result.IsCanceled) return body.End(refusal);
            }
        }
        catch (IOException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // A chunk's length that is no length.
            return body.End(Refusal.BadBody);
        }
        catch
        {
            Release(body.End(null));
            throw;
        }
    }

    /// <summary>The body is not needed any more.</summary>
    public void Release(in RequestBody body)
    {
        if (body.Reserved > 0) Interlocked.Add(ref _bytes, -body.Reserved);
    }

    private bool TryReserve(long more)
    {
        if (Interlocked.Add(ref _bytes, more) <= options.BodiesBytesMax) return true;
        Interlocked.Add(ref _bytes, -more);
        return false;
    }

    /// <summary>What of a body has arrived.</summary>
    private struct Gathering(RequestBodies bodies, int bytesMax)
    {
        private byte[] _bytes = [];
        private int _length;
        private long _reserved;

        public Refusal? Take(in ReadOnlySequence<byte> arrived, bool isLast)
        {
            if (_length + arrived.Length > bytesMax) return Refusal.BodyTooLarge(bytesMax);
            var needed = _length + (int)arrived.Length;
            if (needed > _bytes.Length)
            {
                // The first read is most often the whole.
                var capacity = isLast ? needed : Math.Min(bytesMax, Math.Max(needed, 2 * _bytes.Length));
                if (capacity >= CountedBytesMin)
                {
                    if (!bodies.TryReserve(capacity - _reserved)) return Refusal.BodiesFull;
                    _reserved = capacity;
                }

                Array.Resize(ref _bytes, capacity);
            }

            arrived.CopyTo(_bytes.AsSpan(_length));
            _length = needed;
            return null;
        }

        public readonly RequestBody End(Refusal? refusal) => new(refusal is null ? _bytes.AsMemory(0, _length) : default, refusal, _reserved);
    }
}

/// <summary>A body that was read, or why not.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Refusal">Why they are not there.</param>
/// <param name="Reserved">How much of the bound on all bodies it takes.</param>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, Refusal? Refusal, long Reserved);
