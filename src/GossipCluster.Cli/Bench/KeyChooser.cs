namespace GossipCluster.Cli.Bench;

/// <summary>Which key comes next. Immutable; safe for many threads.</summary>
internal sealed class KeyChooser
{
    private readonly int _count;
    private readonly double[]? _cumulative;

    private KeyChooser(int count, double[]? cumulative)
    {
        _count = count;
        _cumulative = cumulative;
    }

    /// <summary>Every key as often as any other.</summary>
    public static KeyChooser Uniform(int count) => new(count, null);

    /// <summary>Key k (from 0) with a probability in proportion to 1 / (k + 1)^exponent. Exact, 8 bytes a key, O(log count) a draw.</summary>
    public static KeyChooser Zipf(int count, double exponent)
    {
        var cumulative = new double[count];
        var sum = 0.0;
        for (var key = 0; key < count; key++) cumulative[key] = sum += Math.Pow(key + 1, -exponent);
        return new KeyChooser(count, cumulative);
    }

    public int Draw(Random random)
    {
        if (_cumulative is null) return random.Next(_count);
        var found = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found, _count - 1);
    }
}
