using System.Runtime.InteropServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        /// <summary>The address of the first element; for a CUDA tensor an address on the device.</summary>
        internal void* DataPointer()
        {
            var pointer = Native.tsh_data(Alive());
            if (pointer == null && numel() > 0)
                throw new InvalidOperationException($"data: {this} has no memory: {Native.LastError()}");
            return pointer;
        }

        /// <summary>The elements of a CPU tensor, to read and to write.</summary>
        /// <typeparam name="T">The .NET type with the layout of <see cref="dtype"/>: float for Float32, long for Int64, ...</typeparam>
        /// <exception cref="ArgumentException">T is not the type of the elements.</exception>
        /// <exception cref="InvalidOperationException">The tensor is not on the CPU: call <c>cpu()</c> first.</exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            RequireAlive();
            return new TensorAccessor<T>(this);
        }

        /// <summary>The bytes of a contiguous CPU tensor, in place; do not use them after the tensor is disposed.</summary>
        /// <exception cref="InvalidOperationException">The tensor is not on the CPU, not contiguous or larger than 2 GiB.</exception>
        public Span<byte> bytes
        {
            get
            {
                RequireAlive();
                var length = nbytes;
                if (device_type != DeviceType.CPU || !is_contiguous())
                    throw new InvalidOperationException(
                        $"bytes: {this} is not a contiguous CPU tensor; use cpu().contiguous()"
                    );
                if (length > int.MaxValue)
                    throw new InvalidOperationException(
                        $"bytes: {this} has {length} bytes, a span holds at most 2^31 - 1"
                    );
                return new Span<byte>(DataPointer(), (int)length);
            }
            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                    throw new ArgumentException(
                        $"bytes: {value.Length} bytes for {this}, which has {target.Length}",
                        nameof(value)
                    );
                value.CopyTo(target);
            }
        }

        /// <summary>The only element, as a number or a bool.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is not exactly one element.</exception>
        public Scalar ToScalar() => Ops.item.CallScalar(this);

        /// <summary>The only element.</summary>
        /// <typeparam name="T">A numeric type, or bool; a number is converted, so that float reads a BFloat16 or Float64 too.</typeparam>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">There is not exactly one element.</exception>
        /// <exception cref="OverflowException">The value does not fit T.</exception>
        public T item<T>()
            where T : unmanaged
        {
            var s = ToScalar();
            object value = // boxed one by one: the branches of one expression would be converted to a common type first
                typeof(T) == typeof(float) ? (object)s.ToSingle()
                : typeof(T) == typeof(double) ? (object)s.ToDouble()
                : typeof(T) == typeof(long) ? (object)s.ToInt64()
                : typeof(T) == typeof(int) ? (object)s.ToInt32()
                : typeof(T) == typeof(bool) ? (object)s.ToBoolean()
                : typeof(T) == typeof(short) ? (object)checked((short)s.ToInt64())
                : typeof(T) == typeof(byte) ? (object)checked((byte)s.ToInt64())
                : typeof(T) == typeof(sbyte) ? (object)checked((sbyte)s.ToInt64())
                : typeof(T) == typeof(Half) ? (object)(Half)s.ToDouble()
                : throw new NotSupportedException($"item: no conversion to {typeof(T)}");
            return (T)value;
        }

        /// <summary>The only element as a float.</summary>
        public float ToSingle() => ToScalar().ToSingle();

        /// <summary>The only element as a double.</summary>
        public double ToDouble() => ToScalar().ToDouble();

        /// <summary>The only element as a long.</summary>
        public long ToInt64() => ToScalar().ToInt64();

        /// <summary>The only element as an int.</summary>
        public int ToInt32() => ToScalar().ToInt32();

        /// <summary>The only element as a bool.</summary>
        public bool ToBoolean() => ToScalar().ToBoolean();

        /// <summary>The only element as a float.</summary>
        public static explicit operator float(Tensor tensor) => tensor.ToSingle();

        /// <summary>The only element as a double.</summary>
        public static explicit operator double(Tensor tensor) => tensor.ToDouble();

        /// <summary>The only element as a long.</summary>
        public static explicit operator long(Tensor tensor) => tensor.ToInt64();

        /// <summary>The only element as an int.</summary>
        public static explicit operator int(Tensor tensor) => tensor.ToInt32();

        /// <summary>The only element as a bool.</summary>
        public static explicit operator bool(Tensor tensor) => tensor.ToBoolean();

        /// <summary>Copies elements into a new tensor on a device.</summary>
        internal static Tensor From<T>(ReadOnlySpan<T> data, ReadOnlySpan<long> shape, Device? device = null)
            where T : unmanaged => FromBytes(MemoryMarshal.AsBytes(data), shape, TypeOf<T>(), device);

        /// <summary>Copies raw elements of a type into a new tensor on a device.</summary>
        /// <exception cref="ArgumentException">The bytes are not as many as the shape asks for.</exception>
        internal static Tensor FromBytes(
            ReadOnlySpan<byte> data,
            ReadOnlySpan<long> shape,
            ScalarType dtype,
            Device? device = null
        )
        {
            Engine.Require();
            var expected = (long)element_size(dtype);
            foreach (var s in shape)
                expected = checked(expected * s);
            if (expected != data.Length)
                throw new ArgumentException(
                    $"tensor: {data.Length / element_size(dtype)} element(s) of {dtype} for the shape [{string.Join(", ", shape.ToArray())}]"
                );
            nint result;
            fixed (byte* d = data)
            fixed (long* s = shape)
                Engine.Check(
                    Native.tsh_from_copy(
                        d,
                        s,
                        shape.Length,
                        (int)dtype,
                        (int)(device?.type ?? DeviceType.CPU),
                        device?.index ?? -1,
                        &result
                    ),
                    "tensor"
                );
            return new Tensor(result);
        }
    }
}
