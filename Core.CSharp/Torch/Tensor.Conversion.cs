namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The tensor with another element type: itself when it has it already (unless <paramref name="copy"/>).</summary>
        public Tensor to(ScalarType type, bool copy = false, bool non_blocking = false) =>
            Ops.to__dtype.Call(this, type, non_blocking, copy);

        /// <summary>The tensor on a device: itself when it is there already (unless <paramref name="copy"/>).</summary>
        /// <param name="device">Where.</param>
        /// <param name="copy">A copy in any case.</param>
        /// <param name="non_blocking">
        /// From pinned memory to a GPU: only asks for the copy and returns; what the GPU does next with the result waits for it. The pinned tensor
        /// may be disposed at once, but must not be written to before the copy is done.
        /// </param>
        public Tensor to(Device device, bool copy = false, bool non_blocking = false) =>
            Ops.to__dtype_layout.Call(this, Arg.None, Arg.None, device, Arg.None, non_blocking, copy);

        /// <summary>The tensor with another element type, on a device.</summary>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool non_blocking = false) =>
            Ops.to__dtype_layout.Call(this, type, Arg.None, device, Arg.None, non_blocking, copy);

        /// <summary>The tensor with the type and on the device of another one.</summary>
        public Tensor to(Tensor other) => to(other.dtype, other.device);

        /// <summary>The tensor with another element type.</summary>
        public Tensor to_type(ScalarType type) => to(type);

        /// <summary>The tensor with the type of another one.</summary>
        public Tensor type_as(Tensor other) => to(other.dtype);

        /// <summary>The tensor on the processor: itself when it is there already.</summary>
        public Tensor cpu() => to(CPU);

        /// <summary>The tensor on a GPU, by default the current one.</summary>
        public Tensor cuda(int index = -1) => to(new Device(DeviceType.CUDA, index));

        /// <summary>
        /// The tensor in page-locked memory of the processor, from which a GPU can copy by itself: itself when it is there already.
        /// </summary>
        /// <exception cref="InvalidOperationException">There is no CUDA device, or the tensor is not on the processor.</exception>
        public Tensor pin_memory()
        {
            RequireAlive();
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException($"pin_memory: {this} is not on the processor; use cpu() first");
            if (!torch.cuda.is_available())
                throw new InvalidOperationException(
                    $"pin_memory: {this} cannot be pinned, since there is no CUDA device here; pin only what goes to one"
                );
            return Ops.pin_memory.Call(this, Arg.None);
        }

        /// <summary>Whether the tensor is in page-locked memory.</summary>
        public bool is_pinned()
        {
            RequireAlive();
            return device_type == DeviceType.CPU
                && torch.cuda.is_available()
                && Ops.is_pinned.CallScalar(this, Arg.None).ToBoolean();
        }

        /// <summary>The tensor as Float32.</summary>
        public Tensor @float() => to(ScalarType.Float32);

        /// <summary>The tensor as Float64.</summary>
        public Tensor @double() => to(ScalarType.Float64);

        /// <summary>The tensor as Float16.</summary>
        public Tensor half() => to(ScalarType.Float16);

        /// <summary>The tensor as BFloat16.</summary>
        public Tensor bfloat16() => to(ScalarType.BFloat16);

        /// <summary>The tensor as Int64.</summary>
        public Tensor @long() => to(ScalarType.Int64);

        /// <summary>The tensor as Int32.</summary>
        public Tensor @int() => to(ScalarType.Int32);

        /// <summary>The tensor as Byte.</summary>
        public Tensor @byte() => to(ScalarType.Byte);

        /// <summary>The tensor as Bool.</summary>
        public Tensor @bool() => to(ScalarType.Bool);

        /// <summary>A copy, part of the autograd graph.</summary>
        public Tensor clone() => Ops.clone.Call(this);

        /// <summary>The same elements outside the autograd graph (a view).</summary>
        public Tensor detach() => Ops.detach.Call(this);

        /// <summary>Takes this tensor out of the autograd graph.</summary>
        /// <returns>This tensor.</returns>
        public Tensor detach_()
        {
            Ops.detach_.Do(this);
            return this;
        }
    }
}
