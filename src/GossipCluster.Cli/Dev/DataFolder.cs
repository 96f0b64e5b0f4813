using System.Globalization;

namespace GossipCluster.Cli.Dev;

/// <summary>The folder of one dev cluster, held by at most one command at a time: two writers would ruin each other's data.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public static DataFolder Open(DevSettings settings)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(settings.DataFolder, "logs"));
        var lockFile = System.IO.Path.Combine(settings.DataFolder, "lock");
        FileStream held;
        try
        {
            // Held until this process ends, however it ends; the file itself stays.
            held = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandException($"{settings.DataFolder} is in use by another 'gossip dev'. Stop that one, or choose another folder with --data.");
        }

        var folder = new DataFolder(settings.DataFolder, held);
        if (settings.Fresh) folder.Clear();
        return folder;
    }

    public string Of(string node) => System.IO.Path.Combine(Path, node);

    public string LogOf(string node) => System.IO.Path.Combine(Path, "logs", $"{node}.log");

    public void Dispose() => _lock.Dispose();

    // Only what this command makes: a --data that names somebody's home folder by mistake loses nothing else.
    private void Clear()
    {
        for (var number = 1; number <= DevSettings.NodeCountMax; number++)
        {
            var node = "n" + number.ToString(CultureInfo.InvariantCulture);
            if (Directory.Exists(Of(node))) Directory.Delete(Of(node), recursive: true);
            File.Delete(LogOf(node));
        }
    }
}
