using CsCheck;

namespace GossipCluster.Core.Tests;

/// <summary>Runs a law over generated cases: the same cases on every run, unless the environment asks for others.</summary>
/// <remarks>
/// With <c>CsCheck_Iter</c>, <c>CsCheck_Time</c> or <c>CsCheck_Seed</c> set, CsCheck picks new cases (or the one named). A case that fails is shrunk,
/// and the failure names the seed to run it again with.
/// </remarks>
internal static class Property
{
    private const int ShrinkSteps = 500;

    public static void ForAll<T>(Gen<T> cases, Action<T> law, int times = 100, Func<T, string>? print = null)
    {
        if (IsSet("CsCheck_Iter") || IsSet("CsCheck_Time") || IsSet("CsCheck_Seed"))
        {
            cases.Sample(law, print: print, threads: 1);
            return;
        }

        for (uint i = 0; i < times; i++)
        {
            var random = new PCG(i, 20_260_101);
            var seed = random.ToString();
            var value = cases.Generate(random, null, out _);
            try
            {
                law(value);
            }
            catch (Exception failure)
            {
                // Runs the case again under its seed, and looks for a smaller one. What is thrown here names both.
                cases.Sample(law, seed: seed, iter: ShrinkSteps, threads: 1, print: print);
                throw new InvalidOperationException($"Failed once and not again with the seed {seed}: the law is not deterministic.", failure);
            }
        }
    }

    public static void ForAll<T1, T2>(Gen<(T1, T2)> cases, Action<T1, T2> law, int times = 100) =>
        ForAll(cases, one => law(one.Item1, one.Item2), times);

    public static void ForAll<T1, T2, T3>(Gen<(T1, T2, T3)> cases, Action<T1, T2, T3> law, int times = 100) =>
        ForAll(cases, one => law(one.Item1, one.Item2, one.Item3), times);

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
