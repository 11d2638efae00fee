using System.Runtime.InteropServices;

namespace Research.Imaging.Drawing;

/// <summary>
/// librsvg and cairo by their C interfaces. A drawing can make them end the process: only <see cref="DrawingProcess"/> calls them.
/// </summary>
static unsafe class Librsvg
{
    const string Rsvg = "librsvg-2.so.2";
    const string Cairo = "libcairo.so.2";
    const string GObject = "libgobject-2.0.so.0";
    const string GLib = "libglib-2.0.so.0";
    const string DebianPackages = "librsvg2-2 (which brings libcairo2)";
    const int FormatRgb24 = 1;
    const int NoMemory = 1; // CAIRO_STATUS_NO_MEMORY

    /// <summary>Loads the libraries.</summary>
    /// <exception cref="DllNotFoundException">One is not installed; the message says how to get it.</exception>
    public static void Load()
    {
        foreach (var library in new[] { Rsvg, Cairo, GObject, GLib })
            try
            {
                NativeLibrary.Load(library);
            }
            catch (DllNotFoundException error)
            {
                throw NativeLibraries.Missing(library, DebianPackages, error);
            }
    }

    /// <summary>
    /// Draws markup over white into size x size x 3 bytes. librsvg gets it without an address, so that it follows no reference.
    /// </summary>
    /// <exception cref="InvalidDataException">librsvg or cairo refuses it.</exception>
    /// <exception cref="OutOfMemoryException">cairo got no memory.</exception>
    public static void Draw(ReadOnlySpan<byte> markup, int size, Span<byte> pixels)
    {
        nint error = 0;
        nint handle;
        fixed (byte* data = markup)
            handle = rsvg_handle_new_from_data((nint)data, (nuint)markup.Length, ref error);
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
            Read(surface, size, pixels);
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

    static void Read(nint surface, int size, Span<byte> pixels)
    {
        cairo_surface_flush(surface);
        var stride = cairo_image_surface_get_stride(surface);
        var from = (byte*)cairo_image_surface_get_data(surface);
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
    }

    static void Check(int status)
    {
        if (status == NoMemory)
            throw new OutOfMemoryException();
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
        if (message.Contains("NoMemory", StringComparison.Ordinal))
            throw new OutOfMemoryException();
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
