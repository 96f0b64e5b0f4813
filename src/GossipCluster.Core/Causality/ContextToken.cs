using System.Buffers;
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

/// <summary>A causal context as an opaque text: the clock that a reader of one key saw.</summary>
/// <remarks>
/// Bytes: version (1), check (8), set of dots. The check is HMAC-SHA256 of the key and the set under the cluster's token secret, cut to 64 bits: a token
/// that was damaged, made up, or made for another key is refused before any of it is believed. As text: base64url without padding, safe in JSON, in a
/// header and in a URL.
/// </remarks>
public sealed class ContextToken
{
    /// <summary>The longest text that is looked at, in characters: room for a clock of some 400 replica ids.</summary>
    public const int TextLengthMax = 16_384;

    private const byte Version = 1;
    private const int CheckBytes = 8;
    private readonly byte[] _secret;

    /// <summary>Makes and checks tokens under a secret that all nodes of a cluster share.</summary>
    /// <param name="secret">At least 16 bytes; whoever knows it can make tokens.</param>
    public ContextToken(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 16, nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>The token of a clock that was read together with the key.</summary>
    public string Encode(ReadOnlySpan<byte> key, DotSet clock)
    {
        var writer = new WireWriter(128);
        writer.WriteByte(Version);
        writer.WriteUInt64(0);
        clock.Write(writer);
        var bytes = writer.ToArray();
        Check(key, bytes.AsSpan(1 + CheckBytes), bytes.AsSpan(1, CheckBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The clock of a token that may be damaged, foreign or forged. Never throws.</summary>
    /// <param name="key">The key that the request names.</param>
    /// <param name="text">What the client sent.</param>
    /// <param name="clock">The clock; empty on failure.</param>
    /// <param name="error">Why not; meaningful only on failure.</param>
    public bool TryDecode(ReadOnlySpan<byte> key, ReadOnlySpan<char> text, out DotSet clock, out TokenError error)
    {
        clock = DotSet.Empty;
        error = default;
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
        if (token.Length <= 1 + CheckBytes || token[0] != Version)
        {
            error = new TokenError(TokenProblem.UnknownVersion, "The context was not made by this store, or by a newer version of it. Read the key again and use the context of that answer.");
            return false;
        }

        Span<byte> check = stackalloc byte[CheckBytes];
        Check(key, token[(1 + CheckBytes)..], check);
        if (!CryptographicOperations.FixedTimeEquals(check, token.Slice(1, CheckBytes)))
        {
            error = new TokenError(TokenProblem.NotOurs, "The context is damaged, or was made for another key or by another cluster. Read this key again and use the context of that answer.");
            return false;
        }

        if (DotSet.TryRead(token[(1 + CheckBytes)..], out clock, out var malformed)) return true;
        error = new TokenError(TokenProblem.Malformed, $"The context cannot be read. {malformed} Read the key again and use the context of that answer.");
        return false;
    }

    private void Check(ReadOnlySpan<byte> key, ReadOnlySpan<byte> clock, Span<byte> check)
    {
        // The key's length goes first, so that no byte can move from the key to the clock under the same check.
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret);
        Span<byte> length = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, key.Length);
        hash.AppendData(length);
        hash.AppendData(key);
        hash.AppendData(clock);
        hash.GetHashAndReset(mac);
        mac[..CheckBytes].CopyTo(check);
    }
}
