using System.ComponentModel.DataAnnotations;
using Akka.Configuration;
using GossipCluster.Actors.Configuration;

namespace GossipCluster.Actors.Tests.Configuration;

public sealed class HoconOptionsTests
{
    /// <summary>All options records of the assembly; new ones are found by themselves.</summary>
    public static TheoryData<string> Records { get; } =
        [.. typeof(GossipHocon).Assembly.GetTypes().Where(type => type.GetField("Section") is not null && !type.IsAbstract).Select(type => type.FullName!)];

    [Theory(DisplayName = "reference.conf says what the options records have as their defaults, key by key")]
    [MemberData(nameof(Records))]
    public void The_reference_is_the_defaults(string record)
    {
        var type = typeof(GossipHocon).Assembly.GetType(record)!;
        var section = HoconOptions.SectionOf(type);
        List<string> errors = [];

        var read = HoconOptions.Read(type, GossipHocon.Reference, errors);

        Assert.Empty(errors);
        Assert.Equal(Activator.CreateInstance(type), read);
        Assert.All(HoconOptions.PropertiesOf(type), property =>
            Assert.True(GossipHocon.Reference.HasPath($"{section}.{HoconOptions.KeyOf(property)}"), $"{section}.{HoconOptions.KeyOf(property)} is not in reference.conf."));
    }

    [Fact]
    public void What_is_wrong_is_said_all_at_once()
    {
        List<string> errors = [];

        var read = HoconOptions.Read<SampleOptions>(
            ConfigurationFactory.ParseString("sample { wait = 5ms, tries = many, on-time = on, words = \"a, b\", other = 1, nested { x = 1 } }"), errors);

        Assert.Equal(["sample.tries is 'many', which is no whole number.", "There is no setting sample.other.", "sample.wait is 5 ms, it must be 10 ms to 1 s."], errors);
        Assert.True(read.OnTime);
        Assert.Equal(["a", "b"], read.Words);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("lan")]
    [InlineData("wan")]
    public void A_profile_changes_what_exists(string profile)
    {
        List<string> errors = [];
        foreach (var type in Records.Select(row => typeof(GossipHocon).Assembly.GetType(row.Data)!)) HoconOptions.Read(type, GossipHocon.Defaults(profile), errors);

        Assert.Empty(errors);
        Assert.Equal("", GossipHocon.Defaults(profile).GetString("akka.cluster.downing-provider-class", "?"));
    }

    private sealed record SampleOptions
    {
        public const string Section = "sample";

        [Range(typeof(TimeSpan), "00:00:00.010", "00:00:01")]
        public TimeSpan Wait { get; init; }

        public int Tries { get; init; } = 3;

        public bool OnTime { get; init; }

        public System.Collections.Immutable.ImmutableArray<string> Words { get; init; } = [];
    }
}
