using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TorchSharp;

/// <summary>Marks a static class whose fields are operators, so that the engine's start resolves them.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OperatorsAttribute : Attribute;

/// <summary>All operators in use, and the check that this engine has them.</summary>
internal static class OperatorTable
{
    private static readonly ConcurrentQueue<(Op Op, bool Optional)> all = new();
    private static readonly string? failure = Resolve();

    /// <summary>Every operator in use, resolved or not, with whether it may be absent.</summary>
    internal static IReadOnlyCollection<(Op Op, bool Optional)> All
    {
        get
        {
            RuntimeHelpers.RunClassConstructor(typeof(OperatorTable).TypeHandle);
            return all;
        }
    }

    internal static void Add(Op op, bool optional) => all.Enqueue((op, optional));

    /// <summary>Throws, naming them, when operators are missing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Require()
    {
        if (failure is not null)
            throw new NotSupportedException(failure);
    }

    private static string? Resolve()
    {
        foreach (var type in typeof(OperatorTable).Assembly.GetTypes())
            if (type.IsDefined(typeof(OperatorsAttribute), false))
                RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        if (!Engine.Loaded)
            return null; // Engine reports that one itself
        return Failure(all);
    }

    /// <summary>The message about missing operators, or null when there are none.</summary>
    internal static string? Failure(IEnumerable<(Op Op, bool Optional)> operators)
    {
        string[] missing = [.. operators.Where(o => !o.Optional && !o.Op.Exists).Select(o => o.Op.Name).Order()];
        return missing.Length == 0
            ? null
            : $"libtorch {torch.EngineVersion} lacks {missing.Length} operator(s) that are in use: {string.Join(", ", missing)}. "
                + "Supported are libtorch 1.13 and 2.x to 2.11; choose one by RESEARCH_LIBTORCH and run ./research setup";
    }
}
