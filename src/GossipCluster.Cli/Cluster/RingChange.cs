using System.Diagnostics;
using System.Text.Json;

namespace GossipCluster.Cli.Cluster;

/// <summary>Makes a change of the ring and, where asked to, waits until the data have followed it.</summary>
internal sealed class RingChange(AdminClient client, OutputFormat output)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Takes a node out.</summary>
    /// <param name="name">Null for the node asked.</param>
    /// <param name="wait">How long to wait for the data; null for not at all.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<int> LeaveAsync(string? name, TimeSpan? wait, CancellationToken cancel)
    {
        name ??= (await client.GetAsync("/cluster/members", cancel)).GetProperty("node").GetString()!;
        var done = await client.PostAsync($"/cluster/members/{AdminClient.Escape(name)}/leave", cancel);
        return await EndAsync(done, name, "has left the ring", wait, cancel);
    }

    /// <summary>Lets a node that has left return.</summary>
    public async Task<int> JoinAsync(string name, TimeSpan? wait, CancellationToken cancel) =>
        await EndAsync(await client.PostAsync($"/cluster/members/{AdminClient.Escape(name)}/join", cancel), name, "is in the ring", wait, cancel);

    /// <summary>Another weight.</summary>
    public async Task<int> WeightAsync(string name, int weight, TimeSpan? wait, CancellationToken cancel) =>
        await EndAsync(await client.PutAsync($"/cluster/members/{AdminClient.Escape(name)}/weight", $$"""{"weight":{{weight}}}""", cancel), name, $"has the weight {weight}", wait, cancel);

    private async Task<int> EndAsync(JsonElement accepted, string name, string sentence, TimeSpan? wait, CancellationToken cancel)
    {
        if (wait is not { } patience)
        {
            Console.WriteLine(output == OutputFormat.Json ? accepted.GetRawText() : $"{name} {sentence}. The data follow: gossip cluster status");
            return ExitCode.Done;
        }

        if (output == OutputFormat.Text) Console.WriteLine($"{name} {sentence}. Waiting for the data.");
        var watch = Stopwatch.StartNew();
        var last = string.Empty;
        while (true)
        {
            var progress = await LookAsync(name, accepted.GetProperty("standing").GetString()!, cancel);
            if (progress.Sentence != last) await Console.Error.WriteLineAsync(last = progress.Sentence);
            if (progress.IsDone || watch.Elapsed >= patience) return Report(name, progress, watch.Elapsed);
            await Task.Delay(LookInterval, cancel);
        }
    }

    /// <summary>
    /// A node that leaves is empty only when all who take over have what it had: nobody else needs to be asked. Where it is gone already, and for every other
    /// change, all members are.
    /// </summary>
    private async Task<Progress> LookAsync(string name, string standing, CancellationToken cancel)
    {
        try
        {
            var members = await client.GetAsync("/cluster/members", cancel);
            var own = members.GetProperty("node").GetString()!;
            var isThere = name == own || members.GetProperty("left").EnumerateArray().Any(node => node.GetProperty("name").GetString() == name && node.GetProperty("reachable").GetBoolean());
            if (standing == "left" && isThere) return await Progress.AskAsync(client, [name], standing, cancel);
            return await Progress.AskAsync(
                client, members.GetProperty("members").EnumerateArray().Where(node => node.GetProperty("reachable").GetBoolean()).Select(node => node.GetProperty("name").GetString()!), null, cancel);
        }
        catch (CommandException failed)
        {
            return new Progress(null, 0, 0, 0, failed.Message);
        }
    }

    private int Report(string name, Progress progress, TimeSpan took)
    {
        if (output == OutputFormat.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                node = name,
                done = progress.IsDone,
                seconds = Math.Round(took.TotalSeconds, 1),
                outgoing = new { replicas = progress.Replicas, keys = progress.Keys },
                incoming = new { replicas = progress.Unsynced },
            }));
        }
        else if (progress.IsDone)
        {
            Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Done after {took.TotalSeconds:0.0} s."));
        }

        if (progress.IsDone) return ExitCode.Done;
        throw new CommandException($"The change is made, and after {took.TotalSeconds:0} s the data have not followed it. {progress.Sentence}", ExitCode.NotYet);
    }
}
