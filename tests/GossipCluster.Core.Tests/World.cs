using GossipCluster.Core.Audit;
using GossipCluster.Core.Causality;
using GossipCluster.Core.DataTypes;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests;

/// <summary>Three replicas and what the model says each of them knows. After every step the two must agree.</summary>
internal sealed class World
{
    private static readonly ContextToken Tokens = new("0123456789abcdef"u8);
    private static readonly Key Closing = Key.Of("counters", "b", "closing");

    private readonly DataType _type;
    private readonly Key[] _keys;
    private readonly Member[] _members;
    private readonly List<(string Token, Key Key, HashSet<Deed> Known)> _contexts = [];
    private readonly List<(Record Record, Deed Deed)> _delivered = [];
    private readonly Dictionary<string, Deed> _deedOfDelta = [];
    private readonly Dictionary<Deed, DotSet> _dotsOfDeed = [];
    private ulong _transfers;
    private int _deeds;

    public World(DataType type)
    {
        _type = type;
        _keys = [Key.Of("type", "b", "k0"), Key.Of("type", "b", "k1")];

        // One keeps every delta, one soon has only key states to offer, one soon only full transfers.
        _members =
        [
            new Member(0, new ReplicaOptions()),
            new Member(1, new ReplicaOptions { LogDeltaBytesMax = 250 }),
            new Member(2, new ReplicaOptions { LogEntriesMax = 12 }),
        ];
    }

    /// <summary>Runs a history from the empty world to its end, at which everything has gone everywhere.</summary>
    public static void Run(DataType type, Step[] steps)
    {
        var world = new World(type);
        foreach (var step in steps) world.Take(step);
        world.Settle();
        world.Bury();
    }

    private void Take(Step step)
    {
        var (member, other) = (_members[step.Replica], _members[step.Other]);
        switch (step.Kind)
        {
            case StepKind.Write:
                Write(member, step);
                break;
            case StepKind.Seal:
                member.Seal();
                break;
            case StepKind.Commit:
                Commit(member);
                break;
            case StepKind.Abort:
                member.Abort();
                break;
            case StepKind.Remember:
                var key = _keys[step.Key];
                _contexts.Add((Tokens.Encode(new TokenPlace(key.Hash, 3), member.Kernel.Clock), key, [.. member.Durable]));
                break;
            case StepKind.Sync:
                Sync(member, other, bytesMax: 1 + step.Number);
                break;
            case StepKind.SyncPart:
                foreach (var record in other.Kernel.Missing(member.Kernel.Clock, 1 + (step.Number / 2)).Records) Receive(member, other, record);
                break;
            case StepKind.Deliver when _delivered.Count > 0:
                var (delta, _) = _delivered[step.Number % _delivered.Count];
                Receive(member, other, delta);
                break;
            case StepKind.Repair when other.Kernel.RepairOf(_keys[step.Key], member.Kernel.Clock) is { } repair:
                Receive(member, other, repair);
                break;
            case StepKind.Transfer:
                Transfer(member, other, step.Number);
                break;
            case StepKind.Replay:
                FinishPending(member, step.Number);
                member.Replace(member.Log);
                break;
            case StepKind.Restore:
                var snapshot = member.Kernel.Snapshot(1 + step.Number).ToList();
                var before = member.Log.Count;
                FinishPending(member, step.Number);
                member.Replace([.. snapshot, .. member.Log[before..]]);
                break;
            case StepKind.Trim:
                member.Kernel.Trim(_members.Aggregate(member.Kernel.Clock, (all, one) => all.Intersect(one.Kernel.Clock)));
                break;
        }

        Check(member);
    }

    private void Write(Member member, Step step)
    {
        var key = _keys[step.Key];
        var (token, observed) = ContextFor(key, step.Number);
        var context = new WriteContext(new DateTimeOffset(100 + (step.Number % 4), TimeSpan.Zero), token);
        var staged = member.Staged();
        var deed = new Deed(member.Index, _deeds++, key);

        // What only adds ignores its context.
        if (!step.Operation.Removes) observed = null;

        var result = member.Kernel.Stage(_type, key, step.Operation, context);

        if (result.Error?.Problem == OperationProblem.ContextNotSeen)
        {
            Assert.Contains(observed!, known => !staged.Contains(known));
            Assert.Equal(token!.Except(member.StagedClock()), result.Missing);
            return;
        }

        Assert.All(observed ?? new HashSet<Deed>(), known => Assert.True(staged.Contains(known) || IsOutlived(known, staged)));
        var problem = Oracle.Do(deed, Oracle.Live(staged, key), step.Operation, observed, context.Now.UtcTicks);
        Assert.Equal(problem, result.Error?.Problem);
        Assert.Null(result.Missing);
        if (problem is not null) return;
        Assert.Equal(deed.Added.Count == 0 && deed.Superseded.Count == 0, result.IsUnchanged);
        if (result.Delta is not { } delta) return;
        Assert.Equal(deed.Added.Count, delta.ItemCount);
        member.Gather(deed, new Record(RecordKind.Delta, delta.Bytes));
        _deedOfDelta[Show.Hex(delta.Bytes)] = deed;
        _dotsOfDeed[deed] = DotSet.Of(member.Kernel.Self, delta.First, delta.Last);
    }

    /// <summary>True where whoever knows these deeds need not hear of this one: all it did has been superseded.</summary>
    private static bool IsOutlived(Deed deed, IEnumerable<Deed> known)
    {
        var dead = known.SelectMany(one => one.Superseded).ToHashSet();
        return deed.Superseded.Count == 0 && deed.Added.All(dead.Contains);
    }

    private (DotSet? Token, IReadOnlySet<Deed>? Known) ContextFor(Key key, int number)
    {
        var ofKey = _contexts.Where(context => context.Key == key).ToList();
        if (number % 3 == 0 || ofKey.Count == 0) return (null, null);
        var (text, _, known) = ofKey[number % ofKey.Count];
        Assert.True(Tokens.TryDecode(key.Hash, text, out var clock, out var error), error.Sentence);
        return (clock, known);
    }

    private void Receive(Member to, Member from, Record record)
    {
        Assert.True(to.Kernel.Stage(record, out var error), error.ToString());
        if (record.Kind == RecordKind.Delta)
        {
            to.Gather(_deedOfDelta[Show.Hex(record.Bytes)]);
            return;
        }

        if (record.Kind == RecordKind.JoinedDelta)
        {
            // What it does not bring of a deed was there already.
            Assert.True(JoinedDelta.TryRead(record.Bytes, new ReplicaTable(), null, out var joined, out _));
            var clock = to.StagedClock();
            foreach (var deed in from.Durable.Where(deed => deed.Key == joined.Key && clock.Dominates(_dotsOfDeed[deed]))) to.Gather(deed);
            return;
        }

        Assert.True(KeyStates.TryRead(record.Bytes, new ReplicaTable(), out var states, out _));
        foreach (var entry in states.Entries)
        {
            foreach (var deed in from.Durable.Where(deed => deed.Key == entry.Key)) to.Gather(deed);
        }
    }

    private void Sync(Member to, Member from, int bytesMax)
    {
        Commit(to);
        while (true)
        {
            var answer = from.Kernel.Missing(to.Kernel.Clock, bytesMax);
            if (answer.Need == SyncNeed.Nothing) break;
            if (answer.Need == SyncNeed.FullTransfer)
            {
                Transfer(to, from, bytesMax);
                break;
            }

            var before = to.Kernel.Clock;
            foreach (var record in answer.Records) Receive(to, from, record);
            Commit(to);
            Assert.True(to.Kernel.Clock.Dominates(before.Union(answer.Covered)));
            Assert.True(!answer.IsComplete || to.Kernel.Clock.Dominates(from.Kernel.Clock));
        }

        Assert.True(to.Kernel.Clock.Dominates(from.Kernel.Clock));
        to.Durable.UnionWith(from.Durable);
        Check(to);
    }

    private void Transfer(Member to, Member from, int bytesMax)
    {
        Commit(to);
        var frozen = from.Kernel.Freeze(++_transfers);
        for (var next = 0; next < frozen.KeyCount;)
        {
            Receive(frozen.Chunk(next, bytesMax, out next));
            Assert.Equal((frozen.Transfer, next), to.Kernel.Incoming);
        }

        Receive(frozen.End());
        to.Durable.UnionWith(from.Durable);
        Assert.Null(to.Kernel.Incoming);

        void Receive(Record record)
        {
            Assert.True(to.Kernel.Stage(record, out var error), error.ToString());
            Commit(to);
        }
    }

    private void Commit(Member member) => _delivered.AddRange(member.Commit());

    private void FinishPending(Member member, int number)
    {
        if (number % 2 == 0) Commit(member);
        else member.Abort();
    }

    private void Check(Member member)
    {
        foreach (var key in _keys)
        {
            var live = Oracle.Live(member.Durable, key);
            var expected = Oracle.Value(_type, live);
            Assert.Equal(live.Count, member.Kernel.LiveDots(key).Count);
            Assert.Equal(expected, Show.Of(member.Kernel.Read(key)));
            Assert.Equal(expected != "nothing", member.Kernel.Has(key));
        }
    }

    /// <summary>Everything goes everywhere: then all are equal, and no clock has a hole.</summary>
    private void Settle()
    {
        foreach (var member in _members)
        {
            Commit(member);
            Assert.Null(member.Kernel.Stage(DataType.Counter, Closing, new Operation.Increment(1), Replicas.Now).Error);
            member.Commit();
        }

        SyncAll();
        Assert.Equal(_members.Length, ((DataValue.Counter)_members[0].Kernel.Read(Closing)!).Sum);
        foreach (var member in _members)
        {
            Check(member);
            Replicas.AssertSame(_members[0].Kernel, member.Kernel);
            Replicas.AssertAuditIsTrue(member.Kernel);
            Assert.Equal(_members.Length, member.Kernel.Clock.RangeCount);
        }
    }

    /// <summary>Everything is deleted: then nothing is left behind but the clock.</summary>
    private void Bury()
    {
        foreach (var key in _keys.Append(Closing).Where(_members[0].Kernel.Has))
        {
            Assert.Null(_members[0].Kernel.Stage(_type, key, Operation.Delete.Instance, Replicas.Now).Error);
        }

        _members[0].Commit();
        foreach (var member in _members) member.Durable.Clear();
        SyncAll();
        foreach (var member in _members)
        {
            Assert.Equal(0, member.Kernel.KeyCount);
            Assert.Equal(new MerkleTree().Root, member.Kernel.AuditSource.Tree.Root);
        }
    }

    private void SyncAll()
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var to in _members)
            {
                foreach (var from in _members.Where(from => from != to))
                {
                    // Deeds of the closing writes have no model: the transfer of knowledge is by clock alone here.
                    Replicas.Sync(to.Kernel, from.Kernel, onCommit: to.Log.AddRange);
                    to.Durable.UnionWith(from.Durable);
                }
            }
        }
    }

    /// <summary>A replica and what it is supposed to know.</summary>
    private sealed class Member(int index, ReplicaOptions options)
    {
        private readonly Queue<(Batch Batch, List<(Deed Deed, Record? Delta)> Deeds)> _inFlight = [];
        private List<(Deed Deed, Record? Delta)> _gathering = [];

        public int Index { get; } = index;

        public Replica Kernel { get; private set; } = new(Replicas.Id(index), options);

        public HashSet<Deed> Durable { get; } = [];

        public List<Record> Log { get; private set; } = [];

        public HashSet<Deed> Staged() => [.. Durable, .. _inFlight.SelectMany(batch => batch.Deeds).Concat(_gathering).Select(entry => entry.Deed)];

        public DotSet StagedClock() => Kernel.StagedClock;

        public void Gather(Deed deed, Record? delta = null) => _gathering.Add((deed, delta));

        public void Seal()
        {
            var batch = Kernel.Seal();
            _inFlight.Enqueue((batch, _gathering));
            _gathering = [];
        }

        public List<(Record, Deed)> Commit()
        {
            Seal();
            var spoken = new List<(Record, Deed)>();
            while (_inFlight.TryDequeue(out var oldest))
            {
                Kernel.Commit(oldest.Batch);
                Log.AddRange(oldest.Batch.Records);
                Durable.UnionWith(oldest.Deeds.Select(entry => entry.Deed));
                spoken.AddRange(oldest.Deeds.Where(entry => entry.Delta is not null).Select(entry => (entry.Delta!.Value, entry.Deed)));
            }

            return spoken;
        }

        public void Abort()
        {
            Kernel.Abort();
            _inFlight.Clear();
            _gathering.Clear();
        }

        /// <summary>The process ends; another reads these records.</summary>
        public void Replace(IReadOnlyList<Record> records)
        {
            var again = new Replica(Replicas.Id(Index), options);
            Replicas.Feed(again, records);
            Replicas.AssertSame(Kernel, again);
            Assert.Equal(Kernel.Self, again.Self);
            (Kernel, Log) = (again, [.. records]);
        }
    }
}
