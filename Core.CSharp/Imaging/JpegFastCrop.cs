namespace Research.Imaging;

/// <summary>Decodes and resizes in one pass, with <see cref="RowResizer"/>'s pixels.</summary>
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

    /// <summary>Decodes a part and resizes it by weights that suit a <see cref="RowResizer"/>.</summary>
    /// <returns>The ticks spent taking rows; 0 when not <paramref name="timed"/>.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or outside the limits.</exception>
    public static long Into(
        ReadOnlySpan<byte> file,
        in JpegPart part,
        ResizeWeights across,
        ResizeWeights down,
        DecodeOptions options,
        Span<byte> square,
        bool timed
    )
    {
        using var resizer = new RowResizer(across, down, part.Covered.Width);
        fixed (byte* to = square)
        {
            var crop = new JpegFastCrop(resizer, part.Covered.Width, to, square.Length, timed);
            crop.Decode(file, part, options, padded: true);
            return crop.Ticks;
        }
    }

    protected override void Take(byte** rows, int first, int count)
    {
        for (var i = 0; i < count; i++)
            resizer.Take(new ReadOnlySpan<byte>(rows[i], width * 4), new Span<byte>(square, squareLength));
    }
}
