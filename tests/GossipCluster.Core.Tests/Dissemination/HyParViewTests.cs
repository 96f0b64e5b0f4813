using GossipCluster.Core.Causality;
using GossipCluster.Core.Dissemination;

namespace GossipCluster.Core.Tests.Dissemination;

public sealed class HyParViewTests
{
    private static readonly PeerId Self = Peer(0);
    private static readonly ViewOptions Options = new();
    private readonly DisseminationCounters _counters = new();
    private readonly HyParView _views;

    public HyParViewTests() => _views = new HyParView(Self, Options, new Random(1), _counters);

    [Fact]
    public void A_node_without_neighbours_joins_one_member_and_then_looks_for_more()
    {
        var joined = Assert.Single(Sent<DisseminationMessage.Join>(Do((now, outbox) => _views.Learn(Members(20), now, outbox)))).To;

        var effects = Receive(joined, new DisseminationMessage.NeighborAnswer(true));

        Assert.Equal([joined], _views.Active);
        Assert.Equal(Options.ActiveTarget - 1, Sent<DisseminationMessage.Neighbor>(effects).Count(send => !send.Message.IsHigh));
    }

    [Fact]
    public void A_join_that_is_not_answered_is_tried_elsewhere()
    {
        var first = Assert.Single(Sent<DisseminationMessage.Join>(Do((now, outbox) => _views.Learn(Members(20), now, outbox)))).To;

        var second = Assert.Single(Sent<DisseminationMessage.Join>(Tick(Options.RequestTimeout))).To;

        Assert.NotEqual(first, second);
        Assert.DoesNotContain(first, _views.Passive);
    }

    [Fact]
    public void A_join_is_granted_whatever_it_displaces_and_told_to_the_neighbours()
    {
        Fill(Options.ActiveMax);

        var effects = Receive(Peer(50), DisseminationMessage.Join.Instance);

        Assert.Equal(Options.ActiveMax, _views.Active.Count());
        Assert.Contains(Peer(50), _views.Active);
        Assert.True(Assert.Single(Sent<DisseminationMessage.NeighborAnswer>(effects)).Message.IsAccepted);
        Assert.Equal(Options.ActiveMax - 1, Sent<DisseminationMessage.ForwardJoin>(effects).Count(send => send.Message == new DisseminationMessage.ForwardJoin(Peer(50), Options.JoinWalkMax)));
        var displaced = Assert.Single(Sent<DisseminationMessage.Disconnect>(effects)).To;
        Assert.Contains(displaced, _views.Passive);
        Assert.Equal(1, _counters.NeighborsDisplaced);
    }

    [Fact]
    public void A_request_of_low_priority_is_refused_where_there_is_no_room()
    {
        Fill(Options.ActiveMax);

        var answer = Assert.Single(Sent<DisseminationMessage.NeighborAnswer>(Receive(Peer(50), new DisseminationMessage.Neighbor(IsHigh: false))));

        Assert.False(answer.Message.IsAccepted);
        Assert.DoesNotContain(Peer(50), _views.Active);
        Assert.Contains(Peer(50), _views.Passive);
    }

    [Fact]
    public void A_walking_join_goes_on_to_another_neighbour_and_is_noted_half_way()
    {
        Fill(Options.ActiveMax);

        var send = Assert.Single(Sent<DisseminationMessage.ForwardJoin>(Receive(Peer(1), new DisseminationMessage.ForwardJoin(Peer(50), Options.JoinNotedAt))));

        Assert.NotEqual(Peer(1), send.To);
        Assert.Equal(Options.JoinNotedAt - 1, send.Message.Ttl);
        Assert.Contains(Peer(50), _views.Passive);
    }

    [Fact]
    public void A_walking_join_ends_with_a_request_to_who_joined()
    {
        Fill(2);

        Assert.Contains(Sent<DisseminationMessage.Neighbor>(Receive(Peer(1), new DisseminationMessage.ForwardJoin(Peer(50), 0))), send => send.To == Peer(50));
    }

    [Fact]
    public void A_silent_neighbour_is_replaced()
    {
        Do((now, outbox) => _views.Learn(Members(20), now, outbox));
        Fill(Options.ActiveTarget);
        var silent = _views.Active.First();

        List<DisseminationEffect> effects = [];
        for (var now = TimeSpan.Zero; now <= Options.SilenceMax + (2 * Options.KeepaliveInterval); now += Options.KeepaliveInterval)
        {
            foreach (var peer in _views.Active.Where(peer => peer != silent).ToList()) Do((_, outbox) => _views.Heard(peer, now, outbox), now);
            effects.AddRange(Tick(now));
        }

        Assert.DoesNotContain(silent, _views.Active);
        Assert.Equal(1, _counters.NeighborsSilent);
        Assert.NotEmpty(Sent<DisseminationMessage.Neighbor>(effects));
    }

    [Fact]
    public void A_suspected_neighbour_is_replaced_at_once()
    {
        Do((now, outbox) => _views.Learn(Members(20), now, outbox));
        Fill(Options.ActiveTarget);
        Tick(Options.RequestTimeout);

        var effects = Do((now, outbox) => _views.Suspect(Peer(1), now, outbox));

        Assert.DoesNotContain(Peer(1), _views.Active.Concat(_views.Passive));
        Assert.Single(Sent<DisseminationMessage.Neighbor>(effects));
    }

    [Fact]
    public void A_sign_of_life_from_a_stranger_ends_the_link_that_only_it_believes_in()
    {
        Fill(3);

        Assert.Equal(Peer(50), Assert.Single(Sent<DisseminationMessage.Disconnect>(Receive(Peer(50), new DisseminationMessage.Keepalive(new Beacon(Peer(50), 1))))).To);
    }

    [Fact]
    public void A_later_life_ends_the_earlier_one()
    {
        Fill(3);
        var restarted = Peer(1) with { Epoch = 2 };

        Do((now, outbox) => _views.Heard(restarted, now, outbox));

        Assert.DoesNotContain(Peer(1), _views.Active);
        Receive(restarted, new DisseminationMessage.Neighbor(IsHigh: true));
        Assert.Contains(restarted, _views.Active);
        Assert.True(_views.IsEarlierLife(Peer(1)));
    }

    [Fact]
    public void Who_has_left_the_member_list_is_in_no_view()
    {
        Do((now, outbox) => _views.Learn(Members(20), now, outbox));
        Fill(3);

        Do((now, outbox) => _views.Learn(MemberList.Of(Members(20).Peers.Where(peer => peer != Peer(1))), now, outbox));

        Assert.DoesNotContain(Peer(1), _views.Active.Concat(_views.Passive));
    }

    [Fact]
    public void Views_stay_within_their_bounds_whatever_comes()
    {
        var random = new Random(3);
        Do((now, outbox) => _views.Learn(Members(200), now, outbox));
        for (var step = 0; step < 5_000; step++)
        {
            var from = Peer(random.Next(1, 200), (ulong)random.Next(1, 3));
            if (_views.IsEarlierLife(from)) continue;
            var peers = Enumerable.Range(0, random.Next(20)).Select(_ => Peer(random.Next(200), (ulong)random.Next(1, 3)));
            DisseminationMessage.OfViews message = random.Next(8) switch
            {
                0 => DisseminationMessage.Join.Instance,
                1 => new DisseminationMessage.ForwardJoin(Peer(random.Next(200)), random.Next(7)),
                2 => new DisseminationMessage.Neighbor(random.Next(2) == 0),
                3 => new DisseminationMessage.NeighborAnswer(random.Next(2) == 0),
                4 => new DisseminationMessage.Disconnect(random.Next(2) == 0),
                5 => new DisseminationMessage.Shuffle(Peer(random.Next(200)), random.Next(5), [.. peers]),
                6 => new DisseminationMessage.ShuffleReply([.. peers]),
                _ => new DisseminationMessage.Keepalive(new Beacon(Peer(random.Next(200)), (ulong)random.Next(100))),
            };
            Do((now, outbox) => _views.Heard(from, now, outbox));
            Receive(from, message, TimeSpan.FromMilliseconds(step * 20));
            if (random.Next(4) == 0) Tick(TimeSpan.FromMilliseconds(step * 20));

            Assert.InRange(_views.Active.Count(), 0, Options.ActiveMax);
            Assert.InRange(_views.Passive.Count, 0, Options.PassiveMax);
            Assert.DoesNotContain(Self.Node, _views.Active.Concat(_views.Passive).Select(peer => peer.Node));
            Assert.Distinct(_views.Active.Concat(_views.Passive).Select(peer => peer.Node));
        }
    }

    private static PeerId Peer(int number, ulong epoch = 1) => new(NodeName.Of($"n{number:D3}"), epoch);

    private static MemberList Members(int count) => MemberList.Of(Enumerable.Range(0, count).Select(number => Peer(number)));

    private static List<(PeerId To, T Message)> Sent<T>(IEnumerable<DisseminationEffect> effects) =>
        [.. effects.OfType<DisseminationEffect.Send>().Where(send => send.Message is T).Select(send => (send.To, (T)(object)send.Message))];

    private void Fill(int count)
    {
        for (var number = 1; number <= count; number++) Receive(Peer(number), new DisseminationMessage.Neighbor(IsHigh: true));
    }

    private List<DisseminationEffect> Receive(PeerId from, DisseminationMessage.OfViews message, TimeSpan now = default) =>
        Do((_, outbox) => _views.Receive(from, message, now, outbox), now);

    private List<DisseminationEffect> Tick(TimeSpan now) => Do((_, outbox) => _views.Tick(now, outbox), now);

    private static List<DisseminationEffect> Do(Action<TimeSpan, Outbox> act, TimeSpan now = default)
    {
        var outbox = new Outbox();
        act(now, outbox);
        return outbox.Effects;
    }
}
