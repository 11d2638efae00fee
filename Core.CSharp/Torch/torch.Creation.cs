namespace TorchSharp;

public static partial class torch
{
    /// <summary>start, start + step, ... below stop. The type: Int64 when all three are whole numbers, else Float32.</summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        Scalar step,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        Engine.Require();
        return Grad(Ops.arange__start_step.Call(start, stop, step, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>start, start + 1, ... below stop.</summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>0, 1, ... below stop.</summary>
    public static Tensor arange(
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(0, stop, 1, dtype, device, requires_grad);

    /// <summary>Numbers at equal distances from start to end, both included.</summary>
    public static Tensor linspace(
        double start,
        double end,
        long steps,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        Engine.Require();
        return Grad(Ops.linspace.Call(start, end, steps, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>Powers of a base with exponents at equal distances from start to end, both included.</summary>
    public static Tensor logspace(
        double start,
        double end,
        long steps,
        double @base = 10,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        Engine.Require();
        return Grad(Ops.logspace.Call(start, end, steps, @base, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>Ones on the diagonal, zeros elsewhere.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns; -1 for as many as rows.</param>
    /// <param name="dtype">The element type; Float32 by default.</param>
    /// <param name="device">Where; the processor by default.</param>
    /// <param name="requires_grad">Whether autograd records what is done with the tensor.</param>
    public static Tensor eye(
        long rows,
        long columns = -1,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        Engine.Require();
        return Grad(Ops.eye__m.Call(rows, columns < 0 ? rows : columns, dtype, Arg.None, device), requires_grad);
    }

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        float scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<float>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        double scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<double>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        long scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<long>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        int scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<int>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        bool scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<bool>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A 0-d tensor.</summary>
    public static Tensor tensor(
        byte scalar,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => Made(Tensor.From<byte>([scalar], [], null), dtype, device, requires_grad);

    /// <summary>A vector with a copy of the elements.</summary>
    /// <exception cref="NotSupportedException">No element type has T's layout.</exception>
    public static Tensor tensor<T>(
        T[] data,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => Made(Tensor.From<T>(data, [data.Length]), dtype, device, requires_grad);

    /// <summary>A vector with a copy of the elements.</summary>
    /// <exception cref="NotSupportedException">No element type has T's layout.</exception>
    public static Tensor tensor<T>(
        IList<T> data,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => tensor([.. data], dtype, device, requires_grad);

    /// <summary>A vector with a copy of the elements.</summary>
    /// <exception cref="NotSupportedException">No element type has T's layout.</exception>
    public static Tensor tensor<T>(
        ReadOnlySpan<T> data,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => Made(Tensor.From(data, [data.Length]), dtype, device, requires_grad);

    /// <summary>A tensor of a shape with a copy of the elements, in row-major order.</summary>
    /// <exception cref="ArgumentException">There are not as many elements as the shape asks for.</exception>
    public static Tensor tensor<T>(
        T[] data,
        long[] dimensions,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => Made(Tensor.From<T>(data, dimensions), dtype, device, requires_grad);

    /// <summary>A tensor of a shape with a copy of the elements, in row-major order.</summary>
    /// <exception cref="ArgumentException">There are not as many elements as the shape asks for.</exception>
    public static Tensor tensor<T>(
        ReadOnlySpan<T> data,
        long[] dimensions,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => Made(Tensor.From(data, dimensions), dtype, device, requires_grad);

    /// <summary>A matrix with a copy of the elements.</summary>
    public static Tensor tensor<T>(
        T[,] data,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => from_array(data, dtype, device, requires_grad);

    /// <summary>A 3-d tensor with a copy of the elements.</summary>
    public static Tensor tensor<T>(
        T[,,] data,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
        where T : unmanaged => from_array(data, dtype, device, requires_grad);

    /// <summary>A tensor with a copy of a .NET array of any rank.</summary>
    /// <exception cref="NotSupportedException">The elements have no tensor type.</exception>
    public static Tensor from_array(
        Array rawArray,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        var type = rawArray.GetType().GetElementType() switch
        {
            var t when t == typeof(float) => ScalarType.Float32,
            var t when t == typeof(double) => ScalarType.Float64,
            var t when t == typeof(long) => ScalarType.Int64,
            var t when t == typeof(int) => ScalarType.Int32,
            var t when t == typeof(short) => ScalarType.Int16,
            var t when t == typeof(byte) => ScalarType.Byte,
            var t when t == typeof(sbyte) => ScalarType.Int8,
            var t when t == typeof(bool) => ScalarType.Bool,
            var t when t == typeof(Half) => ScalarType.Float16,
            var t => throw new NotSupportedException($"from_array: {t} has no tensor element type"),
        };
        var shape = new long[rawArray.Rank];
        for (var d = 0; d < shape.Length; d++)
            shape[d] = rawArray.GetLongLength(d);
        var bytes = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(
            ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(rawArray),
            checked(rawArray.Length * element_size(type))
        );
        return Made(Tensor.FromBytes(bytes, shape, type), dtype, device, requires_grad);
    }

    /// <summary>A tensor with a copy of raw bytes: elements of a type, in row-major order.</summary>
    /// <exception cref="ArgumentException">The bytes are not as many as the shape asks for.</exception>
    public static Tensor frombuffer(
        ReadOnlySpan<byte> buffer,
        ScalarType dtype,
        ReadOnlySpan<long> shape,
        Device? device = null
    ) => Tensor.FromBytes(buffer, shape, dtype, device);

    private static Tensor Made(Tensor made, ScalarType? dtype, Device? device, bool requires_grad)
    {
        if ((dtype is { } type && type != made.dtype) || (device is not null && device.type != DeviceType.CPU))
        {
            using var first = made;
            made = made.to(dtype ?? made.dtype, device ?? CPU);
        }
        return Grad(made, requires_grad);
    }
}
