using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace GossipCluster.Node;

/// <summary>One line an event: time, level, who, what. Akka's own prefix, which says the same again, is left out; an error's stack is not.</summary>
/// <remarks>
/// What Akka's own actors have to say is left out below a warning, and remoting's below an error, a connection's always: it
/// repeats every second that a dead node is dead, which the node's links say once.
/// </remarks>
internal sealed class LineFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    // What the state of an event of Akka calls its parts.
    private const string LogSourceKey = "LogSource";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception).TrimEnd();
        var source = logEntry.Category;
        if (logEntry.State is IEnumerable<KeyValuePair<string, object?>> parts && SourceOf(parts) is { } akkaSource)
        {
            if (logEntry.LogLevel < LevelMinOf(akkaSource)) return;
            source = ShortNameOf(akkaSource);
            var end = message.IndexOf($"[{akkaSource}] ", StringComparison.Ordinal);
            if (end >= 0) message = message[(end + akkaSource.Length + 3)..];
        }

        textWriter.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {LevelOf(logEntry.LogLevel)} {source}: {message}"));
        if (logEntry.Exception is { } error && !message.Contains(error.Message, StringComparison.Ordinal)) textWriter.WriteLine(error);
    }

    private static string? SourceOf(IEnumerable<KeyValuePair<string, object?>> parts)
    {
        foreach (var (key, value) in parts)
        {
            if (key == LogSourceKey) return value?.ToString();
        }

        return null;
    }

    private static LogLevel LevelMinOf(string source)
    {
        if (source.Contains("/user/", StringComparison.Ordinal)) return LogLevel.Trace;
        if (source.Contains("/system/endpointManager", StringComparison.Ordinal)) return LogLevel.Critical;
        return source.StartsWith("remoting", StringComparison.Ordinal) ? LogLevel.Error : LogLevel.Warning;
    }

    /// <summary>An actor's path without its address.</summary>
    private static string ShortNameOf(string source)
    {
        var user = source.IndexOf("/user/", StringComparison.Ordinal);
        return user >= 0 ? source[(user + 6)..] : source;
    }

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
