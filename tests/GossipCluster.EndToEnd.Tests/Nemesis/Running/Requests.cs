using GossipCluster.Client;
using GossipCluster.EndToEnd.Tests.Nemesis.Checking;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>A request of the load as a call of the client, and what came of it.</summary>
internal static class Requests
{
    /// <summary>Sends it to the client's node.</summary>
    /// <exception cref="GossipClusterException">It was refused, or not answered.</exception>
    public static async Task<Answer> SendAsync(GossipClusterClient client, Request request, string? token, CancellationToken cancel)
    {
        var write = new WriteOptions { PW = request.IsStrict ? Quorum.Majority : Quorum.BucketDefault, Context = token };
        return request.Act switch
        {
            Act.Add => Done(await client.Sets.AddAsync(LoadKeys.Bucket, request.Key, request.Element!, write, cancel)),
            Act.Remove => Done(await client.Sets.RemoveAsync(LoadKeys.Bucket, request.Key, request.Element!, write, cancel)),
            Act.Increment => Done(await client.Counters.IncrementAsync(LoadKeys.Bucket, request.Key, request.By, write, cancel)),
            Act.Assign => Done(await client.Registers.AssignAsync(LoadKeys.Bucket, request.Key, request.Element!, write, cancel)),
            Act.Enable => Done(await client.Flags.SetAsync(LoadKeys.Bucket, request.Key, enabled: true, write, cancel)),
            Act.Disable => Done(await client.Flags.SetAsync(LoadKeys.Bucket, request.Key, enabled: false, write, cancel)),
            Act.AddDistinct => Done(await client.Hlls.AddAsync(LoadKeys.Bucket, request.Key, [request.Element!], write, cancel)),
            Act.UpdateMap => Done(await client.Maps.UpdateAsync(LoadKeys.Bucket, request.Key, Update(request.Element!, request.By), write, cancel)),
            Act.RemoveFromMap => Done(await client.Maps.UpdateAsync(
                LoadKeys.Bucket, request.Key, Client.Operation.Map().Set(Projection.Set, Client.Operation.Remove(request.Element!)), write, cancel)),
            _ => await ReadAsync(client, request, token, cancel),
        };
    }

    private static async Task<Answer> ReadAsync(GossipClusterClient client, Request request, string? token, CancellationToken cancel)
    {
        // A primary that is asked for one answer gives its own.
        var read = new ReadOptions
        {
            R = request.IsFinal ? Quorum.One : Quorum.BucketDefault,
            PR = request.IsFinal ? Quorum.One : request.IsStrict ? Quorum.Majority : Quorum.BucketDefault,
            AtLeast = token,
        };
        switch (request.Act)
        {
            case Act.ReadSet:
                var set = await client.Sets.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer { Elements = set.Value ?? [], Token = set.Context };
            case Act.ReadCounter:
                var counter = await client.Counters.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer { Count = counter.Value, Token = counter.Context };
            case Act.ReadRegister:
                var register = await client.Registers.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer { Text = register.Value ?? string.Empty, Token = register.Context };
            case Act.ReadFlag:
                var flag = await client.Flags.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer { Elements = flag.Value ? [Projection.Enabled] : [], Token = flag.Context };
            case Act.ReadDistinct:
                var distinct = await client.Hlls.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer { Count = distinct.Value, Token = distinct.Context };
            case Act.ReadMap:
                var map = await client.Maps.ReadAsync(LoadKeys.Bucket, request.Key, read, cancel);
                return new Answer
                {
                    Elements = map.Value!.Sets.GetValueOrDefault(Projection.Set) ?? [],
                    Count = map.Value.Counters.GetValueOrDefault(Projection.Counter),
                    Text = map.Value.Registers.GetValueOrDefault(Projection.Register) ?? string.Empty,
                    Token = map.Context,
                };
            default:
                throw new System.Diagnostics.UnreachableException(request.Act.ToString());
        }
    }

    private static MapOperation Update(string element, long by) =>
        Client.Operation.Map().Set(Projection.Set, Client.Operation.Add(element)).Counter(Projection.Counter, by).Register(Projection.Register, element);

    private static Answer Done<T>(Written<T> written) => new() { Copies = written.Copies, Token = written.Context };
}
