namespace GossipCluster.Core.Coordination;

/// <summary>Why what was asked for is no quorum.</summary>
public abstract record QuorumError
{
    private QuorumError()
    {
    }

    /// <summary>The query parameter or bucket property at fault: <c>w</c>, <c>pr</c>, ...</summary>
    public abstract string Name { get; }

    /// <summary>The sentence a client is told, without the newline that ends it there.</summary>
    public abstract string Sentence { get; }

    /// <summary>Neither an integer nor one of the words.</summary>
    public sealed record NotAQuorum(string Parameter) : QuorumError
    {
        /// <inheritdoc/>
        public override string Name => Parameter;

        /// <inheritdoc/>
        public override string Sentence =>
            $"{Parameter} query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'";
    }

    /// <summary>Neither true nor false.</summary>
    public sealed record NotABoolean(string Parameter) : QuorumError
    {
        /// <inheritdoc/>
        public override string Name => Parameter;

        /// <inheritdoc/>
        public override string Sentence => $"{Parameter} query parameter must be true or false";
    }

    /// <summary>Below 0 or above n.</summary>
    /// <param name="Parameter">Which one.</param>
    /// <param name="Asked">What was asked for.</param>
    /// <param name="N">The n_val that does not allow it.</param>
    public sealed record OutOfRange(string Parameter, QuorumValue Asked, int N) : QuorumError
    {
        /// <inheritdoc/>
        public override string Name => Parameter;

        /// <inheritdoc/>
        /// <remarks>The text names the write values for r and pr too, as Riak's does.</remarks>
        public override string Sentence => $"Specified w/dw/pw/node_confirms values invalid for bucket n value of {N}";
    }
}
