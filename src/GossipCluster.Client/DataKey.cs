namespace GossipCluster.Client;

/// <summary>Where a datum lives: bucket type, bucket, key.</summary>
/// <param name="BucketType">1 to 128 bytes of UTF-8; it must exist in the cluster.</param>
/// <param name="Bucket">Any text but the empty one.</param>
/// <param name="Key">Any text but the empty one, <c>..</c> and texts with slashes included; null in a write lets the server make one.</param>
public readonly record struct DataKey(string BucketType, string Bucket, string? Key)
{
    internal string DatatypePath => Key is null ? $"{BucketPath}/datatypes" : $"{BucketPath}/datatypes/{Segment(Key)}";

    internal string KeyPath => Key is null
        ? throw new InvalidOperationException("To delete, name a key.")
        : $"{BucketPath}/keys/{Segment(Key)}";

    internal string WatchPath => Key is null ? $"{BucketPath}/watch" : $"{KeyPath}/watch";

    private string BucketPath => $"/types/{Segment(BucketType)}/buckets/{Segment(Bucket)}";

    private static string Segment(string text) => string.IsNullOrEmpty(text)
        ? throw new ArgumentException("Bucket type, bucket and key must not be empty: an empty path segment names nothing.", nameof(text))
        : Uri.EscapeDataString(text);
}
