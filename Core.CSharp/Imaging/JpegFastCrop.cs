namespace Research.Imaging;

/// <summary>Decodes and resizes in one go, with <see cref="RowResizer"/>'s pixels.</summary>
sealed unsafe class JpegFastCrop : JpegRowSink
{
    readonly RowResizer resizer;
    readonly byte* square;
    readonly int width,
        squareLength;

    JpegFastCrop(RowResizer resizer, int width, byte* square, int squareLength, bool timed)
        : base(timed)
    {
        (this.resizer, this.width, this.squareLength) = (resizer, width, squareLength);
        this.square = square;
    }

    /// <summary>
    /// Decodes <paramref name="covered"/> of the scaled picture, and resizes the box in it to a square; where it would have to be shrunk more than
    /// <see cref="RowResizer"/> does well, as <see cref="JpegCrop"/> does.
    /// </summary>
    /// <inheritdoc cref="JpegCrop.Into"/>
    public static long Into(
        ReadOnlySpan<byte> file,
        JpegHeader header,
        int scale,
        PixelRegion covered,
        ResizeBox box,
        DecodeOptions options,
        bool plainChroma,
        Span<byte> square,
        int size,
        bool timed
    )
    {
        using var across = new ResizeWeights(covered.Width, box.Left, box.Right, size, ResizeFilter.Bicubic);
        using var down = new ResizeWeights(covered.Height, box.Top, box.Bottom, size, ResizeFilter.Bicubic);
        if (!RowResizer.Suits(across, down))
            return JpegCrop.Into(file, header, scale, covered, box, options, plainChroma, square, size, timed);
        using var resizer = new RowResizer(across, down, covered.Width);
        fixed (byte* to = square)
        {
            var crop = new JpegFastCrop(resizer, covered.Width, to, square.Length, timed);
            crop.Decode(file, header, scale, covered, options, plainChroma, padded: true);
            return crop.Ticks;
        }
    }

    protected override void Take(byte** rows, int first, int count)
    {
        for (var i = 0; i < count; i++)
            resizer.Take(new ReadOnlySpan<byte>(rows[i], width * 4), new Span<byte>(square, squareLength));
    }
}
