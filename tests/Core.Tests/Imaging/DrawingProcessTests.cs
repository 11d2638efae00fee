using System.Diagnostics;
using System.Text;
using Research.Imaging;
using Research.Imaging.Drawing;
using Xunit;

namespace Research.Tests.Imaging;

public class DrawingProcessTests
{
    const string Open = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\">";
    static readonly byte[] Black = Encoding.UTF8.GetBytes(Open + "<path d=\"M0 0h8v8h-8z\"/></svg>");
    static readonly byte[] Long = Encoding.UTF8.GetBytes(
        $"{Open}<path d=\"{string.Concat(Enumerable.Repeat("M0 0L9 9", 200_000))}\"/></svg>"
    );
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static DrawingChild Child() => DrawingChild.Start(DrawingHost.Start());

    static InvalidDataException Refused(byte[] svg, int size, DecodeOptions options) =>
        Assert.Throws<InvalidDataException>(() => Svg.Rasterise(svg, size, options));

    static void BlackIsDrawn() => Assert.All(Svg.Rasterise(Black, 8).Pixels, p => Assert.Equal(0, p));

    [Fact]
    public void After_sixteen_drawings_without_end_fifty_good_ones_are_drawn()
    {
        var slow = SvgLimitTests.Slow();
        var (late, drawn) = (0, 0);
        Parallel.For(
            0,
            66,
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            i =>
            {
                if (i < 16)
                {
                    var error = Assert.Throws<InvalidDataException>(() =>
                        Svg.Rasterise(slow, 512, TimeSpan.FromMilliseconds(300))
                    );
                    if (ImageFaults.Of(error) == ImageFault.TimedOut)
                        Interlocked.Increment(ref late);
                }
                else if (Svg.Rasterise(Black, 8).Pixels.All(p => p == 0))
                    Interlocked.Increment(ref drawn);
            }
        );
        Assert.Equal((16, 50), (late, drawn));
    }

    [Fact]
    public void A_drawing_that_ends_librsvg_costs_itself_alone()
    {
        // Sizes that are each within the bound, and together beyond every font's: librsvg 2.54 ends on them, a later one may not.
        var ends = Encoding.UTF8.GetBytes(
            $"{Open}<g font-size=\"900000\"><g font-size=\"99em\"><text font-size=\"99em\">abc</text></g></g></svg>"
        );
        BlackIsDrawn();
        try
        {
            Assert.Equal(8, Svg.Rasterise(ends, 8).Width);
        }
        catch (InvalidDataException error)
        {
            Assert.Equal(ImageFault.Corrupt, ImageFaults.Of(error));
            Assert.StartsWith("librsvg ended on the drawing (signal 6: ", error.Message);
            Assert.DoesNotContain('\n', error.Message);
        }
        BlackIsDrawn();
    }

    [Fact]
    public void A_drawing_that_takes_too_much_memory_costs_itself_alone()
    {
        BlackIsDrawn();
        var options = DecodeOptions.Default with { SvgMemory = 32 << 20, SvgTime = Patience };
        var error = Refused(Long, 8, options);
        Assert.Equal("the drawing took more memory than 32 MiB", error.Message);
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(error));
        BlackIsDrawn();
        var large = Refused(Black, 4096, options);
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(large));
        BlackIsDrawn();
        Assert.Equal(4096, Svg.Rasterise(Black, 4096).Width);
    }

    [Fact]
    public async Task The_end_of_a_process_is_told_by_its_signal()
    {
        using var child = Child();
        Assert.Equal(DrawingEnd.Drawn, child.Draw(Black, 8, Patience, 1 << 28).End);
        var drawing = Task.Run(() => child.Draw(SvgLimitTests.Slow(), 512, Patience, 1 << 28));
        Thread.Sleep(200);
        Process.GetProcessById(child.Id).Kill();
        var result = await drawing;
        Assert.Equal((DrawingEnd.Died, "signal 9"), (result.End, result.Reason));
        Assert.False(child.Usable);
    }

    [Fact]
    public void A_process_that_somebody_ended_costs_no_drawing()
    {
        BlackIsDrawn();
        foreach (var own in OwnProcesses())
            Process.GetProcessById(own).Kill();
        BlackIsDrawn();
        BlackIsDrawn();
        Assert.InRange(OwnProcesses().Count, 1, Environment.ProcessorCount);
    }

    static List<int> OwnProcesses() =>
        [
            .. Directory
                .GetDirectories("/proc")
                .Select(f => int.TryParse(Path.GetFileName(f), out var id) ? id : 0)
                .Where(id => id > 0 && IsOwn(id)),
        ];

    static bool IsOwn(int id)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{id}/status");
            return status.Contains($"PPid:\t{Environment.ProcessId}\n", StringComparison.Ordinal)
                && !status.Contains("State:\tZ", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{id}/cmdline")
                    .EndsWith("Research.Core.dll\0draw\0", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    [Fact]
    public void A_process_does_not_outlive_its_program_even_while_it_draws()
    {
        using var process = Process.Start(DrawingHost.Start())!;
        try
        {
            Assert.Equal(AnswerKind.Ready, DrawingProtocol.ReadAnswer(process.StandardOutput.BaseStream, 0).Kind);
            DrawingProtocol.WriteRequest(process.StandardInput.BaseStream, SvgLimitTests.Slow(), 512, 1 << 28);
            Thread.Sleep(200);
            Assert.False(process.HasExited);
            process.StandardInput.BaseStream.Dispose();
            Assert.True(process.WaitForExit(10_000));
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void A_process_that_cannot_start_is_an_error_in_one_line_with_the_remedy()
    {
        var nowhere = Assert.Throws<InvalidOperationException>(() =>
            DrawingHost.Start("/nowhere/Core.dll", "/bin/true")
        );
        Assert.Contains("there is no '/nowhere/Core.dll'", nowhere.Message);
        foreach (
            var (start, reason) in new[]
            {
                (Redirected("/bin/false"), "it ended at once (exit code 1)"),
                (
                    Redirected("/bin/sh", "-c", "echo no such framework >&2; exit 150"),
                    "exit code 150: no such framework"
                ),
                (Redirected("/nowhere/dotnet"), "'/nowhere/dotnet' does not start"),
            }
        )
        {
            var error = Assert.Throws<InvalidOperationException>(() => DrawingChild.Start(start));
            Assert.Contains(reason, error.Message);
            Assert.Contains("./research setup", error.Message);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    static ProcessStartInfo Redirected(string program, params string[] arguments) =>
        new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    [Fact]
    public void An_answer_of_another_length_is_not_taken()
    {
        static MemoryStream Answer(AnswerKind kind, int length)
        {
            var stream = new MemoryStream();
            DrawingProtocol.WriteAnswer(stream, kind, new byte[length]);
            stream.Position = 0;
            return stream;
        }
        Assert.Equal(192, DrawingProtocol.ReadAnswer(Answer(AnswerKind.Pixels, 192), 192).Content.Length);
        Assert.Throws<FormatException>(() => DrawingProtocol.ReadAnswer(Answer(AnswerKind.Pixels, 195), 192));
        Assert.Throws<FormatException>(() => DrawingProtocol.ReadAnswer(Answer(AnswerKind.Refused, 5000), 192));
        Assert.Throws<FormatException>(() => DrawingProtocol.ReadAnswer(Answer((AnswerKind)7, 4), 192));
        Assert.Throws<EndOfStreamException>(() => DrawingProtocol.ReadAnswer(new MemoryStream(new byte[3]), 192));
        Assert.Equal(
            DrawingProtocol.LongestText,
            DrawingProtocol.Refusal(ImageFault.Corrupt, new string('x', 9000)).Length
        );
    }

    [Fact]
    public void Impossible_limits_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Svg.Rasterise(Black, 8, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Svg.Rasterise(Black, 8, DecodeOptions.Default with { SvgMemory = 1000 })
        );
    }
}
