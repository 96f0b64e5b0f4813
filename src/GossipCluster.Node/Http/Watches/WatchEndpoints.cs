using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using GossipCluster.Actors.Feeds;
using GossipCluster.Core.Feeds;
using GossipCluster.Core.Kernel;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;
using GossipCluster.Node.Http.Parameters;
using GossipCluster.Node.Http.Paths;

namespace GossipCluster.Node.Http.Watches;

/// <summary>The change feed of a bucket or a key as server-sent events: docs/change-feed.md.</summary>
internal sealed class WatchEndpoints(IServiceProvider services, Door door, FeedToken positions, IHostApplicationLifetime process)
{
    public const string LastEventId = "Last-Event-ID";

    // What is sent in one step; what waits for a slow reader beyond it is the watch's.
    private const int StepBytes = 64 << 10;
    private static readonly TimeSpan KeepAliveDefault = TimeSpan.FromSeconds(15);

    /// <summary>GET of a bucket's feed.</summary>
    public Task WatchBucketAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        if (!FeedScope.TryOfBucket(path.Type, path.Bucket, out var scope, out var error)) return Answer.RefuseAsync(http, Known(path) ?? Refusal.BadKey(error));
        return WatchAsync(http, path, scope);
    }

    /// <summary>GET of a key's feed.</summary>
    public Task WatchKeyAsync(HttpContext http)
    {
        var path = RequestPath.Of(http);
        return Door.KeyOf(path, path.Key, out var key) is { } bad ? Answer.RefuseAsync(http, Known(path) ?? bad) : WatchAsync(http, path, FeedScope.Of(key));
    }

    private Refusal? Known(RequestPath path) => door.Resolve(path.Type, path.Bucket, out _);

    private async Task WatchAsync(HttpContext http, RequestPath path, FeedScope scope)
    {
        if (door.Resolve(path.Type, path.Bucket, out var place) is { } unknown)
        {
            await Answer.RefuseAsync(http, unknown);
            return;
        }

        if (Prepare(http, scope, place.Type.N, out var request) is { } refusal)
        {
            await Answer.RefuseAsync(http, refusal);
            return;
        }

        if (HttpMethods.IsHead(http.Request.Method))
        {
            Begin(http);
            return;
        }

        var reply = services.GetService<IFeeds>() is { } feeds ? feeds.Watch(request) : new FeedReply.Unavailable("This node has no change feed.", TimeSpan.FromSeconds(1));
        switch (reply)
        {
            case FeedReply.BadPosition bad:
                await Answer.RefuseAsync(http, Refusal.BadPosition(bad.Sentence));
                break;
            case FeedReply.Unavailable unavailable:
                door.Counters.CountUnavailable();
                await Answer.RefuseAsync(http, Refusal.NoWatch(unavailable.Sentence, unavailable.RetryAfter));
                break;
            case FeedReply.Opened opened:
                await using (opened.Watch) await SendAsync(http, opened.Watch, place.Type.N);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(reply.GetType().Name);
        }
    }

    private Refusal? Prepare(HttpContext http, FeedScope scope, int n, out FeedRequest request)
    {
        request = new FeedRequest(scope, n);
        if (Negotiation.Quality(http.Request.Headers.Accept, Negotiation.EventStream) <= 0) return Refusal.NoEventStream;
        var query = RequestQuery.Of(http.Request);
        if (query["snapshot"] is not (null or "true" or "false")) return Refusal.BadParameter("snapshot query parameter must be true or false");
        var prefix = query["prefix"] ?? string.Empty;
        if (prefix.Length > 0 && scope.IsKey) return Refusal.BadParameter("prefix query parameter is for watching a bucket; this address is one key's");
        if (Encoding.UTF8.GetByteCount(prefix) > Key.NameBytesMax) return Refusal.BadParameter($"prefix query parameter has more than {Key.NameBytesMax} bytes: no key begins so");
        FeedPosition? from = null;
        string? text = http.Request.Headers[LastEventId];
        if (!string.IsNullOrEmpty(text) && !positions.TryDecode(text, out from, out var error)) return Refusal.BadPosition(error);
        request = request with { Prefix = Encoding.UTF8.GetBytes(prefix), Snapshot = query["snapshot"] == "true", From = from };
        return null;
    }

    private static void Begin(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = Negotiation.EventStream;
        http.Response.Headers.CacheControl = "no-store";

        // Proxies that gather answers keep their hands off.
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }

    private async Task SendAsync(HttpContext http, IFeedWatch watch, int n)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, process.ApplicationStopping);
        var form = WatchForm.Of(door, n);
        var keepAlive = services.GetService<WatchOptions>()?.KeepAliveInterval ?? KeepAliveDefault;
        var body = http.Response.BodyWriter;
        Begin(http);
        try
        {
            body.Write(WatchForm.Retry);
            var goesOn = await FlushAsync(body, http.RequestAborted);
            while (goesOn)
            {
                var batch = await watch.ReadAsync(keepAlive, ends.Token);
                goesOn = await SendAsync(body, batch, form, ends.Token) && batch.End is null;
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The watcher has gone.
        }
        catch (OperationCanceledException)
        {
            body.Write(WatchForm.End("The node is stopping. Watch on from the last position at another node."));
        }
    }

    private async Task<bool> SendAsync(PipeWriter body, FeedBatch batch, Func<FeedEvent, byte[]> form, CancellationToken cancel)
    {
        if (batch.IsEmpty) body.Write(WatchForm.KeepAlive);
        if (batch.IsReset) body.Write(WatchForm.Reset);
        if (batch.Missed > 0) body.Write(WatchForm.Missed(batch.Missed));
        var bytes = 0;
        foreach (var change in batch.Events)
        {
            var text = change.FormOf(form);
            body.Write(text);
            bytes += text.Length;
            if (bytes < StepBytes) continue;
            bytes = 0;
            if (!await FlushAsync(body, cancel)) return false;
        }

        if (batch.Position is { } position) body.Write(WatchForm.Position(positions.Encode(position)));
        if (batch.End is { } end) body.Write(WatchForm.End(end));
        return await FlushAsync(body, cancel);
    }

    private static async Task<bool> FlushAsync(PipeWriter body, CancellationToken cancel)
    {
        var flushed = await body.FlushAsync(cancel);
        return !flushed.IsCompleted && !flushed.IsCanceled;
    }
}
