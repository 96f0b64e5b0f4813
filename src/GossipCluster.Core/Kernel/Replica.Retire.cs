using GossipCluster.Core.Causality;
using GossipCluster.Core.Wire;

namespace GossipCluster.Core.Kernel;

public sealed partial class Replica
{
    private bool IsRetired(int slot) => _foldable.Count < 0 && slot < 0;

    private bool Seen(ReplicaId replica, long first, long last) => _stagedClock.ContainsAll(replica, first, last);

    private DotSet ExceptSeen(DotSet dots) => dots.Except(_stagedClock.ToSet());

    private static DotSet ExceptRetired(DotSet dots) => dots;

    private static Record? RetiredState() => null;

    private static Action? ReadRetired(ref WireReader reader)
    {
        reader.Fail("retired ids");
        return null;
    }
}
