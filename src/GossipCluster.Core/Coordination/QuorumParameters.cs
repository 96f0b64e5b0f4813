namespace GossipCluster.Core.Coordination;

/// <summary>What one request asks for, where it differs from its bucket type.</summary>
public sealed record QuorumParameters
{
    /// <summary>A request that asks for nothing of its own.</summary>
    public static QuorumParameters None { get; } = new();

    /// <summary><c>r</c>.</summary>
    public QuorumValue R { get; init; }

    /// <summary><c>pr</c>.</summary>
    public QuorumValue Pr { get; init; }

    /// <summary><c>w</c>.</summary>
    public QuorumValue W { get; init; }

    /// <summary><c>dw</c>.</summary>
    public QuorumValue Dw { get; init; }

    /// <summary><c>pw</c>.</summary>
    public QuorumValue Pw { get; init; }

    /// <summary><c>node_confirms</c>.</summary>
    public QuorumValue NodeConfirms { get; init; }

    /// <summary><c>notfound_ok</c>; null for the bucket type's.</summary>
    public bool? NotFoundOk { get; init; }

    /// <summary><c>basic_quorum</c>; null for the bucket type's.</summary>
    public bool? BasicQuorum { get; init; }

    /// <summary>Reads all of them, on any method: a bad <c>w</c> on a read is an error too.</summary>
    /// <param name="query">The query parameter of a name, null where the request has none.</param>
    /// <param name="errors">Gets one error for each bad parameter.</param>
    public static QuorumParameters Parse(Func<string, string?> query, List<QuorumError> errors)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(errors);
        return new QuorumParameters
        {
            R = Quorum("r"),
            Pr = Quorum("pr"),
            W = Quorum("w"),
            Dw = Quorum("dw"),
            Pw = Quorum("pw"),
            NodeConfirms = Quorum("node_confirms"),
            NotFoundOk = Boolean("notfound_ok"),
            BasicQuorum = Boolean("basic_quorum"),
        };

        QuorumValue Quorum(string name)
        {
            var value = QuorumValue.Default;
            if (query(name) is { } text && !QuorumValue.TryParse(text, out value)) errors.Add(new QuorumError.NotAQuorum(name));
            return value;
        }

        bool? Boolean(string name)
        {
            var text = query(name);
            if (text is null || string.Equals(text, "default", StringComparison.OrdinalIgnoreCase)) return null;
            if (string.Equals(text, "true", StringComparison.OrdinalIgnoreCase)) return true;
            if (!string.Equals(text, "false", StringComparison.OrdinalIgnoreCase)) errors.Add(new QuorumError.NotABoolean(name));
            return false;
        }
    }
}
