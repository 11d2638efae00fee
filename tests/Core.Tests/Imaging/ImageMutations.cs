using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Research.Imaging;
using Research.Randomness;

namespace Research.Tests.Imaging;

/// <summary>
/// Damaged pictures: the golden files of every format, each changed at random places. The n-th file is a function of n alone.
/// </summary>
public sealed class ImageMutations
{
    static readonly DecodeOptions Bounds = new()
    {
        LargestPixelCount = 1_000_000, // a header that lies costs time, not insight
        SvgSize = 32,
        SvgTime = TimeSpan.FromSeconds(5),
    };

    readonly List<(string Format, byte[] File)> sources = [];
    readonly ulong seed;

    /// <param name="golden">The folder of the golden files imaging.json and imaging_formats.json.</param>
    /// <param name="seed">Another seed gives other files.</param>
    public ImageMutations(string golden, ulong seed)
    {
        this.seed = seed;
        foreach (var file in Open(golden, "imaging_formats.json").EnumerateObject())
            Add(file.Value.GetProperty("file").GetBytesFromBase64());
        foreach (var file in Open(golden, "imaging.json").GetProperty("decoded").EnumerateObject())
            Add(file.Value.GetProperty("png").GetBytesFromBase64());
        foreach (var drawing in Drawings)
            Add(Encoding.UTF8.GetBytes(drawing));
        Add(Zip(Encoding.UTF8.GetBytes(Drawings[0])));
    }

    /// <param name="files">Whole pictures.</param>
    /// <param name="seed">Another seed gives other files.</param>
    public ImageMutations(IEnumerable<byte[]> files, ulong seed)
    {
        this.seed = seed;
        foreach (var file in files)
            Add(file);
    }

    static readonly string[] Drawings =
    [
        """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#f80" d="M4 4h16v16H4z"/><circle cx="12" cy="12" r="5" fill="none" stroke="#08f" stroke-width="2"/></svg>""",
        """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 24 24"><defs><linearGradient id="a"><stop offset="0" stop-color="red"/><stop offset="1"/></linearGradient><g id="b"><rect width="9" height="9" fill="url(#a)"/></g><clipPath id="c"><circle cx="9" cy="9" r="8"/></clipPath></defs><use xlink:href="#b" transform="rotate(20) scale(1.5)" clip-path="url(#c)"/><text x="2" y="20" font-size="6">Abc</text></svg>""",
        """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><filter id="f"><feGaussianBlur stdDeviation="1"/><feOffset dx="1"/></filter><mask id="m"><rect width="16" height="16" fill="#888"/></mask><g filter="url(#f)" mask="url(#m)" opacity=".7"><ellipse cx="8" cy="8" rx="6" ry="3"/></g></svg>""",
    ];

    /// <summary>The formats that occur.</summary>
    public IEnumerable<string> Formats => sources.Select(s => s.Format).Distinct();

    /// <summary>The n-th damaged file.</summary>
    public (string Format, byte[] File) Create(long n)
    {
        var random = new SeededRandom(Seed.Derive(seed, "mutation", n));
        var kinds = Formats.ToArray();
        var format = kinds[random.NextInt(kinds.Length)];
        var ofFormat = sources.FindAll(s => s.Format == format);
        var source = ofFormat[random.NextInt(ofFormat.Count)].File;
        var bytes = new List<byte>(source);
        for (var i = 1 + random.NextInt(4); i > 0 && bytes.Count > 0; i--)
            Change(bytes, ofFormat, random);
        var file = bytes.ToArray();
        if (format == "Png" && random.NextInt(4) > 0)
            MendChecksums(file);
        return (format, file);
    }

    static readonly ImagePipeline[] Crops =
    [
        .. new[] { true, false }.Select(shrink => new ImagePipeline
        {
            Crop = new RandomResizedCrop(11, 0.1),
            ShrinkInTransform = shrink,
            Decoding = Bounds,
        }),
    ];

    /// <summary>Decodes a file, whole and as both kinds of random crop: "decoded", or the fault's name, of the whole.</summary>
    /// <exception cref="Exception">Anything but a refusal with its fault and reason is an error of the decoders.</exception>
    public static string Outcome(byte[] file)
    {
        foreach (var crop in Crops)
            Refusal(() => crop.Load(file, file.Length, 0, new byte[crop.Length]));
        return Refusal(() => Whole(file)) ?? "decoded";
    }

    static void Whole(byte[] file)
    {
        var info = ImageDecoder.ReadInfo(file, Bounds);
        var picture = ImageDecoder.Decode(file, Bounds);
        if (
            (picture.Width, picture.Height) != (info.Width, info.Height)
            || picture.Pixels.Length != 3 * info.Width * info.Height
        )
            throw new InvalidOperationException($"{picture.Width} x {picture.Height} is not what {info} said");
    }

    static string? Refusal(Action decode)
    {
        try
        {
            decode();
            return null;
        }
        catch (InvalidDataException error) when (error.Message.Length > 0 && ImageFaults.Of(error) is { } fault)
        {
            return fault.ToString();
        }
    }

    static void Change(List<byte> bytes, List<(string Format, byte[] File)> ofFormat, SeededRandom random)
    {
        var at = random.NextInt(bytes.Count);
        var length = 1 + random.NextInt(Math.Min(32, bytes.Count - at));
        switch (random.NextInt(8))
        {
            case 0:
                bytes[at] = (byte)random.NextInt(256);
                break;
            case 1:
                bytes[at] ^= (byte)(1 << random.NextInt(8));
                break;
            case 2:
                bytes.RemoveRange(at, random.NextInt(4) == 0 ? bytes.Count - at : length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.NextInt(256)));
                break;
            case 5: // a number at its limit, of one, two or four bytes
                ReadOnlySpan<byte> limits = [0x00, 0x7F, 0x80, 0xFF];
                var value = limits[random.NextInt(4)];
                for (var i = Math.Min(1 << random.NextInt(3), bytes.Count - at); i > 0; i--)
                    bytes[at + i - 1] = i == 1 ? value : limits[random.NextInt(2) * 3];
                break;
            case 6: // early bytes say most
                bytes[random.NextInt(Math.Min(64, bytes.Count))] = (byte)random.NextInt(256);
                break;
            default:
                var other = ofFormat[random.NextInt(ofFormat.Count)].File;
                var from = random.NextInt(other.Length);
                var taken = other.AsSpan(from, Math.Min(other.Length - from, 1 + random.NextInt(200))).ToArray();
                bytes.RemoveRange(at, Math.Min(taken.Length, bytes.Count - at));
                bytes.InsertRange(at, taken);
                break;
        }
    }

    // Otherwise nearly every damaged PNG would fail its checksum, and none reach what lies behind.
    static void MendChecksums(byte[] file)
    {
        for (var at = 8; file.Length - at >= 12; )
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
                return;
            var content = file.AsSpan(at + 4, (int)length + 4);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), Checksum(content));
            at += (int)length + 12;
        }
    }

    static uint Checksum(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var b in content)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }
        return ~crc;
    }

    void Add(byte[] file) => sources.Add((ImageDecoder.ReadInfo(file).Format.ToString(), file));

    static byte[] Zip(byte[] content)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Optimal))
            gzip.Write(content);
        return to.ToArray();
    }

    static JsonElement Open(string golden, string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(golden, name))).RootElement;
}
