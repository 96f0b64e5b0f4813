using System.Diagnostics;
using System.Globalization;
using GossipCluster.Actors.Replicas;
using GossipCluster.Actors.Storage;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Actors.Tests.Storage;

/// <summary>A process that writes is killed, as an operator or the kernel kills: what it had been told is durable is there.</summary>
public sealed class StorageKillSpec
{
    private const string Variable = "GOSSIPCLUSTER_KILLED_DIRECTORY";
    private static readonly ReplicaAddress Address = new(3, 7);

    [Fact]
    public async Task What_had_landed_is_there_after_a_kill()
    {
        using var database = TestDatabase.Create(StorageProvider.Sqlite);
        Directory.CreateDirectory(database.Options.DataDirectory);
        using var writer = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, $"-method {typeof(StorageKillSpec).FullName}.{nameof(Writer)} -explicit only")
        {
            Environment = { [Variable] = database.Options.DataDirectory },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var drain = writer.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var deadline = DateTime.UtcNow + TestStorage.Patience;
        while (Landed(database) < 50)
        {
            Assert.True(DateTime.UtcNow < deadline && !writer.HasExited, "The writer does not write.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        writer.Kill();
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        await drain;

        var landed = Landed(database);
        var (storage, recovered) = await TestStorage.StartAndRecover(database.Options);
        await using var _ = storage;
        var counter = Assert.IsType<DataValue.Counter>(recovered.Replicas[Address].Read(Key.Of("t", "b", "key")));
        Assert.True(counter.Sum >= landed, $"{landed} had landed, {counter.Sum} are there.");
    }

    [Fact(Explicit = true)]
    public async Task Writer()
    {
        var directory = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(directory is null, "This is the process that is killed.");
        var (storage, _) = await TestStorage.StartAndRecover(new StorageOptions { DataDirectory = directory });
        var shard = new TestShard(storage);
        await using var told = File.AppendText(Path.Combine(directory, "landed"));
        for (var count = 1; count < 100_000; count++)
        {
            await shard.Increment(Address, "key");
            await shard.Flush();
            await told.WriteLineAsync(count.ToString(CultureInfo.InvariantCulture));
            await told.FlushAsync(TestContext.Current.CancellationToken);
        }
    }

    // The last line may be torn: it does not count.
    private static int Landed(TestDatabase database)
    {
        var path = Path.Combine(database.Options.DataDirectory, "landed");
        if (!File.Exists(path)) return 0;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var lines = reader.ReadToEnd().Split('\n');
        return lines.Length < 2 ? 0 : int.Parse(lines[^2], CultureInfo.InvariantCulture);
    }
}
