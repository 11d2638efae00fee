using System.Runtime.InteropServices;

namespace Research.Engine;

/// <summary>libtorch's stable C interface (torch/csrc/stable/c/shim.h): functions return 0, or print the reason on standard error.</summary>
static unsafe partial class StableInterface
{
    const string Library = "torch_cpu";

    /// <summary>The version of the interface that these calls are written for.</summary>
    public const ulong Version = 2UL << 56 | 10UL << 48;

    [LibraryImport(Library)]
    public static partial int torch_call_dispatcher(byte* name, byte* overload, ulong* stack, ulong version);

    [LibraryImport(Library)]
    public static partial int aoti_torch_new_tensor_handle(nint tensor, nint* result);

    [LibraryImport(Library)]
    public static partial int aoti_torch_delete_tensor_object(nint tensor);

    [LibraryImport(Library)]
    public static partial int torch_get_mutable_data_ptr(nint tensor, void** result);

    [LibraryImport(Library)]
    public static partial int torch_new_list_reserve_size(nuint size, nint* result);

    [LibraryImport(Library)]
    public static partial int torch_list_push_back(nint list, ulong element);

    [LibraryImport(Library)]
    public static partial int torch_list_size(nint list, nuint* size);

    [LibraryImport(Library)]
    public static partial int torch_list_get_item(nint list, nuint index, ulong* element);

    [LibraryImport(Library)]
    public static partial int torch_delete_list(nint list);
}
