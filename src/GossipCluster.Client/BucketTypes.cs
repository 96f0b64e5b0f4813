namespace GossipCluster.Client;

/// <summary>Counters of one bucket type.</summary>
public sealed class CounterType(GossipClusterClient client, string bucketType)
{
    /// <summary>Adds <paramref name="by"/>, which may be negative.</summary>
    public Task<Written<Int128>> IncrementAsync(string bucket, string? key, long by = 1, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), Operation.Increment(by), options, Values.Counter, cancel);

    /// <summary>The sum of all increments; 0 where the key does not exist.</summary>
    public Task<Datum<Int128>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Counter, (Int128)0, cancel);
}

/// <summary>Sets of one bucket type: a concurrent add wins over a remove.</summary>
public sealed class SetType(GossipClusterClient client, string bucketType)
{
    /// <summary>Adds one element.</summary>
    public Task<Written<IReadOnlyList<string>>> AddAsync(string bucket, string? key, string element, WriteOptions? options = null, CancellationToken cancel = default) =>
        UpdateAsync(bucket, key, Operation.Add(element), options, cancel);

    /// <summary>Removes one element: as far as <see cref="WriteOptions.Context"/> had seen it; without one, as the node sees it, and refused with 412 where absent.</summary>
    public Task<Written<IReadOnlyList<string>>> RemoveAsync(string bucket, string key, string element, WriteOptions? options = null, CancellationToken cancel = default) =>
        UpdateAsync(bucket, key, Operation.Remove(element), options, cancel);

    /// <summary>Adds and removes together.</summary>
    public Task<Written<IReadOnlyList<string>>> UpdateAsync(string bucket, string? key, SetOperation change, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), change, options, Values.Elements, cancel);

    /// <summary>The elements in the order of their UTF-8 bytes; empty where the key does not exist.</summary>
    public Task<Datum<IReadOnlyList<string>>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Elements, [], cancel);
}

/// <summary>Grow-only sets of one bucket type.</summary>
public sealed class GrowOnlySetType(GossipClusterClient client, string bucketType)
{
    /// <summary>Adds elements.</summary>
    public Task<Written<IReadOnlyList<string>>> AddAsync(string bucket, string? key, IEnumerable<string> elements, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), Operation.Add(elements), options, Values.Elements, cancel);

    /// <summary>The elements in the order of their UTF-8 bytes; empty where the key does not exist.</summary>
    public Task<Datum<IReadOnlyList<string>>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Elements, [], cancel);
}

/// <summary>HyperLogLogs of one bucket type: how many distinct elements, about.</summary>
public sealed class HllType(GossipClusterClient client, string bucketType)
{
    /// <summary>Adds elements.</summary>
    public Task<Written<Int128>> AddAsync(string bucket, string? key, IEnumerable<string> elements, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), Operation.Add(elements), options, Values.Counter, cancel);

    /// <summary>The estimate; 0 where the key does not exist.</summary>
    public Task<Datum<Int128>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Counter, (Int128)0, cancel);
}

/// <summary>Registers of one bucket type: the latest text by the writers' clocks.</summary>
public sealed class RegisterType(GossipClusterClient client, string bucketType)
{
    /// <summary>Assigns the text.</summary>
    public Task<Written<string>> AssignAsync(string bucket, string? key, string text, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), Operation.Assign(text), options, Values.Text, cancel);

    /// <summary>The text; empty where the key does not exist.</summary>
    public Task<Datum<string>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Text, "", cancel);
}

/// <summary>Flags of one bucket type: a concurrent enable wins over a disable.</summary>
public sealed class FlagType(GossipClusterClient client, string bucketType)
{
    /// <summary>Enables or disables.</summary>
    public Task<Written<bool>> SetAsync(string bucket, string? key, bool enabled, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), enabled ? Operation.Enable : Operation.Disable, options, Values.Flag, cancel);

    /// <summary>Enabled or not; false where the key does not exist.</summary>
    public Task<Datum<bool>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, Values.Flag, absent: false, cancel);
}

/// <summary>Maps of one bucket type.</summary>
public sealed class MapType(GossipClusterClient client, string bucketType)
{
    /// <summary>Changes fields; all of the change, or nothing of it.</summary>
    public Task<Written<MapValue>> UpdateAsync(string bucket, string? key, MapOperation change, WriteOptions? options = null, CancellationToken cancel = default) =>
        client.WriteAsync(new DataKey(bucketType, bucket, key), change, options, MapValue.Of, cancel);

    /// <summary>The fields; none where the key does not exist.</summary>
    public Task<Datum<MapValue>> ReadAsync(string bucket, string key, ReadOptions? options = null, CancellationToken cancel = default) =>
        client.ReadAsync(new DataKey(bucketType, bucket, key), options, MapValue.Of, MapValue.Empty, cancel);
}
