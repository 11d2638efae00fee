namespace Research.Objectives;

/// <summary>How many image rows and caption columns of the logit matrix are held at a time.</summary>
public sealed record Tiling
{
    /// <summary>A tiling; a tile larger than the batch is the whole batch.</summary>
    /// <param name="rows">Image rows per tile, at least 1.</param>
    /// <param name="columns">Caption columns per tile, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public Tiling(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (Rows, Columns) = (rows, columns);
    }

    /// <summary>Image rows per tile.</summary>
    public int Rows { get; }

    /// <summary>Caption columns per tile.</summary>
    public int Columns { get; }

    /// <summary>
    /// 1,024 x 2,048: 8 MiB per buffer in float32, small enough for a CPU's last cache, large enough that matrix products run at full speed.
    /// </summary>
    public static Tiling Default { get; } = new(1024, 2048);
}
