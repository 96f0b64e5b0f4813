using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using GossipCluster.Core.Kernel;

namespace GossipCluster.Core.Tests;

public sealed class ArchitectureTests
{
    private static readonly string[] AssembliesAllowed = ["System.", "Microsoft.Win32.Primitives", "netstandard", "mscorlib"];
    private static readonly string[] TypesBanned =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.StreamWriter", "System.IO.Path", "System.Console",
        "System.Net.", "System.Threading.Tasks.", "System.Threading.Thread", "System.Threading.Timer", "System.Threading.ThreadPool", "System.TimeProvider",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process", "System.Guid", "System.HashCode",
        "System.Security.Cryptography.RandomNumberGenerator",
    ];

    private static readonly string[] MembersBanned =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Environment.GetEnvironmentVariable",
        "System.Random.get_Shared", "System.Random..ctor()", "System.String.GetHashCode",
    ];

    [Fact(DisplayName = "Core stands on the base class library alone: no Akka, no HTTP, no database")]
    public void Core_references_the_base_library_alone() =>
        Assert.All(typeof(Replica).Assembly.GetReferencedAssemblies(), name => Assert.Contains(AssembliesAllowed, prefix => name.Name!.StartsWith(prefix, StringComparison.Ordinal)));

    [Fact(DisplayName = "Core does no I/O, starts no threads and asks neither a clock nor chance")]
    public void Core_is_pure()
    {
        using var file = new PEReader(File.OpenRead(typeof(Replica).Assembly.Location));
        var metadata = file.GetMetadataReader();

        var types = metadata.TypeReferences.Select(handle => NameOf(metadata, handle)).ToList();
        var members = metadata.MemberReferences.Select(handle => NameOf(metadata, metadata.GetMemberReference(handle))).ToList();

        Assert.Contains("System.Object", types);
        Assert.DoesNotContain(types, type => TypesBanned.Any(banned => banned[^1] == '.' ? type.StartsWith(banned, StringComparison.Ordinal) : type == banned));
        Assert.DoesNotContain(members, member => MembersBanned.Contains(member));
    }

    [Fact(DisplayName = "Nothing in the kernel, in causality or in the data types knows of what is built on them")]
    public void Layers_look_down_only()
    {
        string[] upper = ["GossipCluster.Core.Replication", "GossipCluster.Core.Placement"];
        var lower = typeof(Replica).Assembly.GetTypes().Where(type => type.Namespace is "GossipCluster.Core.Kernel" or "GossipCluster.Core.Causality" or "GossipCluster.Core.DataTypes");

        const System.Reflection.BindingFlags all = (System.Reflection.BindingFlags)62;
        var known = lower.SelectMany(type => type.GetFields(all).Select(field => field.FieldType)
            .Concat(type.GetMethods(all).SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))));

        Assert.DoesNotContain(known, type => upper.Contains(type.Namespace));
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(metadata, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    private static string NameOf(MetadataReader metadata, MemberReference member)
    {
        if (member.Parent.Kind != HandleKind.TypeReference) return metadata.GetString(member.Name);
        var name = $"{NameOf(metadata, (TypeReferenceHandle)member.Parent)}.{metadata.GetString(member.Name)}";

        // A constructor with a seed is fine: its signature has a parameter.
        return name == "System.Random..ctor" && metadata.GetBlobBytes(member.Signature)[1] == 0 ? "System.Random..ctor()" : name;
    }
}
