using GossipCluster.Client;

namespace GossipCluster.Cli.Bench;

/// <summary>What <c>gossip bench</c> was asked for; all of it checked.</summary>
internal sealed record BenchSettings
{
    public required IReadOnlyList<Uri> Nodes { get; init; }

    /// <summary>Bucket type.</summary>
    public required string Type { get; init; }

    public required string Bucket { get; init; }

    public required Mix Mix { get; init; }

    /// <summary>The operations of <see cref="Mix"/>, in its order.</summary>
    public required IReadOnlyList<BenchOperation> Operations { get; init; }

    public required int KeyCount { get; init; }

    public required KeyChooser Keys { get; init; }

    /// <summary>"uniform" or "zipf", for the report.</summary>
    public required string Distribution { get; init; }

    public required int Connections { get; init; }

    public required TimeSpan Warmup { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Operations a second that are due, whether or not the store keeps up; null for as many as it takes.</summary>
    public required double? Rate { get; init; }

    /// <summary>Operations a request; 1 goes to the key's own resource, more go to /batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Bytes of an element or text.</summary>
    public required int ValueSize { get; init; }

    /// <summary>How many different elements a set can get.</summary>
    public required int Elements { get; init; }

    public Quorum W { get; init; }

    public Quorum DW { get; init; }

    public Quorum R { get; init; }

    /// <summary>A request without an answer for so long is given up, and its connection closed.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Watchers of the bucket on the first node, which read what they are sent and do nothing with it.</summary>
    public int Watchers { get; init; }

    public required OutputFormat Output { get; init; }

    public required IReadOnlyList<int> Pids { get; init; }

    public bool IsBatch => Batch > 1;

    public string QueryOf(BenchOperation operation) => operation.Method == "GET" ? new ReadOptions { R = R }.Query() : new WriteOptions { W = W, DW = DW }.Query();
}
