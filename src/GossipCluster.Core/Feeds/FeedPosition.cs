using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Feeds;

/// <summary>How far a reader of a feed is: for each partition the clock whose every effect it has been told, or has not asked for.</summary>
/// <param name="ScopeHash">Of the feed's scope.</param>
/// <param name="N">The bucket type's n_val: the clocks are those of its replicas.</param>
/// <param name="PartitionCount">Of the cluster.</param>
/// <param name="Clocks">By partition; a feed of one key has one.</param>
public sealed record FeedPosition(ulong ScopeHash, int N, int PartitionCount, IReadOnlyDictionary<int, DotSet> Clocks)
{
    /// <summary>Its text, once it was made: all watchers of a bucket are often at the same position.</summary>
    internal string? Text { get; set; }
}

/// <summary>A position as an opaque text: what <c>Last-Event-ID</c> brings back, on any node of the cluster.</summary>
/// <remarks>
/// <code>
///   version(1) check(8) scope hash(8) n(1) varint partition count   ids: count, each id   positions: count, each: partition, count of ids, each: number of the id, ranges
/// </code>
/// The check is that of context tokens, under another version: HMAC-SHA256 of what follows it, cut to 64 bits. Each replica id is spelt once. As text: base64url.
/// </remarks>
public sealed class FeedToken
{
    /// <summary>The longest text that is made or looked at, in characters: it has to fit into a request's headers.</summary>
    public const int TextLengthMax = 40_000;

    private const byte Version = 0x81;
    private const int CheckBytes = 8;
    private readonly byte[] _secret;

    /// <summary>Makes and checks positions under a secret that all nodes of a cluster share.</summary>
    /// <param name="secret">At least 16 bytes.</param>
    public FeedToken(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 16, nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>The text of a position; null where it would be too long.</summary>
    public string? Encode(FeedPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        if (position.Text is { } made) return made;
        var ids = new Dictionary<ReplicaId, int>();
        var body = new WireWriter(1024);
        body.WriteCount(position.Clocks.Count);
        foreach (var (partition, clock) in position.Clocks)
        {
            body.WriteCount(partition);
            body.WriteCount(clock.ReplicaCount);
            foreach (var replica in clock.Replicas)
            {
                if (!ids.TryGetValue(replica, out var index)) ids[replica] = index = ids.Count;
                body.WriteCount(index);
                DotSet.WriteRanges(body, clock.RangesOf(replica));
            }
        }

        var writer = new WireWriter(body.Length + 256);
        writer.WriteByte(Version);
        writer.WriteUInt64(0);
        writer.WriteUInt64(position.ScopeHash);
        writer.WriteByte(checked((byte)position.N));
        writer.WriteCount(position.PartitionCount);
        writer.WriteCount(ids.Count);
        foreach (var id in ids.Keys) id.Write(writer);
        writer.WriteBytes(body.Written);
        if (Base64Url.GetEncodedLength(writer.Length) > TextLengthMax) return null;
        var bytes = writer.ToArray();
        Check(bytes.AsSpan(1 + CheckBytes), bytes.AsSpan(1, CheckBytes));
        return position.Text = Base64Url.EncodeToString(bytes);
    }

    /// <summary>The position of a text that may be damaged, foreign or forged. Never throws.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="position">The position.</param>
    /// <param name="error">Why not: one sentence.</param>
    public bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out FeedPosition? position, [NotNullWhen(false)] out string? error)
    {
        (position, error) = (null, null);
        if (text.Length > TextLengthMax)
        {
            error = $"The position has {text.Length} characters; at most {TextLengthMax} are looked at. Send it as it was received.";
            return false;
        }

        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (text.ContainsAny(" \t\r\n=") || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done)
        {
            error = "The position is not base64url. Send it as it was received.";
            return false;
        }

        var token = bytes.AsSpan(0, length);
        if (token.Length <= 2 + CheckBytes + sizeof(ulong) || token[0] != Version)
        {
            error = "The position was not made by this version of the store. Watch without one, with snapshot=true.";
            return false;
        }

        Span<byte> check = stackalloc byte[CheckBytes];
        Check(token[(1 + CheckBytes)..], check);
        if (!CryptographicOperations.FixedTimeEquals(check, token.Slice(1, CheckBytes)))
        {
            error = "The position is damaged, or was made by another cluster. Watch without one, with snapshot=true.";
            return false;
        }

        position = Read(token[(1 + CheckBytes)..], out var malformed);
        if (position is null) error = $"The position cannot be read. {malformed} Watch without one, with snapshot=true.";
        return position is not null;
    }

    private static FeedPosition? Read(ReadOnlySpan<byte> content, out WireError error)
    {
        var scope = BinaryPrimitives.ReadUInt64LittleEndian(content);
        var reader = new WireReader(content[sizeof(ulong)..]);
        var n = reader.ReadByte();
        var partitions = reader.ReadInt(Placement.Partitions.CountMax, "a number of partitions");
        var ids = new ReplicaId[reader.ReadCount(ReplicaId.WireBytesMin)];
        for (var i = 0; i < ids.Length && !reader.Failed; i++) ids[i] = ReplicaId.Read(ref reader);
        var clocks = new Dictionary<int, DotSet>();
        var count = reader.ReadCount(2);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var partition = reader.ReadInt(Math.Max(0, partitions - 1), "a partition");
            var clock = new DotSet.Builder();
            var replicas = reader.ReadCount(4);
            for (var j = 0; j < replicas && !reader.Failed; j++)
            {
                var index = reader.ReadInt(Math.Max(0, ids.Length - 1), "the number of a replica id");
                if (index >= ids.Length) reader.Fail("a replica id");
                foreach (var range in DotSet.ReadRanges(ref reader)) clock.Add(ids[index], range.First, range.Last);
            }

            clocks[partition] = clock.ToSet();
        }

        if (!reader.Failed && !reader.AtEnd) reader.Fail("the end of a position");
        error = reader.Error;
        return reader.Failed ? null : new FeedPosition(scope, n, partitions, clocks);
    }

    private void Check(ReadOnlySpan<byte> content, Span<byte> check)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, content, mac);
        mac[..CheckBytes].CopyTo(check);
    }
}
