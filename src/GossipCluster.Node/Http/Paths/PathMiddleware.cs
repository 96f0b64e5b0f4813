using GossipCluster.Node.Http.Answers;
using Microsoft.AspNetCore.Http.Features;

namespace GossipCluster.Node.Http.Paths;

/// <summary>Before routing: takes the names out of the path, so that routing, descriptions and metrics see literal words and placeholders only.</summary>
internal sealed class PathMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (RequestPath.Split(target, out var names, out var routed) is { } refusal) return Answer.RefuseAsync(http, refusal);
        if (names is not null) http.Features.Set(names);
        if (routed is { } path) http.Request.Path = path;
        return next(http);
    }
}
