using System.Globalization;
using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Operations;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Http.Properties;

/// <summary>Bucket types and bucket properties.</summary>
internal sealed class PropertiesEndpoints(IStore store, RequestBodies bodies)
{
    public const string TypesMethods = "GET, HEAD";
    public const string TypeMethods = "PUT";
    public const string TypePropsMethods = "GET, HEAD, PUT";
    public const string BucketPropsMethods = "GET, HEAD, PUT, DELETE";

    private const int BodyBytesMax = 64 << 10;

    private ISchema Schema => store.Schema;

    /// <summary>GET of all bucket types.</summary>
    public async Task ListTypesAsync(HttpContext http)
    {
        using var json = new JsonBuffer();
        json.Raw("{\"types\":["u8);
        foreach (var type in Schema.Types)
        {
            json.Comma().Raw("{"u8).Name("name"u8).String(type.Name).Name("datatype"u8).String(DataTypeNames.Utf8(type.DataType))
                .Name("n_val"u8).Number(type.N).Name("retired"u8).Boolean(type.Properties.Retired).Raw("}"u8);
        }

        json.Raw("]}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);
    }

    /// <summary>PUT of a bucket type: creates it; of one that exists with the same data type and n_val, changes its properties.</summary>
    public async Task PutNewTypeAsync(HttpContext http)
    {
        var name = RequestPath.Of(http).Type;
        if (!Key.TryCreate(name, "b", "k", out _, out var badName))
        {
            await Answer.RefuseAsync(http, Refusal.BadKey(badName));
            return;
        }

        if (await ReadAsync(http) is not { } body) return;
        BucketType? type;
        var existing = Schema.Find(name);
        if (existing is null)
        {
            if (PropertiesReader.ReadNew(body, name, out type) is { } refusal)
            {
                await RefuseAsync(http, refusal);
                return;
            }
        }
        else
        {
            if (PropertiesReader.Read(body, existing, existing.Properties, isBucket: false, out var properties) is { } refusal)
            {
                await RefuseAsync(http, refusal);
                return;
            }

            type = existing with { Properties = properties };
        }

        await EndAsync(http, await Schema.PutTypeAsync(type, http.RequestAborted), existing is null ? StatusCodes.Status201Created : StatusCodes.Status204NoContent);
    }

    /// <summary>GET of a type's properties.</summary>
    public Task GetTypeAsync(HttpContext http)
    {
        var name = RequestPath.Of(http).Type;
        return Schema.Find(name) is { } type ? AnswerAsync(http, type, type.Properties, bucket: null) : Answer.RefuseAsync(http, Refusal.UnknownType(name));
    }

    /// <summary>GET of a bucket's properties.</summary>
    public Task GetBucketAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        return Schema.Find(path.Type) is { } type
            ? AnswerAsync(http, type, Schema.PropertiesOf(type, path.Bucket), path.Bucket)
            : Answer.RefuseAsync(http, Refusal.UnknownType(path.Type));
    }

    /// <summary>PUT of a type's properties.</summary>
    public async Task PutTypeAsync(HttpContext http)
    {
        if (await FindAsync(http) is not { } type || await ReadAsync(http) is not { } body) return;
        if (PropertiesReader.Read(body, type, type.Properties, isBucket: false, out var properties) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        await EndAsync(http, await Schema.PutTypeAsync(type with { Properties = properties }, http.RequestAborted), StatusCodes.Status204NoContent);
    }

    /// <summary>PUT of a bucket's properties.</summary>
    public async Task PutBucketAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (await FindAsync(http) is not { } type || await ReadAsync(http) is not { } body) return;
        if (PropertiesReader.Read(body, type, Schema.PropertiesOf(type, path.Bucket), isBucket: true, out var properties) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        await EndAsync(http, await Schema.PutBucketAsync(path.Type, path.Bucket, properties, http.RequestAborted), StatusCodes.Status204NoContent);
    }

    /// <summary>DELETE of a bucket's properties: back to the type's.</summary>
    public async Task DeleteBucketAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (await FindAsync(http) is null) return;
        await EndAsync(http, await Schema.PutBucketAsync(path.Type, path.Bucket, null, http.RequestAborted), StatusCodes.Status204NoContent);
    }

    /// <summary>The bucket type and, where the path has one, a bucket whose name can be one; else null, and the client has its answer.</summary>
    private async ValueTask<BucketType?> FindAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (Schema.Find(path.Type) is not { } type)
        {
            await Answer.RefuseAsync(http, Refusal.UnknownType(path.Type));
            return null;
        }

        if (path.Bucket.Length == 0 || Key.TryCreate(path.Type, path.Bucket, "k", out _, out var bad)) return type;
        await Answer.RefuseAsync(http, Refusal.BadKey(bad));
        return null;
    }

    /// <summary>The body; null where it was refused, and the client has its answer.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext http)
    {
        if (!Negotiation.IsJson(http.Request.ContentType))
        {
            await Answer.RefuseAsync(http, Refusal.PropertiesNotJson);
            return null;
        }

        var body = await bodies.ReadAsync(http, BodyBytesMax);
        bodies.Release(body);
        if (body.Refusal is not { } refusal) return body.Bytes;
        await Answer.RefuseAsync(http, refusal);
        return null;
    }

    private static Task EndAsync(HttpContext http, SchemaReply reply, int status)
    {
        if (reply.Refusal is { } refused) return Answer.RefuseAsync(http, Refusal.SchemaRefused(refused));
        http.Response.Headers[Answer.NodesHeader] = reply.Nodes.ToString(CultureInfo.InvariantCulture);
        Answer.Empty(http, status);
        if (status == StatusCodes.Status201Created) http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static async Task RefuseAsync(HttpContext http, PropertiesRefusal refusal)
    {
        if (refusal.Reasons.Count == 0)
        {
            await Answer.RefuseAsync(http, Refusal.NotProperties);
            return;
        }

        if (Negotiation.WantsProblem(http.Request))
        {
            await Answer.RefuseAsync(http, Refusal.BadProperties(string.Join("; ", refusal.Reasons.Select(reason => $"{reason.Key} {reason.Value}"))));
            return;
        }

        using var json = new JsonBuffer();
        json.Raw((byte)'{');
        foreach (var (name, reason) in refusal.Reasons) json.Comma().String(name).Raw((byte)':').String(reason);
        json.Raw((byte)'}');
        await Answer.JsonAsync(http, StatusCodes.Status400BadRequest, json);
    }

    private static async Task AnswerAsync(HttpContext http, BucketType type, BucketProperties properties, string? bucket)
    {
        var quorums = properties.Quorums;
        using var json = new JsonBuffer();
        json.Raw("{\"props\":{"u8);
        if (bucket is not null) json.Name("name"u8).String(bucket);
        json.Name("active"u8).Boolean(true).Name("allow_mult"u8).Boolean(true).Name("basic_quorum"u8).Boolean(quorums.BasicQuorum)
            .Name("datatype"u8).String(DataTypeNames.Utf8(type.DataType));
        Quorum("dw"u8, quorums.Dw);
        if (type.DataType == DataType.Hll) json.Name("hll_precision"u8).Number(properties.HllPrecision);
        json.Name("last_write_wins"u8).Boolean(false).Name("n_val"u8).Number(type.N);
        Quorum("node_confirms"u8, quorums.NodeConfirms);
        json.Name("notfound_ok"u8).Boolean(quorums.NotFoundOk);
        Quorum("pr"u8, quorums.Pr);
        json.Name("priority"u8).Number(type.Properties.Priority);
        Quorum("pw"u8, quorums.Pw);
        Quorum("r"u8, quorums.R);
        json.Name("retired"u8).Boolean(type.Properties.Retired);
        json.Name("rw"u8).String("quorum"u8);
        Quorum("w"u8, quorums.W);
        json.Raw("}}"u8);
        await Answer.JsonAsync(http, StatusCodes.Status200OK, json);

        void Quorum(ReadOnlySpan<byte> name, QuorumValue value)
        {
            var text = value.ToString();
            json.Name(name);
            if (char.IsAsciiLetter(text[0])) json.String(text);
            else json.Raw(System.Text.Encoding.ASCII.GetBytes(text));
        }
    }
}
