using GossipCluster.Node.Http.Answers;

namespace GossipCluster.Node.Http.Faults;

/// <summary>Around everything: whatever happens, the client gets an answer that says what it can do, and never a stack trace.</summary>
internal sealed partial class FaultMiddleware(RequestDelegate next, ILogger<FaultMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (BadHttpRequestException bad)
        {
            // The server's own refusals while it reads a body: a bad chunk, too slow, too large.
            await RefuseAsync(http, Refusal.OfServer(bad.StatusCode, bad.Message));
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody is left to be answered.
        }
#pragma warning disable CA1031 // A client is answered whatever the fault is; it is logged, and nothing of it is hidden from operators.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogFault(fault, http.Request.Method, http.GetEndpoint()?.DisplayName ?? "no endpoint");
            await RefuseAsync(http, Refusal.Fault);
        }

        if (http.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false, ContentLength: null } && http.GetEndpoint() is null)
        {
            await Answer.UnknownPathAsync(http);
        }
    }

    private static Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        return Answer.RefuseAsync(http, refusal);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Method} request to {Endpoint} met a fault; it was answered with 503")]
    private partial void LogFault(Exception fault, string method, string endpoint);
}
