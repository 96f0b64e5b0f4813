namespace GossipCluster.Core.Coordination;

/// <summary>Why a node did not do what it was asked to. Whatever the reason, it has not done it and will not.</summary>
public enum RefusalReason
{
    /// <summary>Nothing listens at its address: it counts as unreachable. All other reasons come from a node that is there.</summary>
    ConnectionRefused,

    /// <summary>A queue is full; a retry after a while may fare better.</summary>
    Busy,

    /// <summary>It keeps as many hints as it may, none of which it may drop.</summary>
    HintsFull,

    /// <summary>In its own ring it is no primary of the partition, and the operation needs one.</summary>
    NotAPrimary,

    /// <summary>It has not completed a first sync, and the operation needs state.</summary>
    NotSynced,

    /// <summary>Its disk takes no writes.</summary>
    StorageUnavailable,

    /// <summary>It heard of it, or came to it, when another might have been asked already; may be asked again. Said once for each time that it was asked: links double nothing.</summary>
    Late,
}
