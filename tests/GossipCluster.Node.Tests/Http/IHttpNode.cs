namespace GossipCluster.Node.Tests.Http;

/// <summary>A node that is asked over HTTP, whatever is behind it: the tests know its address and nothing else.</summary>
public interface IHttpNode
{
    /// <summary>Where it listens.</summary>
    Uri Address { get; }
}
