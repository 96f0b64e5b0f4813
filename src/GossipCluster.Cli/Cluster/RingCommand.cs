using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace GossipCluster.Cli.Cluster;

/// <summary><c>gossip ring</c>: who holds how much, what a change would move, and weights.</summary>
internal static class RingCommand
{
    public static Command Create() => new("ring", "Shows who holds how much and what a change would move, and sets weights.") { Show(), Plan(), Weight() };

    private static Command Show()
    {
        var command = new Command("show", "The ring's members with weight, zone and share.");
        ClusterCommand.SetAction(command, async (_, client, output, cancel) =>
        {
            var ring = await client.GetAsync("/cluster/ring", cancel);
            if (output == OutputFormat.Json)
            {
                Console.WriteLine(ring.GetRawText());
                return ExitCode.Done;
            }

            var nVals = ring.GetProperty("n_vals").EnumerateArray().Select(n => n.GetRawText()).ToArray();
            Columns.Write(
                ["node", "weight", "zone", .. nVals.Select(n => $"primary, n_val {n}"), "share"],
                [.. ring.GetProperty("members").EnumerateArray().Select(member => (IReadOnlyList<string>)
                [
                    TextOf(member, "name"), member.GetProperty("weight").GetRawText(), TextOf(member, "zone"),
                    .. nVals.Select(n => member.GetProperty("primary").GetProperty(n).GetRawText()), Percent(member.GetProperty("share")),
                ])]);
            Console.WriteLine($"{ring.GetProperty("partitions").GetRawText()} partitions, ring version {TextOf(ring, "ring_version")}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Plan()
    {
        var leave = new Option<string?>("--leave") { Description = "As if this member left." };
        var weight = new Option<string?>("--weight") { Description = "As if this member had this weight: NAME:W." };
        var join = new Option<string?>("--join") { Description = "As if a node of this name joined: NAME[:W[:ZONE]]." };
        var command = new Command("plan", "Says what a change would move, and changes nothing.") { leave, weight, join };
        command.Validators.Add(result =>
        {
            if (new[] { leave, weight, join }.Count(option => result.GetValue(option) is not null) != 1) result.AddError("Name one change: --leave NAME, --weight NAME:W or --join NAME[:W[:ZONE]].");
        });
        ClusterCommand.SetAction(command, async (parsed, client, output, cancel) =>
        {
            var (change, value) = parsed.GetValue(leave) is { } leaver ? ("leave", leaver) : parsed.GetValue(weight) is { } weighed ? ("weight", weighed) : ("join", parsed.GetValue(join)!);
            var plan = await client.GetAsync($"/cluster/ring/plan?{change}={Uri.EscapeDataString(value)}", cancel);
            if (output == OutputFormat.Json)
            {
                Console.WriteLine(plan.GetRawText());
                return ExitCode.Done;
            }

            var moves = plan.GetProperty("moves").EnumerateArray().ToArray();
            if (moves.Length > 0)
            {
                Columns.Write(
                    ["from", "to", "places"],
                    [.. moves.Select(move => (IReadOnlyList<string>)[move.GetProperty("from").GetString() ?? "(new)", move.GetProperty("to").GetString() ?? "(none)", move.GetProperty("places").GetRawText()])]);
            }

            Console.WriteLine($"{plan.GetProperty("moved").GetRawText()} of {plan.GetProperty("places").GetRawText()} places would move, {Percent(plan.GetProperty("moved_share"))} of the data. A place is one replica of one partition.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Weight()
    {
        var name = new Argument<string>("NAME") { Description = "Whose weight." };
        var weight = new Argument<int>("W") { Description = "Its share beside the others', 1 to 10000." };
        var command = new Command("weight", "Changes a member's weight; only the difference moves.") { name, weight };
        var wait = ClusterCommand.AddWait(command);
        ClusterCommand.SetAction(command, (parsed, client, output, cancel) => new RingChange(client, output).WeightAsync(parsed.GetValue(name)!, parsed.GetValue(weight), wait(parsed), cancel));
        return command;
    }

    private static string Percent(JsonElement share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share.GetDouble():0.0} %");

    private static string TextOf(JsonElement node, string name) => node.GetProperty(name).GetString() ?? "";
}
