using GossipCluster.Actors.Store;
using GossipCluster.Core.Coordination;
using GossipCluster.Core.DataTypes;

namespace GossipCluster.Actors.Testing;

/// <summary>A store that breaks one promise on purpose and keeps all others. A check of histories that does not notice it is no check.</summary>
/// <param name="inner">The store that keeps them.</param>
/// <param name="mutant">Which promise.</param>
/// <param name="clock">For what happens later.</param>
public sealed class MutantStore(IStore inner, Mutant mutant, TimeProvider clock) : IStore
{
    /// <summary>One write of so many is dropped, the first of a node among them.</summary>
    public const int DropOneOf = 5;

    /// <summary>How long after its remove an element comes back.</summary>
    public static readonly TimeSpan ResurrectAfter = TimeSpan.FromSeconds(2);

    /// <summary>So many removes are waiting to be undone; further ones stay as they are.</summary>
    public const int ResurrectionsMax = 1000;

    private int _writes;
    private int _resurrections;

    /// <inheritdoc/>
    public ISchema Schema => inner.Schema;

    /// <inheritdoc/>
    public NodeStatus Status => inner.Status;

    /// <inheritdoc/>
    public async ValueTask<WriteReply> WriteAsync(WriteCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (mutant == Mutant.DropAcknowledged && (Interlocked.Increment(ref _writes) - 1) % DropOneOf == 0) return await PretendAsync(command);
        var reply = await inner.WriteAsync(command);
        if (mutant == Mutant.Resurrect && reply is WriteReply.Written && command.Operation is Operation.UpdateSet { Remove.Count: > 0 } update) _ = ResurrectAsync(command, update);
        return reply;
    }

    /// <inheritdoc/>
    public ValueTask<ReadReply> ReadAsync(ReadCommand command) => inner.ReadAsync(command);

    /// <inheritdoc/>
    public IAsyncEnumerable<IReadOnlyList<string>?> KeysAsync(string type, string bucket, CancellationToken cancel) => inner.KeysAsync(type, bucket, cancel);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>?> BucketsAsync(string type, CancellationToken cancel) => inner.BucketsAsync(type, cancel);

    /// <summary>The answer of a write that was done, with a clock that really was seen.</summary>
    private async Task<WriteReply> PretendAsync(WriteCommand command)
    {
        var n = command.Quorum.N;
        return await inner.ReadAsync(new ReadCommand(command.Key, new ReadQuorum(n, 1, 0)) { Timeout = command.Timeout }) switch
        {
            ReadReply.Found found => new WriteReply.Written(n, found.Clock, command.ReturnValue ? found.Value : null),
            ReadReply.NotFound missing => new WriteReply.Written(n, missing.Clock, null),
            _ => await inner.WriteAsync(command),
        };
    }

    private async Task ResurrectAsync(WriteCommand command, Operation.UpdateSet update)
    {
        if (Interlocked.Increment(ref _resurrections) <= ResurrectionsMax)
        {
            // The bytes are the request's, which ends before this does.
            var again = new Operation.UpdateSet([.. update.Remove.Select(element => (ReadOnlyMemory<byte>)element.ToArray())], []);
            await Task.Delay(ResurrectAfter, clock);
            await inner.WriteAsync(command with { Operation = again, Observed = null, ReturnValue = false });
        }

        Interlocked.Decrement(ref _resurrections);
    }
}
