using System.Buffers.Binary;
using System.Text;

namespace Research.Imaging.Drawing;

/// <summary>The kinds of a drawing process's answers.</summary>
enum AnswerKind
{
    /// <summary>The process is ready; the content is <see cref="DrawingProtocol.Version"/>.</summary>
    Ready,

    /// <summary>Size x size x 3 bytes.</summary>
    Pixels,

    /// <summary>The drawing is refused: one byte for the <see cref="ImageFault"/>, then the reason.</summary>
    Refused,

    /// <summary>The drawing needs more memory than it may have.</summary>
    OutOfMemory,

    /// <summary>librsvg is not installed; the content is the message.</summary>
    MissingLibrary,
}

/// <summary>
/// The frames between a program and its drawing processes, little-endian. A request: markup's length, side in pixels
/// (4 bytes each), bytes of memory allowed (8), the markup. An answer: kind and length (4 bytes each), the content.
/// </summary>
static class DrawingProtocol
{
    /// <summary>Increased with every change of the frames.</summary>
    public const int Version = 1;

    public const int RequestHead = 16;
    public const int AnswerHead = 8;

    /// <summary>Longer reasons are cut.</summary>
    public const int LongestText = 4096;

    public static void WriteRequest(Stream to, ReadOnlySpan<byte> markup, int size, long memory)
    {
        Span<byte> head = stackalloc byte[RequestHead];
        BinaryPrimitives.WriteInt32LittleEndian(head, markup.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], size);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], memory);
        to.Write(head);
        to.Write(markup);
        to.Flush();
    }

    public static (int Length, int Size, long Memory) ReadRequest(ReadOnlySpan<byte> head) =>
        (
            BinaryPrimitives.ReadInt32LittleEndian(head),
            BinaryPrimitives.ReadInt32LittleEndian(head[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[8..])
        );

    public static void WriteAnswer(Stream to, AnswerKind kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[AnswerHead];
        BinaryPrimitives.WriteInt32LittleEndian(head, (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], content.Length);
        to.Write(head);
        to.Write(content);
        to.Flush();
    }

    /// <summary>Reads an answer.</summary>
    /// <param name="from">The process's output.</param>
    /// <param name="pixelLength">The expected length of the pixels.</param>
    /// <exception cref="EndOfStreamException">The process ended.</exception>
    /// <exception cref="FormatException">This is not an answer of a drawing process.</exception>
    public static (AnswerKind Kind, byte[] Content) ReadAnswer(Stream from, int pixelLength)
    {
        Span<byte> head = stackalloc byte[AnswerHead];
        from.ReadExactly(head);
        var kind = (AnswerKind)BinaryPrimitives.ReadInt32LittleEndian(head);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        var allowed = kind switch
        {
            AnswerKind.Pixels => length == pixelLength,
            AnswerKind.Refused => length is >= 1 and <= LongestText,
            AnswerKind.MissingLibrary => length is >= 0 and <= LongestText,
            AnswerKind.Ready => length == sizeof(int),
            AnswerKind.OutOfMemory => length == 0,
            _ => false,
        };
        if (!allowed)
            throw new FormatException($"an answer of kind {(int)kind} and {length} bytes");
        var content = GC.AllocateUninitializedArray<byte>(length);
        from.ReadExactly(content);
        return (kind, content);
    }

    /// <summary>A text in UTF-8, cut to fit an answer.</summary>
    public static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length < LongestText ? bytes : bytes[..(LongestText - 1)];
    }

    /// <summary>The content of <see cref="AnswerKind.Refused"/>.</summary>
    public static byte[] Refusal(ImageFault fault, string reason) => [(byte)fault, .. Text(reason)];
}
