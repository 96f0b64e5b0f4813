namespace GossipCluster.Core.DataTypes;

/// <summary>Why an operation was refused. Nothing of it was applied.</summary>
public enum OperationProblem
{
    /// <summary>The operation is for another data type than the datum or field has.</summary>
    WrongType,

    /// <summary>A counter's share would leave 64 bits.</summary>
    CounterOverflow,

    /// <summary>A field's name is too long, or named twice in one operation.</summary>
    BadField,

    /// <summary>Maps are nested too deep.</summary>
    TooDeep,

    /// <summary>An element, a value, the operation or the key's state is too large.</summary>
    TooLarge,

    /// <summary>A remove without a context, of something that is not there.</summary>
    NotPresent,

    /// <summary>The context names dots that this replica has not seen: pull them first, then stage again.</summary>
    ContextNotSeen,

    /// <summary>A remove, a delete or a disable on a replica that may not coordinate one: a fallback, or a primary before its first sync.</summary>
    NeedsState,

    /// <summary>The bucket type is retired: what is there can be read and deleted.</summary>
    Retired,
}

/// <summary>Why an operation was refused, with a sentence for the client.</summary>
/// <param name="Problem">For programs.</param>
/// <param name="Sentence">For people: what is wrong and what would be right.</param>
/// <param name="Type">The innermost data type at fault.</param>
public sealed record OperationError(OperationProblem Problem, string Sentence, DataType Type);
