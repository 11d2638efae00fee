using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>Operators that write into the caller's tensor, for loops that must not allocate.</summary>
public static partial class Into
{
    /// <summary>left + alpha * right, with broadcasting, in one pass into a tensor of the result's shape.</summary>
    /// <param name="result">The destination; it may be one of the operands.</param>
    /// <param name="left">The first term.</param>
    /// <param name="right">The second term.</param>
    /// <param name="alpha">Factor on the second term; 1 by default.</param>
    /// <returns><paramref name="result"/>.</returns>
    /// <exception cref="ArgumentException">
    /// The three differ in type or device, are not floating point, do not broadcast to the result's shape, or record gradients.
    /// </exception>
    public static Tensor Add(Tensor result, Tensor left, Tensor right, double alpha = 1)
    {
        // at::add_out itself, whose C++ exceptions nothing would catch: every cause of one is ruled out first.
        Check(result, left);
        Check(result, right);
        if (!Broadcasts(result, left, right))
            throw Wrong(result, left, right, "the terms' shapes do not broadcast to the result's");
        var factor = NewScalar(alpha);
        AddOut(left.Handle, right.Handle, factor, result.Handle);
        FreeScalar(factor);
        GC.KeepAlive(left);
        GC.KeepAlive(right);
        GC.KeepAlive(result);
        return result;
    }

    /// <summary>beta * result + alpha * left right, matrices, into the result; TorchSharp's addmm_ rounds both factors to float32.</summary>
    /// <param name="result">m x n; its old values are not read when beta is 0.</param>
    /// <param name="left">m x k.</param>
    /// <param name="right">k x n.</param>
    /// <param name="beta">Factor on the result.</param>
    /// <param name="alpha">Factor on the product.</param>
    /// <returns><paramref name="result"/>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the three differ in type or device, or record gradients.</exception>
    public static unsafe Tensor AddProduct(Tensor result, Tensor left, Tensor right, double beta, double alpha)
    {
        Check(result, left);
        Check(result, right);
        if (
            (result.dim(), left.dim(), right.dim()) != (2, 2, 2)
            || left.shape[1] != right.shape[0]
            || result.shape[0] != left.shape[0]
            || result.shape[1] != right.shape[1]
        )
            throw Wrong(result, left, right, "the shapes do not fit a product");
        var call = result.device_type == DeviceType.CUDA ? onCuda.Value : onCpu.Value;
        var code = ((delegate* unmanaged<nint, nint, nint, nint, double, double, int>)call)(
            result.Handle,
            result.Handle,
            left.Handle,
            right.Handle,
            beta,
            alpha
        );
        GC.KeepAlive(left);
        GC.KeepAlive(right);
        GC.KeepAlive(result);
        return code == 0
            ? result
            : throw new ExternalException(
                $"adding the product of {Described.Of(left)} and {Described.Of(right)} to {Described.Of(result)} failed; "
                    + "libtorch printed the reason on standard error."
            );
    }

    // From the stable interface, one for each kind of device.
    static readonly Lazy<nint> onCpu = new(() => NativeEngine.Function(EngineFiles.Cpu, "aoti_torch_cpu_addmm_out"));
    static readonly Lazy<nint> onCuda = new(() =>
        NativeEngine.Function("libtorch_cuda.so", "aoti_torch_cuda_addmm_out")
    );

    static void Check(Tensor result, Tensor term)
    {
        if (!result.is_floating_point())
            throw Wrong(result, term, term, "the result is not floating point");
        if (
            term.dtype != result.dtype
            || term.device_type != result.device_type
            || term.device_index != result.device_index
        )
            throw Wrong(result, term, term, "a term has another type or device");
        if (is_grad_enabled() && (result.requires_grad || term.requires_grad))
            throw Wrong(result, term, term, "gradients are recorded");
    }

    static bool Broadcasts(Tensor result, Tensor left, Tensor right)
    {
        var (shape, a, b) = (result.shape, left.shape, right.shape);
        if (Math.Max(a.Length, b.Length) != shape.Length)
            return false;
        for (var i = 1; i <= shape.Length; i++)
        {
            var (m, n) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            if ((m != n && m != 1 && n != 1) || (m == 1 ? n : m) != shape[^i])
                return false;
        }
        return true;
    }

    static ArgumentException Wrong(Tensor result, Tensor left, Tensor right, string why) =>
        new($"Into {Described.Of(result)} from {Described.Of(left)} and {Described.Of(right)}: {why}.");

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTorch_float64_to_scalar")]
    private static partial nint NewScalar(double value);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTorch_dispose_scalar")]
    private static partial void FreeScalar(nint scalar);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at4_ops7add_out4callERKNS_6TensorES4_RKN3c106ScalarERS2_")]
    private static partial nint AddOut(nint left, nint right, nint alpha, nint result);
}
