namespace TorchSharp;

/// <summary>How values between pixels are found.</summary>
public enum InterpolationMode
{
    /// <summary>The nearest pixel.</summary>
    Nearest,

    /// <summary>Linear in both directions.</summary>
    Bilinear,

    /// <summary>Cubic in both directions.</summary>
    Bicubic,

    /// <summary>The mean over the target pixel's area.</summary>
    Area,
}

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Means over windows of images (B x C x H x W).</summary>
            /// <param name="input">The images.</param>
            /// <param name="kernel_size">One or two numbers.</param>
            /// <param name="strides">One or two numbers; by default the kernel's.</param>
            /// <param name="padding">One or two numbers; 0 by default.</param>
            /// <param name="ceil_mode">Whether a partial window at the end counts.</param>
            /// <param name="count_include_pad">Whether padding counts as zeros in the mean.</param>
            public static Tensor avg_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true
            ) => Ops.avg_pool2d.Call(input, kernel_size, Or(strides), Or(padding), ceil_mode, count_include_pad);

            /// <summary>Means over windows of images (B x C x H x W).</summary>
            public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0) =>
                avg_pool2d(input, [kernel_size], stride is { } s ? [s] : null, [padding]);

            /// <summary>Maxima over windows of images (B x C x H x W).</summary>
            public static Tensor max_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null
            ) => Ops.max_pool2d.Call(input, kernel_size, Or(strides), Or(padding));

            /// <summary>Maxima over windows of images (B x C x H x W).</summary>
            public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0) =>
                max_pool2d(input, [kernel_size], stride is { } s ? [s] : null, [padding]);

            /// <summary>Means over as many windows as the output has pixels.</summary>
            /// <param name="input">B x C x H x W.</param>
            /// <param name="output_size">Height and width.</param>
            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) =>
                Ops.adaptive_avg_pool2d.Call(
                    input,
                    output_size.Length == 1 ? [output_size[0], output_size[0]] : output_size
                );

            /// <summary>Means over as many windows as the output has pixels, in a square.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                adaptive_avg_pool2d(input, [output_size, output_size]);

            /// <summary>Images (B x C x H x W) in another size.</summary>
            /// <param name="x">The images.</param>
            /// <param name="size">Height and width; or give scale_factor.</param>
            /// <param name="scale_factor">One factor, or one for height and one for width.</param>
            /// <param name="mode">How values between pixels are found.</param>
            /// <param name="align_corners">Whether the corner pixels' centres stay where they are (Bilinear, Bicubic).</param>
            /// <param name="antialias">Whether the filter widens when the image shrinks (Bilinear, Bicubic).</param>
            /// <exception cref="ArgumentException">Not exactly one of size and scale_factor is given, or an option does not fit the mode.</exception>
            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool antialias = false
            )
            {
                if (size is null == scale_factor is null)
                    throw new ArgumentException("interpolate: give either size or scale_factor");
                var smooth = mode is InterpolationMode.Bilinear or InterpolationMode.Bicubic;
                if (!smooth && (antialias || align_corners is not null))
                    throw new ArgumentException(
                        $"interpolate: antialias and align_corners are options of Bilinear and Bicubic, not of {mode}"
                    );
                if (size is { Length: 1 })
                    size = [size[0], size[0]];
                if (scale_factor is { Length: 1 })
                    scale_factor = [scale_factor[0], scale_factor[0]];
                var corners = align_corners ?? false;
                return mode switch
                {
                    InterpolationMode.Nearest => Ops.upsample_nearest2d__vec.Call(x, size, scale_factor),
                    InterpolationMode.Bilinear => (
                        antialias ? Ops._upsample_bilinear2d_aa__vec : Ops.upsample_bilinear2d__vec
                    ).Call(x, size, corners, scale_factor),
                    InterpolationMode.Bicubic => (
                        antialias ? Ops._upsample_bicubic2d_aa__vec : Ops.upsample_bicubic2d__vec
                    ).Call(x, size, corners, scale_factor),
                    _ => adaptive_avg_pool2d(
                        x,
                        size ?? [(long)(x.size(-2) * scale_factor![0]), (long)(x.size(-1) * scale_factor[1])]
                    ),
                };
            }
        }
    }
}
