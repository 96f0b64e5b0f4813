using System.Text;
using GossipCluster.Core.Audit;

namespace GossipCluster.Core.Tests.Audit;

/// <summary>One audit from end to end, every message through its bytes, with a network that can double and delay answers.</summary>
internal sealed class AuditRun
{
    // A session that makes no progress fails here instead of running for ever.
    private const int MessagesMax = 10_000;

    private readonly AuditReplica _here;
    private readonly AuditReplica _there;
    private readonly Random? _chaos;
    private readonly List<AuditProtocol.Answer> _answers = [];
    private AuditSession _session = null!;

    private AuditRun(AuditReplica here, AuditReplica there, Random? chaos)
    {
        _here = here;
        _there = there;
        _chaos = chaos;
    }

    public List<string> Found { get; } = [];

    public List<(int Level, int Index)> Unexplained { get; } = [];

    public AuditOutcome? Outcome { get; private set; }

    public List<AuditProtocol.Message> Messages { get; } = [];

    public int RoundTrips => Messages.Count / 2;

    /// <summary>Runs to the end. <paramref name="before"/> each request is answered, the world may change.</summary>
    public static AuditRun Between(
        AuditReplica here, AuditReplica there, Random? chaos = null, Action<AuditProtocol.Request>? before = null)
    {
        var run = new AuditRun(here, there, chaos);
        var step = AuditSession.Open(4_711, here);
        while (run.Apply(step) is { } request)
        {
            Assert.InRange(run.Messages.Count, 0, MessagesMax);
            before?.Invoke(request);
            step = run.Answer(request);
        }

        Assert.Equal(run.Outcome, run._session.Outcome);
        return run;
    }

    private AuditProtocol.Request? Apply(AuditStep step)
    {
        AuditProtocol.Request? next = null;
        _session = step.Session;
        foreach (var effect in step.Effects)
        {
            switch (effect)
            {
                case AuditEffect.Send send:
                    Assert.Null(next);
                    next = send.Request;
                    break;
                case AuditEffect.Found found:
                    Found.Add($"{found.Difference.Kind} {Encoding.UTF8.GetString(found.Difference.Key.Span)}");
                    Assert.NotEqual(found.Difference.Here, found.Difference.There);
                    break;
                case AuditEffect.Unexplained unexplained:
                    Unexplained.Add((unexplained.Level, unexplained.Index));
                    break;
                case AuditEffect.Ended ended:
                    Assert.Null(Outcome);
                    Outcome = ended.Outcome;
                    break;
            }
        }

        return next;
    }

    private AuditStep Answer(AuditProtocol.Request request)
    {
        var answer = (AuditProtocol.Answer)Cross(AuditResponder.Answer((AuditProtocol.Request)Cross(request), _there));
        _answers.Add(answer);

        // Anything answered before may come again before the answer, and the answer itself twice: the owner may have repeated its request
        // too.
        for (var old = _chaos?.Next(4) ?? 0; old > 0 && _answers.Count > 1; old--) Ignored(_answers[_chaos!.Next(_answers.Count - 1)]);
        if (_chaos is not null) Ignored(answer with { Session = answer.Session + 1 });
        if (_chaos?.Next(2) == 1) Assert.Same(request, Assert.IsType<AuditEffect.Send>(Assert.Single(_session.Repeat().Effects)).Request);
        var step = _session.Receive(answer, _here);
        _session = step.Session;
        if (_chaos is not null) Ignored(answer);
        return step;
    }

    private void Ignored(AuditProtocol.Answer answer)
    {
        var step = _session.Receive(answer, _here);
        Assert.Same(_session, step.Session);
        Assert.Empty(step.Effects);
    }

    private AuditProtocol.Message Cross(AuditProtocol.Message message)
    {
        var bytes = AuditWireTests.Bytes(message);
        Assert.InRange(bytes.Length, 1, AuditProtocol.MessageBytesMax);
        var read = AuditWireTests.Read(bytes);
        Messages.Add(read);
        return read;
    }
}
