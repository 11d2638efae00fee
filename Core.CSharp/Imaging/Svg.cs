using System.Runtime.InteropServices;

namespace Research.Imaging;

/// <summary>
/// SVG drawings through librsvg and cairo, in process. The drawing is fitted into a square, its aspect ratio kept, over white.
/// It is given to librsvg without an address, so that no file or network reference is ever followed; what refers to itself ends at
/// librsvg's own limits, and a time limit holds for all that is merely slow.
/// </summary>
public static unsafe class Svg
{
    /// <summary>The largest drawing: 32 MiB of text.</summary>
    public const int LargestFile = 32 << 20;

    /// <summary>The largest side in pixels.</summary>
    public const int LargestSize = 4096;

    const string Rsvg = "librsvg-2.so.2";
    const string Cairo = "libcairo.so.2";
    const string GObject = "libgobject-2.0.so.0";
    const string GLib = "libglib-2.0.so.0";
    const string DebianPackages = "librsvg2-2 (which brings libcairo2)";
    const int FormatRgb24 = 1;

    /// <summary>Rasterises a drawing to <paramref name="size"/> x <paramref name="size"/> pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, <see cref="LargestSize"/>].</exception>
    /// <exception cref="InvalidDataException">Not SVG, malformed, too large, too slow or refused by librsvg; the message is the reason
    /// alone.</exception>
    /// <exception cref="IOException">Too many earlier drawings still run beyond their time.</exception>
    /// <exception cref="DllNotFoundException">librsvg or cairo is not installed.</exception>
    public static RgbImage Rasterise(ReadOnlySpan<byte> svg, int size) =>
        Rasterise(svg, size, DecodeOptions.Default.SvgTime);

    /// <summary>As <see cref="Rasterise(ReadOnlySpan{byte}, int)"/>, with a time limit of its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, <see cref="LargestSize"/>], or the limit not positive.</exception>
    /// <exception cref="InvalidDataException">Not SVG, malformed, too large, too slow or refused by librsvg.</exception>
    /// <exception cref="IOException">Too many earlier drawings still run beyond their time.</exception>
    /// <exception cref="DllNotFoundException">librsvg or cairo is not installed.</exception>
    public static RgbImage Rasterise(ReadOnlySpan<byte> svg, int size, TimeSpan limit)
    {
        if (size is < 1 or > LargestSize)
            throw new ArgumentOutOfRangeException(
                nameof(size),
                size,
                $"A raster of {size} pixels: use 1 to {LargestSize}."
            );
        if (limit <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "A time limit is positive.");
        var markup = SvgGuard.Check(svg, LargestFile);
        return DrawingThreads.Run(
            () =>
            {
                fixed (byte* data = markup)
                {
                    var (address, length) = ((nint)data, (nuint)markup.Length);
                    return NativeLibraries.Call(Rsvg, DebianPackages, () => Render(address, length, size));
                }
            },
            limit
        );
    }

    static RgbImage Render(nint data, nuint length, int size)
    {
        nint error = 0;
        var handle = rsvg_handle_new_from_data(data, length, ref error);
        if (handle == 0)
            throw Failure(error);
        nint surface = 0,
            context = 0;
        try
        {
            surface = cairo_image_surface_create(FormatRgb24, size, size);
            context = cairo_create(surface);
            Check(cairo_status(context));
            cairo_set_source_rgb(context, 1, 1, 1);
            cairo_paint(context);
            var viewport = new Rectangle { Width = size, Height = size };
            if (rsvg_handle_render_document(handle, context, ref viewport, ref error) == 0)
                throw Failure(error);
            Check(cairo_status(context));
            return Read(surface, size);
        }
        finally
        {
            if (context != 0)
                cairo_destroy(context);
            if (surface != 0)
                cairo_surface_destroy(surface);
            g_object_unref(handle);
        }
    }

    static RgbImage Read(nint surface, int size)
    {
        cairo_surface_flush(surface);
        var stride = cairo_image_surface_get_stride(surface);
        var from = (byte*)cairo_image_surface_get_data(surface);
        var pixels = new byte[size * size * 3];
        for (int y = 0, to = 0; y < size; y++)
        {
            var row = (uint*)(from + (long)y * stride); // 0x00RRGGBB in the machine's byte order
            for (var x = 0; x < size; x++, to += 3)
            {
                pixels[to] = (byte)(row[x] >> 16);
                pixels[to + 1] = (byte)(row[x] >> 8);
                pixels[to + 2] = (byte)row[x];
            }
        }
        return new RgbImage(size, size, pixels);
    }

    static void Check(int status)
    {
        if (status != 0)
            throw ImageFaults.Error(
                ImageFault.Corrupt,
                $"cairo: {Marshal.PtrToStringUTF8(cairo_status_to_string(status))}"
            );
    }

    // GError is { guint32 domain; gint code; gchar* message }.
    static InvalidDataException Failure(nint error)
    {
        if (error == 0)
            return ImageFaults.Error(ImageFault.Corrupt, "librsvg gave no reason");
        var message = Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(error, 8)) ?? "";
        g_error_free(error);
        return ImageFaults.Error(ImageFault.Corrupt, $"librsvg: {message.ReplaceLineEndings(" ").Trim()}");
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Rectangle
    {
        public double X,
            Y,
            Width,
            Height;
    }

    [DllImport(Rsvg)]
    static extern nint rsvg_handle_new_from_data(nint data, nuint length, ref nint error);

    [DllImport(Rsvg)]
    static extern int rsvg_handle_render_document(nint handle, nint context, ref Rectangle viewport, ref nint error);

    [DllImport(GObject)]
    static extern void g_object_unref(nint instance);

    [DllImport(GLib)]
    static extern void g_error_free(nint error);

    [DllImport(Cairo)]
    static extern nint cairo_image_surface_create(int format, int width, int height);

    [DllImport(Cairo)]
    static extern int cairo_image_surface_get_stride(nint surface);

    [DllImport(Cairo)]
    static extern nint cairo_image_surface_get_data(nint surface);

    [DllImport(Cairo)]
    static extern void cairo_surface_flush(nint surface);

    [DllImport(Cairo)]
    static extern void cairo_surface_destroy(nint surface);

    [DllImport(Cairo)]
    static extern nint cairo_create(nint surface);

    [DllImport(Cairo)]
    static extern void cairo_destroy(nint context);

    [DllImport(Cairo)]
    static extern int cairo_status(nint context);

    [DllImport(Cairo)]
    static extern nint cairo_status_to_string(int status);

    [DllImport(Cairo)]
    static extern void cairo_set_source_rgb(nint context, double red, double green, double blue);

    [DllImport(Cairo)]
    static extern void cairo_paint(nint context);
}
