namespace TorchSharp;

/// <summary>Operators over lists of tensors: one call for a whole model.</summary>
[Operators]
internal static class ForeachOps
{
    internal static readonly Op mul_ = Op.Of("_foreach_mul_", "Scalar");
    internal static readonly Op add_scalar_ = Op.Of("_foreach_add_", "Scalar");
    internal static readonly Op add_list_ = Op.Of("_foreach_add_", "List");
    internal static readonly Op div_ = Op.Of("_foreach_div_", "Scalar");
    internal static readonly Op sqrt = Op.Of("_foreach_sqrt");
    internal static readonly Op addcmul_ = Op.Of("_foreach_addcmul_", "Scalar");
    internal static readonly Op addcdiv_ = Op.Of("_foreach_addcdiv_", "Scalar");
    internal static readonly Op norm = Op.Of("_foreach_norm", "Scalar");
    internal static readonly Op fused_adamw_ = Op.Optional("_fused_adamw_");
}

public static partial class torch
{
    /// <summary>self[i] *= scalar. Not in TorchSharp, like the other list operators.</summary>
    public static void _foreach_mul_(Tensor[] self, double scalar) => ForeachOps.mul_.Do(self, scalar);

    /// <summary>self[i] += scalar.</summary>
    public static void _foreach_add_(Tensor[] self, double scalar) => ForeachOps.add_scalar_.Do(self, scalar);

    /// <summary>self[i] += alpha other[i].</summary>
    public static void _foreach_add_(Tensor[] self, Tensor[] other, double alpha = 1) =>
        ForeachOps.add_list_.Do(self, other, alpha);

    /// <summary>self[i] /= scalar.</summary>
    public static void _foreach_div_(Tensor[] self, double scalar) => ForeachOps.div_.Do(self, scalar);

    /// <summary>The square root of every tensor.</summary>
    public static Tensor[] _foreach_sqrt(Tensor[] self) => ForeachOps.sqrt.CallList([self]);

    /// <summary>self[i] += value tensor1[i] tensor2[i].</summary>
    public static void _foreach_addcmul_(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, double value = 1) =>
        ForeachOps.addcmul_.Do(self, tensor1, tensor2, value);

    /// <summary>self[i] += value tensor1[i] / tensor2[i].</summary>
    public static void _foreach_addcdiv_(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, double value = 1) =>
        ForeachOps.addcdiv_.Do(self, tensor1, tensor2, value);

    /// <summary>The norm of order <paramref name="ord"/> of every tensor, as scalars.</summary>
    public static Tensor[] _foreach_norm(Tensor[] self, double ord = 2) => ForeachOps.norm.CallList(self, ord);

    /// <summary>The engine's one-kernel AdamW, where it has one.</summary>
    internal static class FusedAdamW
    {
        /// <summary>True on CUDA with torch 2.x; libtorch 1.13 has no such kernel, and on the CPU lists are as fast.</summary>
        internal static bool Supports(Tensor parameter) =>
            ForeachOps.fused_adamw_.Exists && parameter.device.type == DeviceType.CUDA;

        /// <summary>Updates parameters and moments; <paramref name="steps"/> are float32 scalars that count this update already.</summary>
        internal static void Step(
            Tensor[] parameters,
            Tensor[] gradients,
            Tensor[] averages,
            Tensor[] squares,
            Tensor[] steps,
            double lr,
            double beta1,
            double beta2,
            double weightDecay,
            double eps
        ) =>
            ForeachOps.fused_adamw_.Do(
                parameters,
                gradients,
                averages,
                squares,
                Array.Empty<Tensor>(),
                steps,
                lr,
                beta1,
                beta2,
                weightDecay,
                eps,
                false, // amsgrad
                false // maximize
            );
    }
}
