using System.Globalization;
using System.Text;
using GossipCluster.Actors.Feeds;
using GossipCluster.Node.Http.Answers;
using GossipCluster.Node.Http.Datatypes;

namespace GossipCluster.Node.Http.Watches;

/// <summary>Events as they leave: a name and one line of JSON each; only positions have an id.</summary>
internal static class WatchForm
{
    /// <summary>First of all: how soon a client connects again.</summary>
    public static byte[] Retry { get; } = "retry: 1000\n\n"u8.ToArray();

    /// <summary>A comment.</summary>
    public static byte[] KeepAlive { get; } = ": nothing new\n\n"u8.ToArray();

    public static byte[] Reset { get; } = Encoding.UTF8.GetBytes(
        "event: reset\ndata: {\"reason\":\"What has changed since the position cannot be told. Forget all keys; all that there are follow, up to the next position.\"}\n\n");

    public static byte[] Missed(int keys) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event: missed\ndata: {{\"keys\":{keys}}}\n\n"));

    public static byte[] Position(string? id) => Encoding.UTF8.GetBytes(id is null ? "event: position\ndata: {\"resumable\":false}\n\n" : $"id: {id}\nevent: position\ndata: {{}}\n\n");

    public static byte[] End(string sentence)
    {
        using var json = new JsonBuffer();
        json.Raw("event: end\ndata: {"u8).Name("reason"u8).String(sentence).Raw("}\n\n"u8);
        return json.Written.ToArray();
    }

    /// <summary>What makes the bytes of a change, with the context as a read would give it.</summary>
    /// <param name="door">Makes contexts.</param>
    /// <param name="n">The bucket type's n_val.</param>
    public static Func<FeedEvent, byte[]> Of(Door door, int n) => change =>
    {
        using var json = new JsonBuffer();
        json.Raw(change.Value is null ? "event: deleted\ndata: {"u8 : "event: change\ndata: {"u8).Name("key"u8).String(change.Key.Name);
        if (change.Value is { } value)
        {
            json.Name("type"u8).String(DataTypeNames.Utf8(value.Type)).Name("value"u8);
            ValueWriter.Write(json, value, allVersions: false);
        }

        json.Name("context"u8).String(door.Encode(change.Key, n, change.Clock)).Raw("}\n\n"u8);
        return json.Written.ToArray();
    };
}
