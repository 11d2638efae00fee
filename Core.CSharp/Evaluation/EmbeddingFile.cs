using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Research.Printing;

namespace Research.Evaluation;

/// <summary>
/// A matrix of embeddings that is written row by row, N x d float32: to a NumPy file (".npy"), or to a safetensors file with one tensor,
/// "embeddings". Beside it stand the rows' names, one a line (".names.txt"). The files appear when <see cref="Finish"/> is called; until then
/// they lie under other names.
/// </summary>
public sealed class EmbeddingFile : IDisposable
{
    const int HeaderLength = 256; // of either format, padded: the number of rows is known last
    const string NumPy = ".npy";
    const string Tensors = ".safetensors";

    readonly string path;
    readonly SafeFileHandle rows;
    readonly StreamWriter names;
    readonly int width;
    bool finished;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Its place; the name ends in ".npy" or ".safetensors".</param>
    /// <param name="width">d, the columns.</param>
    /// <exception cref="ArgumentException">The name ends in something else.</exception>
    public EmbeddingFile(string path, int width)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (!IsName(path))
            throw new ArgumentException(
                $"'{path}' ends neither in {NumPy} nor in {Tensors}: embeddings are written as one of them."
            );
        this.path = Path.GetFullPath(path);
        this.width = width;
        Directory.CreateDirectory(Path.GetDirectoryName(this.path)!);
        rows = File.OpenHandle(Unfinished(this.path), FileMode.Create, FileAccess.Write);
        names = new StreamWriter(Unfinished(NamesPath), append: false);
    }

    /// <summary>Whether a name ends as the files do that are written.</summary>
    public static bool IsName(string path) =>
        path.EndsWith(NumPy, StringComparison.Ordinal) || path.EndsWith(Tensors, StringComparison.Ordinal);

    /// <summary>Where the names of the rows stand.</summary>
    public string NamesPath => Path.ChangeExtension(path, ".names.txt");

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes rows.</summary>
    /// <param name="values">Rows x d, row by row.</param>
    /// <param name="named">The rows' names; what would break a line is escaped.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than the names ask for.</exception>
    public void Append(ReadOnlySpan<float> values, IReadOnlyList<string> named)
    {
        ArgumentNullException.ThrowIfNull(named);
        if (values.Length != (long)named.Count * width)
            throw new ArgumentException($"{named.Count} rows of {width} columns are not {values.Length} values.");
        RandomAccess.Write(rows, MemoryMarshal.AsBytes(values), HeaderLength + 4 * width * Rows);
        foreach (var name in named)
            names.Write(PrintableText.Of(name) + "\n");
        Rows += named.Count;
    }

    /// <summary>Completes both files and puts them in their places.</summary>
    public void Finish()
    {
        RandomAccess.Write(rows, Header(), 0);
        RandomAccess.FlushToDisk(rows);
        names.Dispose();
        rows.Dispose();
        File.Move(Unfinished(path), path, overwrite: true);
        File.Move(Unfinished(NamesPath), NamesPath, overwrite: true);
        finished = true;
    }

    /// <summary>Removes what was not finished.</summary>
    public void Dispose()
    {
        names.Dispose();
        rows.Dispose();
        if (finished)
            return;
        File.Delete(Unfinished(path));
        File.Delete(Unfinished(NamesPath));
    }

    static string Unfinished(string file) => file + ".unfinished";

    byte[] Header()
    {
        var header = new byte[HeaderLength];
        header.AsSpan().Fill((byte)' ');
        var shape = string.Create(CultureInfo.InvariantCulture, $"{Rows}, {width}");
        if (path.EndsWith(NumPy, StringComparison.Ordinal))
        {
            ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
            magic.CopyTo(header);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), HeaderLength - 10);
            Encoding.ASCII.GetBytes(
                $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}",
                header.AsSpan(10)
            );
            header[^1] = (byte)'\n';
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header, HeaderLength - 8);
            var end = (4 * width * Rows).ToString(CultureInfo.InvariantCulture);
            Encoding.ASCII.GetBytes(
                "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[0," + end + "]}}",
                header.AsSpan(8)
            );
        }
        return header;
    }
}
