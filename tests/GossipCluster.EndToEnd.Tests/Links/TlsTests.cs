using GossipCluster.Client;
using GossipCluster.MultiNode.TestKit;

namespace GossipCluster.EndToEnd.Tests.Links;

public sealed class TlsTests : ClusterTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact(DisplayName = "Nodes of one authority form a cluster over mutual TLS; one of a foreign authority does not get in, and the others go on")]
    public async Task A_foreign_authority_stays_out()
    {
        // Where roots come from the environment. Elsewhere the test would have to change the machine's own store.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SSL_CERT_FILE is how a process on Linux is told whom to trust.");
        using var ours = new TestAuthority("ours");
        using var foreign = new TestAuthority("foreign");
        var cluster = Start(3, new ClusterPlan
        {
            // The foreign node even trusts the others, and offers what they do not.
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["SSL_CERT_FILE"] = ours.RootFile },
            ExtraOf = name => ["--tls-certificate", (name == "n3" ? foreign : ours).Issue(name, TimeSpan.FromDays(1))],
        });
        var (n1, n2, stranger) = (cluster[0], cluster[1], cluster[2]);
        await n1.WaitReadyAsync(Patience, Cancel);
        await n2.WaitReadyAsync(Patience, Cancel);
        await Eventually.TrueAsync(
            async token => (await n1.Client.MembersAsync(token)).Count(member => member.Reachable) == 2 ? null : "n1 and n2 do not reach each other", Patience, Cancel);

        await n1.Client.Counters.IncrementAsync("pages", "home", 7, new WriteOptions { PW = Quorum.Of(2) }, Cancel);
        Assert.Equal(7, (await n2.Client.Counters.ReadAsync("pages", "home", cancel: Cancel)).Value);

        // It has tried by now, and goes on trying.
        await Eventually.TrueAsync(
            async token => (await n1.LogAsync(token)).Contains("certificate", StringComparison.OrdinalIgnoreCase) ? null : "n1 says nothing of a certificate that it refuses", Patience, Cancel);
        await Eventually.TrueAsync(
            async token => (await stranger.Client.ReadinessAsync(token)).Sentence is var sentence && sentence.Contains("Waiting for a seed", StringComparison.Ordinal) ? null : $"n3 says: {sentence}",
            Patience,
            Cancel);
        Assert.Equal(["n1", "n2"], (await n1.Client.MembersAsync(Cancel)).Select(member => member.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_certificate_that_has_expired_is_said_in_a_sentence()
    {
        using var ours = new TestAuthority("ours");
        var cluster = Start(1, new ClusterPlan { Extra = ["--tls-certificate", ours.Issue("n1", TimeSpan.FromDays(-1))] });

        Assert.Equal(1, await cluster[0].Exited.WaitAsync(Patience, Cancel));
        Assert.Contains("cannot be used: it expired at", await cluster[0].LogAsync(Cancel), StringComparison.Ordinal);
    }
}
