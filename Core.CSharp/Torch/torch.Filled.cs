namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of zeros; Float32 on the processor by default.</summary>
    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        Engine.Require();
        return Grad(Ops.zeros.Call(size, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>A tensor of zeros; Float32 on the processor by default.</summary>
    public static Tensor zeros(
        long dim0,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([dim0], dtype, device, requires_grad);

    /// <summary>A tensor of zeros; Float32 on the processor by default.</summary>
    public static Tensor zeros(
        long dim0,
        long dim1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([dim0, dim1], dtype, device, requires_grad);

    /// <summary>A tensor of zeros; Float32 on the processor by default.</summary>
    public static Tensor zeros(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([dim0, dim1, dim2], dtype, device, requires_grad);

    /// <summary>A tensor of zeros; Float32 on the processor by default.</summary>
    public static Tensor zeros(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => zeros([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

    /// <summary>A tensor of ones; Float32 on the processor by default.</summary>
    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        Engine.Require();
        return Grad(Ops.ones.Call(size, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>A tensor of ones; Float32 on the processor by default.</summary>
    public static Tensor ones(long dim0, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        ones([dim0], dtype, device, requires_grad);

    /// <summary>A tensor of ones; Float32 on the processor by default.</summary>
    public static Tensor ones(
        long dim0,
        long dim1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => ones([dim0, dim1], dtype, device, requires_grad);

    /// <summary>A tensor of ones; Float32 on the processor by default.</summary>
    public static Tensor ones(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => ones([dim0, dim1, dim2], dtype, device, requires_grad);

    /// <summary>A tensor of ones; Float32 on the processor by default.</summary>
    public static Tensor ones(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => ones([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

    /// <summary>A tensor whose elements are whatever the memory holds; Float32 on the processor by default.</summary>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        Engine.Require();
        return Grad(Ops.empty__memory_format.Call(size, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>A tensor whose elements are whatever the memory holds; Float32 on the processor by default.</summary>
    public static Tensor empty(
        long dim0,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([dim0], dtype, device, requires_grad);

    /// <summary>A tensor whose elements are whatever the memory holds; Float32 on the processor by default.</summary>
    public static Tensor empty(
        long dim0,
        long dim1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([dim0, dim1], dtype, device, requires_grad);

    /// <summary>A tensor whose elements are whatever the memory holds; Float32 on the processor by default.</summary>
    public static Tensor empty(
        long dim0,
        long dim1,
        long dim2,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([dim0, dim1, dim2], dtype, device, requires_grad);

    /// <summary>A tensor whose elements are whatever the memory holds; Float32 on the processor by default.</summary>
    public static Tensor empty(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => empty([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

    /// <summary>A tensor of one value; its type follows the value: Float32 for a fraction, Int64 for a whole number, Bool for a bool.</summary>
    public static Tensor full(
        long[] size,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        Engine.Require();
        return Grad(Ops.full.Call(size, value, dtype ?? FullType(value), Arg.None, device), requires_grad);
    }

    /// <summary>A tensor of one value; its type follows the value: Float32 for a fraction, Int64 for a whole number, Bool for a bool.</summary>
    public static Tensor full(
        long dim0,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0], value, dtype, device, requires_grad);

    /// <summary>A tensor of one value; its type follows the value: Float32 for a fraction, Int64 for a whole number, Bool for a bool.</summary>
    public static Tensor full(
        long dim0,
        long dim1,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1], value, dtype, device, requires_grad);

    /// <summary>A tensor of one value; its type follows the value: Float32 for a fraction, Int64 for a whole number, Bool for a bool.</summary>
    public static Tensor full(
        long dim0,
        long dim1,
        long dim2,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2], value, dtype, device, requires_grad);

    /// <summary>A tensor of one value; its type follows the value: Float32 for a fraction, Int64 for a whole number, Bool for a bool.</summary>
    public static Tensor full(
        long dim0,
        long dim1,
        long dim2,
        long dim3,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => full([dim0, dim1, dim2, dim3], value, dtype, device, requires_grad);

    private static ScalarType FullType(Scalar value) =>
        value.Type == ScalarType.Float64 ? ScalarType.Float32 : value.Type;

    private static Tensor Grad(Tensor tensor, bool requires_grad) => requires_grad ? tensor.requires_grad_() : tensor;
}
