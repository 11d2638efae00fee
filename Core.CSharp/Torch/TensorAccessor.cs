using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor, read and written in place; strided tensors too.</summary>
/// <typeparam name="T">The .NET type with the layout of the tensor's element type.</typeparam>
public sealed unsafe class TensorAccessor<T> : IEnumerable<T>
    where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException($"data: {tensor} is not on the CPU; call cpu() first");
        if (tensor.dtype != torch.TypeOf<T>())
            throw new ArgumentException(
                $"data: {tensor} has no elements of {typeof(T)}; convert it with to(dtype) first"
            );
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    private T* Pointer => (T*)tensor.DataPointer();

    /// <summary>An element by its place in row-major order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public T this[long index]
    {
        get
        {
            var value = Pointer[Offset(index)];
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            Pointer[Offset(index)] = value;
            GC.KeepAlive(tensor);
        }
    }

    /// <summary>An element by its place along every dimension.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public T this[params long[] indices]
    {
        get
        {
            var value = Pointer[Offset(indices)];
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            Pointer[Offset(indices)] = value;
            GC.KeepAlive(tensor);
        }
    }

    /// <summary>A copy of all elements in row-major order.</summary>
    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    /// <summary>Copies all elements in row-major order.</summary>
    /// <exception cref="ArgumentException">The target is too short.</exception>
    public void CopyTo(Span<T> target)
    {
        if (target.Length < Count)
            throw new ArgumentException($"data: a target of {target.Length} for {Count} elements", nameof(target));
        if (Count == 0)
            return;
        if (contiguous)
        {
            new ReadOnlySpan<T>(Pointer, checked((int)Count)).CopyTo(target);
            GC.KeepAlive(tensor);
            return;
        }
        using var copy = tensor.detach().contiguous();
        new ReadOnlySpan<T>(copy.DataPointer(), checked((int)Count)).CopyTo(target);
    }

    /// <summary>Replaces all elements, in row-major order.</summary>
    /// <exception cref="ArgumentException">The source has another length.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (source.Length != Count)
            throw new ArgumentException($"data: a source of {source.Length} for {Count} elements", nameof(source));
        for (var i = 0; i < source.Length; i++)
            this[i] = source[i];
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private long Offset(long index)
    {
        if ((ulong)index >= (ulong)Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"data: the tensor has {Count} elements");
        if (contiguous)
            return index;
        long offset = 0;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            (index, var place) = Math.DivRem(index, shape[d]);
            offset += place * strides[d];
        }
        return offset;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length != shape.Length)
            throw new ArgumentOutOfRangeException(
                nameof(indices),
                $"data: {indices.Length} indices for {shape.Length} dimensions"
            );
        long offset = 0;
        for (var d = 0; d < indices.Length; d++)
        {
            if ((ulong)indices[d] >= (ulong)shape[d])
                throw new ArgumentOutOfRangeException(
                    nameof(indices),
                    indices[d],
                    $"data: dimension {d} has the size {shape[d]}"
                );
            offset += indices[d] * strides[d];
        }
        return offset;
    }
}
