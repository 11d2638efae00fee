namespace Research.Imaging;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="Left">The first column.</param>
/// <param name="Top">The first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct PixelRegion(int Left, int Top, int Width, int Height)
{
    /// <summary>The whole picture.</summary>
    public static PixelRegion All(int width, int height) => new(0, 0, width, height);

    internal void RequireInside(int width, int height, string parameter)
    {
        if (
            Left < 0
            || Top < 0
            || Width <= 0
            || Height <= 0
            || (long)Left + Width > width
            || (long)Top + Height > height
        )
            throw new ArgumentOutOfRangeException(
                parameter,
                this,
                $"The region {Width} x {Height} at ({Left}, {Top}) is not inside a picture of {width} x {height}."
            );
    }
}
