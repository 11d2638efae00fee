using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Research.Engine;
using Xunit;

namespace Core.Tests.Engine;

/// <summary>
/// TorchSharp 0.107 lets libtorch's C++ exceptions through in some calls, and such an exception ends the process. The core makes none of
/// them; nor those that free what the caller still holds, or read weights by executing code.
/// </summary>
public sealed class UnguardedCallTests
{
    /// <summary>Type, member ("*" for all) and what to use instead.</summary>
    static readonly (string Type, string Member, string Instead)[] refused =
    [
        ("torch", "matmul", "mm, bmm or nn.functional.linear"),
        ("Tensor", "matmul", "mm, bmm or nn.functional.linear"),
        ("autograd", "grad", "Derivatives.Of"),
        ("Generator", "set_state", "RandomState.Set"),
        ("torch", "set_rng_state", "RandomState.Set"),
        ("random", "set_rng_state", "RandomState.Set"),
        ("torch", "set_num_interop_threads", "nothing: it throws once work has begun"),
        ("Tensor", "cummax", "cumsum or max"),
        ("Tensor", "cummin", "cumsum or min"),
        ("nn", "Sequential", "a list of modules: a Sequential disposes what it is given"),
        ("Tensor", "addmm_", "Into.AddProduct: TorchSharp rounds its factors to float32"),
        ("Module", "load_state_dict", "LoadWeights"),
        ("Module", "state_dict", "Weights"),
        ("jit", "*", "Operator"),
        ("CompilationUnit", "*", "Operator"),
        ("optim", "*", "FusedAdamW"),
    ];

    // The room that wraps them.
    static readonly (string In, string Member)[] wrapped =
    [
        ("RandomState", "set_state"),
        ("StateDict", "state_dict"),
        ("OwningModule", "state_dict"),
    ];

    [Fact]
    public void The_core_makes_no_call_that_libtorch_can_end_the_process_in()
    {
        var found = Calls(typeof(OwningModule).Assembly.Location).ToList();
        Assert.Contains(found, c => c is { Type: "Tensor", Member: "mm" }); // so calls are seen at all
        var wrong =
            from call in found
            from no in refused
            where no.Type == call.Type && (no.Member == "*" || no.Member == call.Member)
            where !wrapped.Contains((call.In, call.Member))
            select $"{call.In} calls {call.Type}.{call.Member}; use {no.Instead}";
        Assert.Empty(wrong.Distinct());
    }

    /// <summary>Every call of TorchSharp in an assembly: the type that makes it, TorchSharp's type and its member.</summary>
    static IEnumerable<(string In, string Type, string Member)> Calls(string assembly)
    {
        using var file = File.OpenRead(assembly);
        using var pe = new PEReader(file);
        var metadata = pe.GetMetadataReader();
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
            {
                if (method.RelativeVirtualAddress == 0)
                    continue;
                var code = pe.GetMethodBody(method.RelativeVirtualAddress).GetILBytes() ?? [];
                foreach (var (parent, member) in References(metadata, code))
                    yield return (Outermost(metadata, type), parent, member);
            }
        }
    }

    // A call's operand is a token of the table of member references (0x0A) behind its opcode; a number that looks like one at most refuses too much.
    static IEnumerable<(string Type, string Member)> References(MetadataReader metadata, byte[] code)
    {
        for (var i = 1; i + 4 <= code.Length; i++)
        {
            if (code[i + 3] != 0x0A || code[i - 1] is not (0x28 or 0x6F or 0x73))
                continue;
            var row = code[i] | code[i + 1] << 8 | code[i + 2] << 16;
            if (row == 0 || row > metadata.GetTableRowCount(TableIndex.MemberRef))
                continue;
            var reference = metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(row));
            if (reference.Parent.Kind != HandleKind.TypeReference)
                continue;
            var type = metadata.GetTypeReference((TypeReferenceHandle)reference.Parent);
            yield return (metadata.GetString(type.Name), metadata.GetString(reference.Name));
        }
    }

    static string Outermost(MetadataReader metadata, TypeDefinition type)
    {
        while (!type.GetDeclaringType().IsNil)
            type = metadata.GetTypeDefinition(type.GetDeclaringType());
        return metadata.GetString(type.Name);
    }
}
