using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Causality;

/// <summary>What is wrong with a context token that a client sent.</summary>
public enum TokenProblem
{
    /// <summary>Longer than <see cref="ContextToken.TextLengthMax"/> characters.</summary>
    TooLong,

    /// <summary>Not base64url without padding.</summary>
    NotBase64,

    /// <summary>Of a version that this node does not know: made by a newer node, or no token at all.</summary>
    UnknownVersion,

    /// <summary>Its check does not fit: damaged, made for another key, or made by somebody else.</summary>
    NotOurs,

    /// <summary>Its check fits but its content does not parse: a bug in the node that made it.</summary>
    Malformed,
}

/// <summary>Why a token was refused, with a sentence for the client.</summary>
/// <param name="Problem">For programs.</param>
/// <param name="Sentence">For people: what is wrong and what to do.</param>
public readonly record struct TokenError(TokenProblem Problem, string Sentence);

/// <summary>Which replicas a token speaks of: a clock means something within one replica group only.</summary>
/// <param name="KeyHash">The hash of the key's flat bytes: it decides the partition.</param>
/// <param name="N">The bucket type's n_val.</param>
public readonly record struct TokenPlace(ulong KeyHash, int N);

/// <summary>A causal context as an opaque text: the clock that a reader of one key saw.</summary>
/// <remarks>
/// Bytes: version (1), check (8), n (1), hash of the key (8), set of dots. The check is HMAC-SHA256 of all that follows it under the cluster's token secret,
/// cut to 64 bits: a token that was damaged, made up, or made for another key is refused before any of it is believed. As text: base64url without padding,
/// safe in JSON, in a header and in a URL.
/// <para>
/// The key is bound by its hash, which everybody can compute: two keys of one hash could use each other's tokens. They are in one partition, and the clock
/// is the partition's: it says nothing false about either. With the hash in it, a token is a receipt that needs nothing beside it.
/// </para>
/// </remarks>
public sealed class ContextToken
{
    /// <summary>The longest text that is looked at, in characters: room for a clock of some 400 replica ids.</summary>
    public const int TextLengthMax = 16_384;

    private const byte Version = 2;
    private const int CheckBytes = 8;
    private const int PlaceBytes = 1 + sizeof(ulong);
    private const int HeadBytes = 1 + CheckBytes + PlaceBytes;
    private readonly byte[] _secret;

    /// <summary>Makes and checks tokens under a secret that all nodes of a cluster share.</summary>
    /// <param name="secret">At least 16 bytes; whoever knows it can make tokens.</param>
    public ContextToken(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 16, nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>The token of a clock that was read together with a key.</summary>
    /// <param name="place">The key's hash, and its bucket type's n_val, 1 to 255.</param>
    /// <param name="clock">What was seen.</param>
    public string Encode(TokenPlace place, DotSet clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var writer = new WireWriter(128);
        writer.WriteByte(Version);
        writer.WriteUInt64(0);
        writer.WriteByte(checked((byte)place.N));
        writer.WriteUInt64(place.KeyHash);
        clock.Write(writer);
        var bytes = writer.ToArray();
        Check(bytes.AsSpan(1 + CheckBytes), bytes.AsSpan(1, CheckBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The clock of a token that may be damaged, foreign or forged. Never throws.</summary>
    /// <param name="keyHash">Of the key that the request names.</param>
    /// <param name="text">What the client sent.</param>
    /// <param name="clock">The clock; empty on failure.</param>
    /// <param name="error">Why not; meaningful only on failure.</param>
    public bool TryDecode(ulong keyHash, ReadOnlySpan<char> text, out DotSet clock, out TokenError error)
    {
        if (!TryDecode(text, out var place, out clock, out error)) return false;
        if (place.KeyHash == keyHash) return true;
        clock = DotSet.Empty;
        error = NotOurs;
        return false;
    }

    /// <summary>The same without a key at hand.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="place">Which replicas it speaks of.</param>
    /// <param name="clock">The clock; empty on failure.</param>
    /// <param name="error">Why not; meaningful only on failure.</param>
    public bool TryDecode(ReadOnlySpan<char> text, out TokenPlace place, out DotSet clock, out TokenError error)
    {
        (place, clock, error) = (default, DotSet.Empty, default);
        if (text.Length > TextLengthMax)
        {
            error = new TokenError(TokenProblem.TooLong, $"The context has {text.Length} characters; at most {TextLengthMax} are looked at. Send it as it was received.");
            return false;
        }

        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (text.ContainsAny(" \t\r\n=") || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done)
        {
            error = new TokenError(TokenProblem.NotBase64, "The context is not base64url. Send it as it was received.");
            return false;
        }

        var token = bytes.AsSpan(0, length);
        if (token.Length <= HeadBytes || token[0] != Version)
        {
            error = new TokenError(TokenProblem.UnknownVersion, "The context was not made by this version of the store. Read the key again and use the context of that answer.");
            return false;
        }

        Span<byte> check = stackalloc byte[CheckBytes];
        Check(token[(1 + CheckBytes)..], check);
        if (!CryptographicOperations.FixedTimeEquals(check, token.Slice(1, CheckBytes)))
        {
            error = NotOurs;
            return false;
        }

        place = new TokenPlace(BinaryPrimitives.ReadUInt64LittleEndian(token[(2 + CheckBytes)..]), token[1 + CheckBytes]);
        if (DotSet.TryRead(token[HeadBytes..], out clock, out var malformed)) return true;
        error = new TokenError(TokenProblem.Malformed, $"The context cannot be read. {malformed} Read the key again and use the context of that answer.");
        return false;
    }

    private static TokenError NotOurs => new(
        TokenProblem.NotOurs, "The context is damaged, or was made for another key or by another cluster. Read this key again and use the context of that answer.");

    private void Check(ReadOnlySpan<byte> content, Span<byte> check)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, content, mac);
        mac[..CheckBytes].CopyTo(check);
    }
}
