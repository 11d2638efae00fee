using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// Any libtorch operator by its schema's name, with autograd, where TorchSharp has no call. Arguments are given in full, in the
/// schema's order. Thread-safe.
/// </summary>
/// <param name="name">The schema's name, such as "aten::_fused_adamw_".</param>
/// <param name="overload">The overload's name, often empty.</param>
/// <param name="arguments">How many arguments the schema has.</param>
/// <param name="results">How many results it has.</param>
public sealed unsafe class Operator(string name, string overload, int arguments, int results)
{
    readonly byte[] nameBytes = Encoding.UTF8.GetBytes(name + "\0");
    readonly byte[] overloadBytes = Encoding.UTF8.GetBytes(overload + "\0");

    /// <summary>The name with its overload, as PyTorch prints it.</summary>
    public string Name { get; } = overload.Length == 0 ? name : $"{name}.{overload}";

    /// <summary>Calls it for its effect; any results are freed.</summary>
    /// <exception cref="ArgumentException">The number of arguments is wrong.</exception>
    /// <exception cref="ExternalException">libtorch refuses the call; the message names the operator and the arguments' types and shapes.</exception>
    public void Do(params ReadOnlySpan<Argument> given)
    {
        Span<ulong> stack = stackalloc ulong[Math.Max(arguments, results)];
        Call(given, stack);
        for (var i = 0; i < results; i++)
            _ = StableInterface.aoti_torch_delete_tensor_object((nint)stack[i]);
    }

    /// <summary>Calls it for its single result, a Tensor that belongs to the current dispose scope.</summary>
    /// <inheritdoc cref="Do"/>
    public Tensor Result(params ReadOnlySpan<Argument> given)
    {
        Span<ulong> stack = stackalloc ulong[Math.Max(arguments, results)];
        Call(given, stack);
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    void Call(ReadOnlySpan<Argument> given, Span<ulong> stack)
    {
        if (given.Length != arguments)
            throw new ArgumentException($"{Name} takes {arguments} arguments, not {given.Length}.", nameof(given));
        NativeEngine.Require();
        for (var i = 0; i < given.Length; i++)
            stack[i] = given[i].Pack();
        int code;
        fixed (
            byte* n = nameBytes,
                o = overloadBytes
        )
        fixed (ulong* s = stack)
            code = StableInterface.torch_call_dispatcher(n, o, s, StableInterface.Version);
        if (code != 0)
            throw new ExternalException(
                $"{Name}({Describe(given)}) failed; libtorch printed the reason on standard error."
            );
    }

    static string Describe(ReadOnlySpan<Argument> given)
    {
        var parts = new List<string>();
        foreach (var argument in given)
            parts.Add(argument.ToString());
        return string.Join(", ", parts);
    }
}
