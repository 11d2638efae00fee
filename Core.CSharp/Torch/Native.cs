using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]

namespace TorchSharp;

/// <summary>An argument or result as it crosses to the shim: tsh_arg of native/tsh.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeArg
{
    public int Tag;
    public int Len;
    public long Value;
}

/// <summary>The shim's functions, one to one with native/tsh.h.</summary>
internal static unsafe partial class Native
{
    internal const string Library = "tsh";

    /// <summary>The value of TSH_ABI that this file was written against.</summary>
    internal const int Abi = 1;

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    internal static string LastError() => Text(tsh_last_error());

    [LibraryImport(Library)]
    internal static partial byte* tsh_last_error();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint tsh_op(string name, string overload);

    [LibraryImport(Library)]
    internal static partial byte* tsh_op_schema(nint op);

    [LibraryImport(Library)]
    internal static partial int tsh_call(nint op, NativeArg* args, int count, NativeArg* results, int capacity);

    [LibraryImport(Library)]
    internal static partial int tsh_from_copy(
        void* data,
        long* sizes,
        int ndim,
        int dtype,
        int deviceType,
        int deviceIndex,
        nint* result
    );

    [LibraryImport(Library)]
    internal static partial int tsh_from_blob(
        void* data,
        long* sizes,
        int ndim,
        int dtype,
        delegate* unmanaged<void*, void> deleter,
        nint* result
    );

    [LibraryImport(Library)]
    internal static partial void tsh_free(nint tensor);

    [LibraryImport(Library)]
    internal static partial void tsh_free_many(nint* tensors, int count);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial nint tsh_clone_ref(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long tsh_live();

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_dim(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_sizes(nint tensor, long* sizes, long* strides);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long tsh_numel(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long tsh_nbytes(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_dtype(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_device(nint tensor, int* index);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_is_contiguous(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_is_same(nint a, nint b);

    [LibraryImport(Library)]
    internal static partial void* tsh_data(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long tsh_storage_offset(nint tensor);

    [LibraryImport(Library)]
    internal static partial long tsh_version_counter(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_requires_grad(nint tensor);

    [LibraryImport(Library)]
    internal static partial int tsh_set_requires_grad(nint tensor, int on);

    [LibraryImport(Library)]
    internal static partial int tsh_is_leaf(nint tensor);

    [LibraryImport(Library)]
    internal static partial int tsh_grad_fn(nint tensor, byte* name, int capacity);

    [LibraryImport(Library)]
    internal static partial int tsh_retain_grad(nint tensor);

    [LibraryImport(Library)]
    internal static partial int tsh_backward(
        nint* roots,
        nint* grads,
        int count,
        int retain,
        int create,
        nint* inputs,
        int inputCount
    );

    [LibraryImport(Library)]
    internal static partial int tsh_grad_of(
        nint* outputs,
        int outputCount,
        nint* inputs,
        int inputCount,
        nint* gradOutputs,
        int retain,
        int create,
        int allowUnused,
        nint* results
    );

    [LibraryImport(Library)]
    internal static partial int tsh_grad(nint tensor, nint* result);

    [LibraryImport(Library)]
    internal static partial int tsh_set_grad(nint tensor, nint grad);

    [LibraryImport(Library)]
    internal static partial int tsh_is_inference(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_grad_enabled();

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_set_grad_enabled(int on);

    [LibraryImport(Library)]
    internal static partial int tsh_inference_push(int on);

    [LibraryImport(Library)]
    internal static partial int tsh_inference_pop(int depth);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int tsh_inference_enabled();

    [LibraryImport(Library)]
    internal static partial int tsh_autocast_get(int deviceType, int* on, int* dtype);

    [LibraryImport(Library)]
    internal static partial int tsh_autocast_enter(int deviceType, int on, int dtype);

    [LibraryImport(Library)]
    internal static partial int tsh_autocast_leave(int deviceType, int on, int dtype);

    [LibraryImport(Library)]
    internal static partial int tsh_manual_seed(ulong seed);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_default(int deviceType, int deviceIndex, nint* result);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_new(int deviceType, int deviceIndex, ulong seed, nint* result);

    [LibraryImport(Library)]
    internal static partial void tsh_gen_free(nint generator);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_set_seed(nint generator, ulong seed);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_seed(nint generator, ulong* seed);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_get_state(nint generator, nint* result);

    [LibraryImport(Library)]
    internal static partial int tsh_gen_set_state(nint generator, nint state);

    [LibraryImport(Library)]
    internal static partial int tsh_abi();

    [LibraryImport(Library)]
    internal static partial byte* tsh_version();

    [LibraryImport(Library)]
    internal static partial byte* tsh_config();

    [LibraryImport(Library)]
    internal static partial int tsh_set_threads(int count);

    [LibraryImport(Library)]
    internal static partial int tsh_get_threads();

    [LibraryImport(Library)]
    internal static partial int tsh_set_interop_threads(int count);

    [LibraryImport(Library)]
    internal static partial int tsh_get_interop_threads();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int tsh_has(string what);

    [LibraryImport(Library)]
    internal static partial int tsh_device_count(int deviceType);

    [LibraryImport(Library)]
    internal static partial int tsh_synchronize(int deviceType, int deviceIndex);

    [LibraryImport(Library)]
    internal static partial int tsh_set_deterministic(int on, int warnOnly);

    [LibraryImport(Library)]
    internal static partial int tsh_deterministic();

    [LibraryImport(Library)]
    internal static partial int tsh_tune_malloc(int topPadMib);
}
