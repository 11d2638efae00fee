using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp;

/// <summary>An operator of libtorch's dispatcher, resolved once; a call marshals its arguments on the stack.</summary>
/// <remarks>
/// Arguments are positional in the order of the operator's schema; trailing ones may be left out when the schema has defaults.
/// Beyond the result no object is allocated, unless lists of more than 512 words are passed.
/// </remarks>
internal sealed unsafe class Op
{
    private const int StackWords = 512;

    private readonly nint handle;

    private Op(string name, string overload, nint handle)
    {
        Name = overload.Length == 0 ? name : name + "." + overload;
        this.handle = handle;
    }

    /// <summary>The name as messages show it, e.g. "add.Tensor".</summary>
    internal string Name { get; }

    /// <summary>Whether this engine has the operator; always true for those that are not optional once the engine has started.</summary>
    internal bool Exists => handle != 0;

    /// <summary>The schema as the engine states it, e.g. "aten::mm(Tensor self, Tensor mat2) -> Tensor".</summary>
    internal string Schema => handle == 0 ? "" : Native.Text(Native.tsh_op_schema(handle));

    /// <summary>An operator that must exist; a missing one fails the engine's start by name.</summary>
    internal static Op Of(string name, string overload = "")
    {
        var op = Find(name, overload);
        OperatorTable.Add(op, optional: false);
        return op;
    }

    /// <summary>An operator that some versions of the engine lack: ask <see cref="Exists"/> before calling it.</summary>
    internal static Op Optional(string name, string overload = "")
    {
        var op = Find(name, overload);
        OperatorTable.Add(op, optional: true);
        return op;
    }

    private static Op Find(string name, string overload) =>
        new(name, overload, Engine.Loaded ? Native.tsh_op("aten::" + name, overload) : 0);

    /// <summary>Calls the operator; its only result is a tensor.</summary>
    internal torch.Tensor Call(params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(args, &result, 1);
        return new torch.Tensor((nint)result.Value);
    }

    /// <summary>Calls the operator on one tensor: as the general form, with less to marshal.</summary>
    internal torch.Tensor Call(torch.Tensor a)
    {
        NativeArg arg,
            result;
        arg.Tag = Arg.TagTensor;
        arg.Value = HandleOf(a);
        if (handle == 0)
            ThrowMissing();
        var code = Native.tsh_call(handle, &arg, 1, &result, 1);
        GC.KeepAlive(a);
        return code >= 0 ? new torch.Tensor((nint)result.Value) : throw Engine.Error(code, Name, Describe([a]));
    }

    /// <summary>Calls the operator on two tensors: as the general form, with less to marshal.</summary>
    internal torch.Tensor Call(torch.Tensor a, torch.Tensor b)
    {
        var args = stackalloc NativeArg[2];
        NativeArg result;
        args[0].Tag = Arg.TagTensor;
        args[0].Value = HandleOf(a);
        args[1].Tag = b is null ? Arg.TagNone : Arg.TagTensor;
        args[1].Value = b is null ? 0 : HandleOf(b);
        if (handle == 0)
            ThrowMissing();
        var code = Native.tsh_call(handle, args, 2, &result, 1);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return code >= 0 ? new torch.Tensor((nint)result.Value) : throw Engine.Error(code, Name, Describe([a, b]));
    }

    /// <summary>Calls the operator; its results are two tensors.</summary>
    internal (torch.Tensor, torch.Tensor) Call2(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeArg[2];
        Invoke(args, results, 2);
        return (new torch.Tensor((nint)results[0].Value), new torch.Tensor((nint)results[1].Value));
    }

    /// <summary>Calls the operator; its results are three tensors.</summary>
    internal (torch.Tensor, torch.Tensor, torch.Tensor) Call3(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeArg[3];
        Invoke(args, results, 3);
        return (
            new torch.Tensor((nint)results[0].Value),
            new torch.Tensor((nint)results[1].Value),
            new torch.Tensor((nint)results[2].Value)
        );
    }

    /// <summary>Calls the operator; its result is a list of tensors.</summary>
    internal torch.Tensor[] CallList(params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(args, &result, 1);
        var tensors = new torch.Tensor[result.Len];
        var handles = (nint*)result.Value;
        for (var i = 0; i < tensors.Length; i++)
            tensors[i] = new torch.Tensor(handles[i]);
        return tensors;
    }

    /// <summary>Calls the operator; its result is a number or a bool.</summary>
    internal Scalar CallScalar(params ReadOnlySpan<Arg> args)
    {
        NativeArg result;
        Invoke(args, &result, 1);
        return new Scalar(result.Tag, result.Value);
    }

    /// <summary>Calls the operator for its effect: results are dropped.</summary>
    internal void Do(params ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    private void Invoke(ReadOnlySpan<Arg> args, NativeArg* results, int capacity)
    {
        if (handle == 0)
            ThrowMissing();
        var words = 0;
        foreach (ref readonly var a in args)
            words += a.Words;
        var natives = stackalloc NativeArg[args.Length];
        int code;
        if (words <= StackWords)
        {
            var block = stackalloc long[words];
            code = Marshal(args, natives, block, results, capacity);
        }
        else
        {
            var rented = ArrayPool<long>.Shared.Rent(words);
            try
            {
                fixed (long* block = rented)
                    code = Marshal(args, natives, block, results, capacity);
            }
            finally
            {
                ArrayPool<long>.Shared.Return(rented);
            }
        }
        if (code < 0)
            throw Engine.Error(code, Name, Describe(args));
    }

    private int Marshal(ReadOnlySpan<Arg> args, NativeArg* natives, long* block, NativeArg* results, int capacity)
    {
        for (var i = 0; i < args.Length; i++)
        {
            ref readonly var a = ref args[i];
            natives[i].Tag = a.Tag;
            natives[i].Len = a.Len;
            switch (a.Tag)
            {
                case Arg.TagTensor:
                    natives[i].Value = HandleOf(Unsafe.As<torch.Tensor>(a.Object!));
                    break;
                case Arg.TagInts:
                    Unsafe.As<long[]>(a.Object!).AsSpan().CopyTo(new Span<long>(block, a.Len));
                    natives[i].Value = (long)block;
                    block += a.Len;
                    break;
                case Arg.TagDoubles:
                    Unsafe.As<double[]>(a.Object!).AsSpan().CopyTo(new Span<double>(block, a.Len));
                    natives[i].Value = (long)block;
                    block += a.Len;
                    break;
                case Arg.TagTensors:
                    var tensors = Unsafe.As<torch.Tensor?[]>(a.Object!);
                    for (var k = 0; k < a.Len; k++)
                        block[k] = tensors[k] is { } t ? HandleOf(t) : 0;
                    natives[i].Value = (long)block;
                    block += a.Len;
                    break;
                case Arg.TagString:
                    var text = Unsafe.As<string>(a.Object!);
                    natives[i].Len = Encoding.UTF8.GetBytes(text, new Span<byte>(block, a.Words * 8));
                    natives[i].Value = (long)block;
                    block += a.Words;
                    break;
                case Arg.TagGenerator:
                    natives[i].Value = Unsafe.As<torch.Generator>(a.Object!).Handle;
                    break;
                default:
                    natives[i].Value = a.Bits;
                    break;
            }
        }
        var code = Native.tsh_call(handle, natives, args.Length, results, capacity);
        // the caller's arguments must outlive the native call: a guard's finalizer would free an unscoped temporary
        foreach (ref readonly var a in args)
            GC.KeepAlive(a.Object);
        return code;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint HandleOf(torch.Tensor tensor)
    {
        var h = tensor.handle;
        if (h == 0)
            ThrowDisposed();
        return h;
    }

    private void ThrowDisposed() =>
        throw new ObjectDisposedException(
            nameof(torch.Tensor),
            $"{Name}: an argument has been disposed, by Dispose() or with its dispose scope (MoveToOuterDisposeScope() keeps a result)."
        );

    private void ThrowMissing()
    {
        Engine.Require();
        throw new NotSupportedException($"{Name}: libtorch {torch.__version__} has no such operator");
    }

    private string Describe(ReadOnlySpan<Arg> args)
    {
        var names = SchemaNames(Schema);
        var text = new StringBuilder();
        for (var i = 0; i < args.Length; i++)
        {
            if (i > 0)
                text.Append(", ");
            text.Append(i < names.Length ? names[i] : "argument " + i).Append(' ');
            args[i].Describe(text);
        }
        return text.ToString();
    }

    /// <summary>The parameter names of a schema such as "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor".</summary>
    private static string[] SchemaNames(string schema)
    {
        var open = schema.IndexOf('(');
        var close = schema.LastIndexOf(") ->", StringComparison.Ordinal);
        if (open < 0 || close < open)
            return [];
        return
        [
            .. schema[(open + 1)..close].Split(", ").Where(p => p != "*").Select(p => p.Split('=')[0].Split(' ')[^1]),
        ];
    }
}
