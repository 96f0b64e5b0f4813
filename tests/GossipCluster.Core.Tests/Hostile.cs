using CsCheck;

namespace GossipCluster.Core.Tests;

/// <summary>Bytes that nobody meant: random, and good ones with damage.</summary>
internal static class Hostile
{
    private enum Damage
    {
        Flip,
        Overwrite,
        Truncate,
        Insert,
        Remove,
        Repeat,
        Grow,
    }

    /// <summary>Good bytes with one to three wounds.</summary>
    public static Gen<byte[]> Mutations(IReadOnlyList<byte[]> good) => Gen.Select(
        Gen.Int[0, good.Count - 1],
        Gen.Select(Gen.Enum<Damage>(), Gen.Double.Unit, Gen.Byte).Array[1, 3],
        (index, wounds) =>
        {
            var bytes = good[index];
            foreach (var (damage, where, what) in wounds) bytes = Wound(bytes, damage, (int)(where * bytes.Length), what);
            return bytes;
        });

    /// <summary>Bytes allocated by this thread while something runs.</summary>
    public static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Wound(byte[] bytes, Damage damage, int at, byte what) => damage switch
    {
        _ when bytes.Length == 0 => [what],
        Damage.Flip => [.. bytes[..at], (byte)(bytes[at] ^ (1 << (what & 7))), .. bytes[(at + 1)..]],
        Damage.Overwrite => [.. bytes[..at], what, .. bytes[(at + 1)..]],
        Damage.Truncate => bytes[..at],
        Damage.Insert => [.. bytes[..at], what, .. bytes[at..]],
        Damage.Remove => [.. bytes[..at], .. bytes[(at + 1)..]],
        Damage.Repeat => [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + (what % 20))], .. bytes[at..]],
        _ => [.. bytes[..at], 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, .. bytes[(at + 1)..]],
    };
}
