using System.Net;
using System.Net.Sockets;

namespace GossipCluster.Cli.Processes;

/// <summary>TCP ports on loopback.</summary>
internal static class Ports
{
    /// <summary>True where nobody listens on it, by listening on it for a moment.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
