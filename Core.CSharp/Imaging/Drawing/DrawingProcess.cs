using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Research.Imaging.Drawing;

/// <summary>
/// The process that runs librsvg: <c>dotnet exec Research.Core.dll draw</c>, started by <see cref="DrawingChild"/>. It reads drawings
/// from standard input and writes their pixels to standard output until its input ends. It notices that even while drawing, so it never
/// outlives the program it draws for.
/// </summary>
static class DrawingProcess
{
    /// <summary>This assembly's only command.</summary>
    public const string Command = "draw";

    const int StackSize = 64 << 20; // librsvg recurses with the nesting of elements
    const int KeptBuffer = 4 << 20;

    static int Main(string[] arguments)
    {
        if (arguments is not [Command])
        {
            Console.Error.WriteLine("This program draws for ./research, which starts it; it does nothing on its own.");
            return 2;
        }
        using var interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true); // Ctrl-C is the parent's
        // Output of a library must not come between the answers.
        using var answers = new FileStream(new SafeFileHandle(dup(1), true), FileAccess.Write, 0);
        using var requests = new FileStream(new SafeFileHandle(0, false), FileAccess.Read, 0);
        if (dup2(2, 1) < 0)
            throw new IOException($"dup2: {Marshal.GetLastPInvokeErrorMessage()}");
        Serve(requests, answers);
        return 0;
    }

    static void Serve(Stream requests, Stream answers)
    {
        try
        {
            Librsvg.Load();
        }
        catch (DllNotFoundException error)
        {
            DrawingProtocol.WriteAnswer(answers, AnswerKind.MissingLibrary, DrawingProtocol.Text(error.Message));
            return;
        }
        var (asked, drawing) = (new SemaphoreSlim(0), new Request());
        new Thread(() => DrawAll(asked, drawing, answers), StackSize) { IsBackground = true }.Start();
        // The next request comes only after the answer, when the drawing thread is done with the buffer.
        Span<byte> head = stackalloc byte[DrawingProtocol.RequestHead];
        while (requests.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            drawing.Take(DrawingProtocol.ReadRequest(head));
            if (requests.ReadAtLeast(drawing.Markup, drawing.Length, throwOnEndOfStream: false) < drawing.Length)
                break;
            asked.Release();
        }
        _exit(0); // at once, even while drawing
    }

    static void DrawAll(SemaphoreSlim asked, Request drawing, Stream answers)
    {
        var limit = new MemoryLimit(); // here, where this thread's stack is already counted
        DrawingProtocol.WriteAnswer(answers, AnswerKind.Ready, BitConverter.GetBytes(DrawingProtocol.Version));
        while (true)
        {
            asked.Wait();
            var (kind, content) = Draw(drawing, limit);
            DrawingProtocol.WriteAnswer(answers, kind, content);
        }
    }

    static (AnswerKind, byte[]) Draw(Request drawing, MemoryLimit limit)
    {
        try
        {
            limit.Allow(drawing.Memory);
            var pixels = GC.AllocateUninitializedArray<byte>(3 * drawing.Size * drawing.Size);
            Librsvg.Draw(SvgGuard.Check(drawing.Markup), drawing.Size, pixels);
            return (AnswerKind.Pixels, pixels);
        }
        catch (InvalidDataException error)
        {
            var fault = ImageFaults.Of(error) ?? ImageFault.Corrupt;
            return (AnswerKind.Refused, DrawingProtocol.Refusal(fault, error.Message));
        }
        catch (OutOfMemoryException)
        {
            return (AnswerKind.OutOfMemory, []);
        }
    }

    sealed class Request
    {
        byte[] buffer = [];

        public int Length { get; private set; }

        public int Size { get; private set; }

        public long Memory { get; private set; }

        public Span<byte> Markup => buffer.AsSpan(0, Length);

        public void Take((int Length, int Size, long Memory) head)
        {
            if (head.Length is < 1 or > Svg.LargestFile || head.Size is < 1 or > Svg.LargestSize || head.Memory < 1)
                throw new FormatException($"a request of {head.Length} bytes, {head.Size} pixels, {head.Memory} bytes");
            (Length, Size, Memory) = head;
            if (buffer.Length < Length || buffer.Length > KeptBuffer)
                buffer = GC.AllocateUninitializedArray<byte>(Length);
        }
    }

    [DllImport("libc", SetLastError = true)]
    static extern int dup(int descriptor);

    [DllImport("libc", SetLastError = true)]
    static extern int dup2(int from, int to);

    [DllImport("libc")]
    static extern void _exit(int code);
}
