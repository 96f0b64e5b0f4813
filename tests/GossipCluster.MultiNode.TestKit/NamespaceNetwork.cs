using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace GossipCluster.MultiNode.TestKit;

/// <summary>A network of hosts that a test makes for itself and takes away: Linux network namespaces behind a bridge. For root.</summary>
/// <remarks>
/// <code>
///   the test's process  10.201.x.254 --- bridge --- 10.201.x.1  host 1, eth0
///   (HTTP, never cut off)               (a namespace  10.201.x.2  host 2, eth0
///                                        of its own)  ...
/// </code>
/// Cuts are packets that iptables drops where they arrive, by their source; rates are classes of htb; a cable that is pulled is an interface that is down. What nodes see
/// is what they would see of a network: nothing, resets, retransmissions.
/// </remarks>
public sealed class NamespaceNetwork : ILinkFaults, IDisposable
{
    private const int HostsMax = 9;
    private readonly string _id = string.Create(CultureInfo.InvariantCulture, $"gsp{Environment.ProcessId % 100_000}{(char)('a' + (Interlocked.Increment(ref _count) % 26))}");
    private readonly int _subnet;
    private readonly List<NetworkHost> _hosts = [];
    private static int _count;

    private NamespaceNetwork(int subnet) => _subnet = subnet;

    /// <summary>A host, from 0 to 8.</summary>
    public NetworkHost this[int place] => _hosts[place];

    private string Switch => $"{_id}-sw";

    /// <summary>Skips the test, and says why, where there can be none.</summary>
    public static void Require()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Network namespaces are for root on Linux.");
        foreach (var tool in (string[])["ip", "tc", "iptables"]) Assert.SkipUnless(Exists(tool), $"Network namespaces need '{tool}' (apt-get install iproute2 iptables), which is not here.");
    }

    /// <summary>Makes it, with nine hosts.</summary>
    public static NamespaceNetwork Create()
    {
        // Of the private range, and only where no such network is known to this machine.
        var subnet = Enumerable.Range(0, 250).Select(step => 1 + ((Environment.ProcessId + step) % 250)).First(number => !Run("ip", "route", "show", $"10.201.{number}.0/24").Contains("10.201.", StringComparison.Ordinal));
        var network = new NamespaceNetwork(subnet);
        try
        {
            network.Build();
        }
        catch (InvalidOperationException)
        {
            network.Dispose();
            throw;
        }

        return network;
    }

    /// <summary>A host's cable is pulled: nobody reaches it, and it reaches nobody, the test neither.</summary>
    public void PullCable(ClusterNode node) => Run("ip", "-n", node.Host!.Namespace, "link", "set", NetworkHost.Interface, "down");

    /// <summary>And is put back.</summary>
    public void PlugCable(ClusterNode node) => Run("ip", "-n", node.Host!.Namespace, "link", "set", NetworkHost.Interface, "up");

    /// <summary>Of the packets that arrive at a host, this part is lost, at random.</summary>
    /// <param name="node">The host.</param>
    /// <param name="part">0 to 1.</param>
    public void Lose(ClusterNode node, double part) => In(
        node, "iptables", "-A", "INPUT", "-i", NetworkHost.Interface, "-m", "statistic", "--mode", "random", "--probability", part.ToString("0.####", CultureInfo.InvariantCulture), "-j", "DROP");

    /// <inheritdoc/>
    public void Dispose()
    {
        // With a namespace go its processes' sockets, its interfaces and the other ends of their cables.
        foreach (var name in _hosts.Select(host => host.Namespace).Append(Switch))
        {
            try
            {
                Run("ip", "netns", "del", name);
            }
            catch (InvalidOperationException)
            {
                // It was not made.
            }
        }
    }

    Task ILinkFaults.SetAsync(ClusterNode a, ClusterNode b, bool sends, bool receives)
    {
        Pass(a, b, sends);
        Pass(b, a, receives);
        Unlimit(a);
        Unlimit(b);
        return Task.CompletedTask;
    }

    Task ILinkFaults.ThrottleAsync(ClusterNode a, ClusterNode b, int bytesPerSecond)
    {
        Limit(a, b, bytesPerSecond);
        Limit(b, a, bytesPerSecond);
        return Task.CompletedTask;
    }

    async Task ILinkFaults.DisconnectAsync(ClusterNode a, ClusterNode b)
    {
        // Whoever says anything is told that there is no connection.
        string[] reset = ["INPUT", "-p", "tcp", "-s", a.Host!.Address, "-j", "REJECT", "--reject-with", "tcp-reset"];
        In(b, "iptables", ["-I", .. reset]);
        await Task.Delay(TimeSpan.FromSeconds(1));
        In(b, "iptables", ["-D", .. reset]);
    }

    Task ILinkFaults.HealAllAsync() => HealAsync();

    /// <summary>Everything passes everywhere, at any rate.</summary>
    public Task HealAsync()
    {
        foreach (var host in _hosts)
        {
            Run("ip", "netns", "exec", host.Namespace, "iptables", "-F", "INPUT");
            Try("ip", "netns", "exec", host.Namespace, "tc", "qdisc", "del", "dev", NetworkHost.Interface, "root");
            Run("ip", "-n", host.Namespace, "link", "set", NetworkHost.Interface, "up");
        }

        return Task.CompletedTask;
    }

    private static void Pass(ClusterNode from, ClusterNode to, bool passes)
    {
        string[] rule = ["INPUT", "-s", from.Host!.Address, "-j", "DROP"];
        while (TryIn(to, "iptables", ["-D", .. rule]))
        {
            // As often as it is there.
        }

        if (!passes) In(to, "iptables", ["-I", .. rule]);
    }

    private static void Limit(ClusterNode at, ClusterNode towards, int bytesPerSecond)
    {
        const string Device = NetworkHost.Interface;
        var rate = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytesPerSecond)}bps");
        Unlimit(at);
        In(at, "tc", "qdisc", "add", "dev", Device, "root", "handle", "1:", "htb", "default", "10");
        In(at, "tc", "class", "add", "dev", Device, "parent", "1:", "classid", "1:10", "htb", "rate", "1gbit");
        In(at, "tc", "class", "add", "dev", Device, "parent", "1:", "classid", "1:20", "htb", "rate", rate, "burst", "1600b");
        In(at, "tc", "filter", "add", "dev", Device, "parent", "1:", "protocol", "ip", "u32", "match", "ip", "dst", towards.Host!.Address + "/32", "flowid", "1:20");
    }

    private static void Unlimit(ClusterNode node) => TryIn(node, "tc", "qdisc", "del", "dev", NetworkHost.Interface, "root");

    private void Build()
    {
        Run("ip", "netns", "add", Switch);
        Run("ip", "-n", Switch, "link", "add", "br0", "type", "bridge");
        Run("ip", "-n", Switch, "link", "set", "br0", "up");
        for (var host = 1; host <= HostsMax; host++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{_id}-n{host}");
            var address = string.Create(CultureInfo.InvariantCulture, $"10.201.{_subnet}.{host}");
            var port = string.Create(CultureInfo.InvariantCulture, $"p{host}");
            Run("ip", "netns", "add", name);
            _hosts.Add(new NetworkHost(name, address));
            Run("ip", "-n", name, "link", "add", NetworkHost.Interface, "type", "veth", "peer", "name", port, "netns", Switch);
            Run("ip", "-n", name, "addr", "add", address + "/24", "dev", NetworkHost.Interface);
            Run("ip", "-n", name, "link", "set", "lo", "up");
            Run("ip", "-n", name, "link", "set", NetworkHost.Interface, "up");
            Run("ip", "-n", Switch, "link", "set", port, "master", "br0", "up");
        }

        Run("ip", "link", "add", _id, "type", "veth", "peer", "name", "p0", "netns", Switch);
        Run("ip", "addr", "add", string.Create(CultureInfo.InvariantCulture, $"10.201.{_subnet}.254/24"), "dev", _id);
        Run("ip", "link", "set", _id, "up");
        Run("ip", "-n", Switch, "link", "set", "p0", "master", "br0", "up");
    }

    private static void In(ClusterNode node, string command, params IReadOnlyList<string> arguments) => Run("ip", ["netns", "exec", node.Host!.Namespace, command, .. arguments]);

    private static bool TryIn(ClusterNode node, string command, params IReadOnlyList<string> arguments) => Try("ip", ["netns", "exec", node.Host!.Namespace, command, .. arguments]);

    private static bool Try(string command, params IReadOnlyList<string> arguments) => Start(command, arguments).Code == 0;

    private static string Run(string command, params IReadOnlyList<string> arguments)
    {
        var (code, output) = Start(command, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    private static (int Code, string Output) Start(string command, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private static bool Exists(string tool)
    {
        try
        {
            return Start(tool, ["-V"]).Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
