namespace GossipCluster.MultiNode.TestKit;

/// <summary>Where the roles of a spec wait for each other: nobody passes a barrier before all have reached it. The same barriers in the same order for everybody.</summary>
/// <remarks>A role that fails breaks what the others wait for, so that a spec ends with its first failure and not with a time that ran out.</remarks>
/// <param name="roles">Who takes part.</param>
/// <param name="within">How long the first at a barrier waits for the last.</param>
internal sealed class Barriers(IReadOnlyCollection<Role> roles, TimeSpan within)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Role> _present = [];
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _name;
    private string? _broken;

    /// <summary>Ends when every role is here.</summary>
    /// <exception cref="BarrierException">Another role has failed, has ended, is at another barrier, or does not come in time.</exception>
    public async Task EnterAsync(Role role, string name, CancellationToken cancel)
    {
        Task open;
        lock (_lock)
        {
            if (_broken is null && _name is { } other && other != name) Break($"{role} is at the barrier '{name}', while {Present} {(_present.Count == 1 ? "is" : "are")} at '{other}'");
            if (_broken is { } why) throw new BarrierException($"Barrier '{name}': {why}.");
            _name = name;
            _present.Add(role);
            open = _open.Task;
            if (_present.Count == roles.Count) Open();
        }

        try
        {
            await open.WaitAsync(within, cancel);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                if (open.IsCompletedSuccessfully) return;
                Break($"{Missing} did not come within {within.TotalSeconds:0.#} s");
                throw new BarrierException($"Barrier '{name}': {_broken}.");
            }
        }
    }

    /// <summary>A role's script has ended: nobody needs to wait for it any more, and who does waits in vain.</summary>
    public void Leave(Role role, Exception? failure)
    {
        lock (_lock)
        {
            if (failure is not null) Break($"{role} has failed before it: {failure.Message}");
            else if (_present.Count > 0) Break($"{role} has ended and will not come");
            else _broken ??= $"{role} has ended and will not come";
        }
    }

    private string Present => string.Join(", ", _present.Select(role => role.Name).Order(StringComparer.Ordinal));

    private string Missing => string.Join(", ", roles.Except(_present).Select(role => role.Name).Order(StringComparer.Ordinal));

    private void Open()
    {
        _present.Clear();
        _name = null;
        _open.SetResult();
        _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Break(string why)
    {
        _broken ??= why;
        if (_present.Count > 0) _open.TrySetException(new BarrierException($"Barrier '{_name}': {_broken}."));
    }
}

/// <summary>A role waited at a barrier for one that did not come.</summary>
public sealed class BarrierException : Exception
{
    /// <summary>A wait in vain.</summary>
    public BarrierException(string message)
        : base(message)
    {
    }
}
