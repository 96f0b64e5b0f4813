using GossipCluster.Actors.Store;
using GossipCluster.Core.Causality;

namespace GossipCluster.Node.Tests.Http;

/// <summary>Divergence as a test wants it, for what the HTTP door makes of it.</summary>
internal sealed class MemoryRepairs : IRepairs
{
    public NodeEntropy? Entropy { get; set; } = new("a", [], new RepairProgress(0, 0, 0, 1, 0, 0, 0), new HintProgress(false, 0, 0, 0));

    public ConvergenceReply? Convergence { get; set; } = new([new ReplicaConvergence("a", true, true)]);

    public List<string> Orders { get; } = [];

    public List<(TokenPlace Place, TimeSpan Wait)> Asked { get; } = [];

    public int? HintsLeft { get; set; } = 0;

    public ValueTask<NodeEntropy?> EntropyAsync(CancellationToken cancel) => ValueTask.FromResult(Entropy);

    public ValueTask<ConvergenceReply?> ConvergenceAsync(TokenPlace place, DotSet clock, TimeSpan wait)
    {
        Asked.Add((place, wait));
        return ValueTask.FromResult(Convergence);
    }

    public ValueTask<int?> HintsLeftAsync(TimeSpan wait, CancellationToken cancel) => ValueTask.FromResult(HintsLeft);

    public void SyncNow() => Orders.Add("sync");

    public void PauseHandoff(bool isPaused) => Orders.Add(isPaused ? "pause" : "resume");

    public void DropHints() => Orders.Add("drop");
}
