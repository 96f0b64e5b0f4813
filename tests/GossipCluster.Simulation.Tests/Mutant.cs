namespace GossipCluster.Simulation.Tests;

/// <summary>A rule of DESIGN.md, broken on purpose. The simulator has to notice each.</summary>
public enum Mutant
{
    None,

    /// <summary>Rule 1: superseding takes no dot of its own.</summary>
    OneDot,

    /// <summary>Rule 5: deltas are sent before they are durable, and the id is kept over a crash.</summary>
    SpeakFirst,

    /// <summary>Rule 4: a sync takes the peer's clock in before what the clock names.</summary>
    ClockFirst,

    /// <summary>Contexts: a remove is applied although its context was not yet seen.</summary>
    NoPull,

    /// <summary>Rule 6: an id is kept whatever the others know.</summary>
    TrustDisk,

    /// <summary>Rule 6: generations are counted up.</summary>
    GenIncrement,

    /// <summary>Rule 6: an unclean restart may keep its id.</summary>
    KeptId,

    /// <summary>Rule 6: starts are not remembered, so that a copy of a cleanly stopped disk passes for the disk.</summary>
    StartsForgotten,

    /// <summary>Rule 7: a peer's word counts under whatever ring, and data is taken in by whoever is offered it.</summary>
    AnyView,

    /// <summary>Rule 4: a key state lists no dots.</summary>
    RepairNone,

    /// <summary>Rule 4: a key state lists the live dots only.</summary>
    RepairLive,

    /// <summary>Rule 4: a key state lists what the log attributes, although other missing dots cannot be attributed.</summary>
    RepairLog,

    /// <summary>Rule 4: a key state is joined by a receiver that has lost what the state was made for.</summary>
    RepairBasis,

    /// <summary>Rule 4: a key state is joined without dropping what the sender has seen and does not list.</summary>
    RepairAdds,

    /// <summary>Full transfer: keys as they are when they are sent, with the clock of the end.</summary>
    StreamEnd,

    /// <summary>Full transfer: keys as they are when they are sent, with the clock of the start. A receiver refuses the end, which does not know all dots.</summary>
    StreamStart,

    /// <summary>Hints: a key's hints are dropped and their dots kept.</summary>
    DropKeep,

    /// <summary>Rule 8: a delta travels without its key's past.</summary>
    NoPast,

    /// <summary>Rule 8: an answer counts although it is not known whether all of the past went along.</summary>
    PastUnsure,

    /// <summary>Rule 8: a write that finds everything as it asks for is acknowledged by the one disk that has it so.</summary>
    NothingToSend,

    /// <summary>Handoff: a fallback forgets what a write quorum of primaries has, not all of them.</summary>
    EmptiedOnW,

    /// <summary>Rule 6: a node on its own takes its own word for it, so that a copy of its disk passes for the disk.</summary>
    LoneWitness,

    /// <summary>Rule 6: abandoned ids are folded although somebody has other dots of them.</summary>
    FoldUnasked,

    /// <summary>Contexts: dots that nobody has any more are waited for.</summary>
    GateForever,

    /// <summary>4.1: a stand-in's copy counts for the primary that it stands in for as well.</summary>
    CountedTwice,

    /// <summary>4.1: a write is answered before it is durable at its coordinator.</summary>
    AnswersFirst,

    /// <summary>4.1 and rule 8: an answer that is no acknowledgement is counted.</summary>
    UncountedCounts,

    /// <summary>4.1: a primary that has not synced coordinates removes.</summary>
    UnsyncedRemoves,

    /// <summary>4.1: a fallback coordinates what needs state.</summary>
    FallbackRemoves,

    /// <summary>4.1: a late primary is waited for.</summary>
    NoHedge,

    /// <summary>4.1: a node that is slow passes for one that cannot be reached, so that fewer copies are enough.</summary>
    LateIsGone,

    /// <summary>4.1: what must not be done twice is given to another coordinator when the first is late or lost.</summary>
    Repeats,

    /// <summary>4.1: who was asked to coordinate begins although another may have been asked since.</summary>
    BeginsLate,

    /// <summary>4.2: an empty fallback speaks for the primary that it stands in for.</summary>
    FallbackIsEvidence,

    /// <summary>4.2: a primary that is behind is a witness of absence.</summary>
    BehindIsEvidence,

    /// <summary>4.2: states whose digests differ are not fetched.</summary>
    DigestsAlike,

    /// <summary>4.2: a read does not look whether it has seen what its token has seen.</summary>
    TokenIgnored,

    /// <summary>4.3: read repair fills fallbacks.</summary>
    RepairsFallbacks,

    /// <summary>Rule 3: superseded dots that a replica does not have do not go into its clock.</summary>
    SupersededForgotten,

    /// <summary>Rule 3: joined deltas do not name what was superseded among them, as if what is not sent had never been.</summary>
    JoinedWithoutSuperseded,

    /// <summary>Rule 3: joined deltas do not name the events of the writes that are joined.</summary>
    JoinedWithoutEvents,

    /// <summary>Rule 3: who has some of what was joined keeps live what the rest has superseded.</summary>
    JoinedWithoutPlaces,
}
