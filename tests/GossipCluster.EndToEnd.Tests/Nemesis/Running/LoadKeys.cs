using System.Globalization;

namespace GossipCluster.EndToEnd.Tests.Nemesis.Running;

/// <summary>The data of a load. Sets stay small because each is left for a new one when it has been added to often enough.</summary>
internal sealed class LoadKeys
{
    /// <summary>The bucket of all.</summary>
    public const string Bucket = "nemesis";

    private const int Slots = 4;
    private const int Counters = 6;
    private const int AddsPerSet = 60;
    private readonly int[] _adds = new int[Slots];

    /// <summary>A set to add to.</summary>
    public string SetToWrite(Random random)
    {
        var slot = random.Next(Slots);
        return Name(slot, Interlocked.Increment(ref _adds[slot]) / AddsPerSet);
    }

    /// <summary>A set to read: mostly the one that is written, sometimes one that was left.</summary>
    public string SetToRead(Random random)
    {
        var slot = random.Next(Slots);
        var generation = Volatile.Read(ref _adds[slot]) / AddsPerSet;
        return Name(slot, random.Next(8) == 0 ? random.Next(generation + 1) : generation);
    }

    /// <summary>A counter; one of them is decremented too.</summary>
    public static string Counter(Random random) => string.Create(CultureInfo.InvariantCulture, $"counter-{random.Next(Counters)}");

    /// <summary>1 to 5; for the one that goes both ways, -3 to 5.</summary>
    public static long By(string counter, Random random) => counter == "counter-0" && random.Next(3) == 0 ? -random.Next(1, 4) : random.Next(1, 6);

    private static string Name(int slot, int generation) => string.Create(CultureInfo.InvariantCulture, $"set-{slot}-{generation}");
}
