using CsCheck;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests.Kernel;

public sealed class JoinLawTests
{
    private static readonly DataType[] Types = Enum.GetValues<DataType>();

    private static readonly Gen<(int Replica, int Type, Operation Operation, bool Sync)[]> Writes = Gen.Int[0, 6].SelectMany(type => Gen.Select(
        Gen.Int[0, 2],
        Gen.Const(type),
        Gen.Frequency((9, Histories.OperationsOf(Types[type])), (1, Gen.Const((Operation)Operation.Delete.Instance))),
        Gen.Frequency((1, Gen.Const(true)), (4, Gen.Const(false))))).Array[1, 40];

    /// <summary>The ways in which one replica's state gets into another.</summary>
    public enum Way
    {
        Deltas,
        KeyStates,
        Transfer,
    }

    [Theory(DisplayName = "A join is commutative, associative and idempotent, by whatever way the state comes")]
    [InlineData(Way.Deltas)]
    [InlineData(Way.KeyStates)]
    [InlineData(Way.Transfer)]
    public void Join_obeys_the_laws(Way way) => Property.ForAll(
        Writes,
        writes =>
        {
            var (a, b, c) = Run(writes);

            var abc = Joined(way, a, b, c);

            Replicas.AssertSame(abc, Joined(way, c, a, b));
            Replicas.AssertSame(abc, Joined(way, b, b, a, c, a, b, c, c));
            Replicas.AssertSame(abc, Joined(way, Joined(way, b, c), a));
            Replicas.AssertSame(abc, Joined(way, a, Joined(way, c, b)));
            Replicas.AssertAuditIsTrue(abc);
        },
        times: 150);

    [Fact(DisplayName = "Deltas, key states and a full transfer bring the same state")]
    public void All_ways_lead_to_the_same_state() => Property.ForAll(
        Writes,
        writes =>
        {
            var (a, b, c) = Run(writes);

            var byDeltas = Joined(Way.Deltas, a, b, c);

            Replicas.AssertSame(byDeltas, Joined(Way.KeyStates, a, b, c));
            Replicas.AssertSame(byDeltas, Joined(Way.Transfer, a, b, c));
        },
        times: 200);

    [Fact(DisplayName = "Readers that join a key's states in any order read the value of the replica that joined them all")]
    public void A_reader_reads_the_join() => Property.ForAll(
        Writes,
        writes =>
        {
            var (a, b, c) = Run(writes);
            var joined = Joined(Way.Deltas, a, b, c);

            foreach (var order in (Replica[][])[[a, b, c], [c, b, a], [b, a, b, c, b]])
            {
                foreach (var key in Types.Select(type => NameOf(type)))
                {
                    var reader = new KeyReader();
                    foreach (var replica in order) Assert.True(reader.TryJoin(replica.StateOf(key), out _));

                    Assert.Equal(joined.Value(key), Show.Of(reader.Value));
                    Assert.Equal(joined.LiveDots(key), reader.LiveDots);
                    Assert.Equal(joined.Clock, reader.Clock);
                    Assert.Equal(joined.DigestOf(key), reader.Digest);
                    Assert.All(order, replica => Assert.True(reader.Covers(replica.Clock)));
                    Assert.Equal(a.LiveDots(key).Equals(joined.LiveDots(key)), a.DigestOf(key) == reader.Digest);
                }
            }
        },
        times: 150);

    private static Key NameOf(DataType type) => Key.Of("type", "bucket", type.ToString());

    /// <summary>Three replicas that have written, each for itself, and synced now and then.</summary>
    private static (Replica, Replica, Replica) Run((int Replica, int Type, Operation Operation, bool Sync)[] writes)
    {
        Replica[] replicas = [Replicas.New(0), Replicas.New(1), Replicas.New(2)];
        foreach (var (index, type, operation, sync) in writes)
        {
            // What is refused (not present, overflow) is no part of the state.
            replicas[index].Stage(Types[type], NameOf(Types[type]), operation, Replicas.Now);
            replicas[index].CommitAll();
            if (sync) Replicas.Sync(replicas[(index + 1) % 3], replicas[index]);
        }

        return (replicas[0], replicas[1], replicas[2]);
    }

    private static Replica Joined(Way way, params Replica[] sources)
    {
        // The joined replica must offer deltas again only where it got deltas: with a log of one byte everything goes by key state.
        var joined = Replicas.New(9, way == Way.KeyStates ? new ReplicaOptions { LogDeltaBytesMax = 1 } : null);
        foreach (var source in sources)
        {
            switch (way)
            {
                case Way.Deltas:
                    Replicas.Sync(joined, source, bytesMax: 50);
                    break;
                case Way.KeyStates:
                    foreach (var key in Types.Select(NameOf))
                    {
                        if (source.RepairOf(key, joined.Clock) is { } repair) Replicas.Feed(joined, [repair]);
                    }

                    break;
                default:
                    Replicas.Feed(joined, Replicas.Everything(source, 1, bytesMax: 50));
                    break;
            }
        }

        return joined;
    }
}
