using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>The data of a load. Sets, flags and maps stay small because each is left for a new one when it has been written often enough.</summary>
internal sealed class LoadKeys
{
    /// <summary>The bucket of all.</summary>
    public const string Bucket = "nemesis";

    private const int Slots = 4;
    private const int Counters = 6;
    private const int AddsPerSet = 60;
    private const int EnablesPerFlag = 3;
    private const int UpdatesPerMap = 40;
    private const int Distincts = 2;
    private readonly int[] _adds = new int[Slots];
    private readonly int[] _enables = new int[Slots];
    private readonly int[] _updates = new int[Slots];

    /// <summary>A set to add to.</summary>
    public string SetToWrite(Random random) => ToWrite("set", _adds, AddsPerSet, random);

    /// <summary>A set to read: mostly the one that is written, sometimes one that was left.</summary>
    public string SetToRead(Random random) => ToRead("set", _adds, AddsPerSet, random);

    /// <summary>A flag to enable. Each only a few times: of one that goes on and off all the time nobody can say what a disable had seen.</summary>
    public string FlagToWrite(Random random) => ToWrite("flag", _enables, EnablesPerFlag, random);

    /// <summary>A flag to read.</summary>
    public string FlagToRead(Random random) => ToRead("flag", _enables, EnablesPerFlag, random);

    /// <summary>A map to change.</summary>
    public string MapToWrite(Random random) => ToWrite("map", _updates, UpdatesPerMap, random);

    /// <summary>A map to read.</summary>
    public string MapToRead(Random random) => ToRead("map", _updates, UpdatesPerMap, random);

    /// <summary>The one register that a client writes; others read it.</summary>
    public static string Register(int process) => string.Create(CultureInfo.InvariantCulture, $"register-{process}");

    /// <summary>A HyperLogLog.</summary>
    public static string Distinct(Random random) => string.Create(CultureInfo.InvariantCulture, $"hll-{random.Next(Distincts)}");

    /// <summary>A counter; one of them is decremented too.</summary>
    public static string Counter(Random random) => string.Create(CultureInfo.InvariantCulture, $"counter-{random.Next(Counters)}");

    /// <summary>1 to 5; for the one that goes both ways, -3 to 5.</summary>
    public static long By(string counter, Random random) => counter == "counter-0" && random.Next(3) == 0 ? -random.Next(1, 4) : random.Next(1, 6);

    private static string ToWrite(string kind, int[] writes, int perKey, Random random)
    {
        var slot = random.Next(Slots);
        return Name(kind, slot, Interlocked.Increment(ref writes[slot]) / perKey);
    }

    private static string ToRead(string kind, int[] writes, int perKey, Random random)
    {
        var slot = random.Next(Slots);
        var generation = Volatile.Read(ref writes[slot]) / perKey;
        return Name(kind, slot, random.Next(8) == 0 ? random.Next(generation + 1) : generation);
    }

    private static string Name(string kind, int slot, int generation) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{slot}-{generation}");
}
