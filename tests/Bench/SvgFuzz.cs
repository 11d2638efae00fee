using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Research.Imaging;
using Research.Randomness;
using Research.Tests.Imaging;

namespace Research.Bench;

/// <summary>
/// Real drawings, damaged: by bytes, by numbers at their limits, and by elements that librsvg has trouble with. This process must survive,
/// never wait longer than the limit, and hold no more memory at the end than at the beginning.
/// </summary>
static partial class SvgFuzz
{
    const int DefaultCount = 5000;
    const int Step = 40;
    const int Side = 64;
    const int WarmUp = 200;
    const long Flat = 64 << 20;
    static readonly TimeSpan limit = TimeSpan.FromSeconds(2);
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5); // a busy machine may start a process in between

    static readonly string[] Numbers =
    [
        "0",
        "-1",
        "1e9",
        "-1e9",
        "1e-9",
        "1e38",
        "1e400",
        "NaN",
        "64",
        "65536",
        "4294967296",
        "0.5%",
        "9999em",
    ];

    static readonly string[] Elements =
    [
        "<filter id=\"z\" x=\"-9\" y=\"-9\" width=\"1e4\" height=\"1e4\"><feConvolveMatrix order=\"19\" kernelMatrix=\"1 2 3\"/></filter><rect width=\"99\" height=\"99\" filter=\"url(#z)\"/>",
        "<filter id=\"y\"><feMorphology radius=\"40 1\"/><feTile/><feDisplacementMap scale=\"1e5\" xChannelSelector=\"R\"/></filter><g filter=\"url(#y)\"><circle r=\"50\"/></g>",
        "<filter id=\"x\"><feSpecularLighting><fePointLight x=\"1\" z=\"1\"/></feSpecularLighting><feTurbulence numOctaves=\"9\" baseFrequency=\"1e3\"/></filter><circle r=\"30\" filter=\"url(#x)\"/>",
        "<pattern id=\"w\" width=\"1e-3\" height=\"9\"><path d=\"M0 0h9\"/></pattern><rect width=\"50\" height=\"50\" fill=\"url(#w)\"/>",
        "<marker id=\"v\" orient=\"auto\"><use href=\"#v\"/><path d=\"M0 0h1v1z\"/></marker><path marker-mid=\"url(#v)\" d=\"M0 0h1h1h1h1h1v9z\"/>",
        "<g id=\"u\"><use href=\"#u\"/><use href=\"#u\"/></g>",
        "<text font-size=\"999999\" letter-spacing=\"1e9\">\u0627\u0644abc\uD83D\uDC69\u200D\uD83D\uDE80</text>",
        "<path stroke=\"red\" stroke-dasharray=\"1e-5 1e-5\" d=\"M0 0A1e9 1e-9 0 1 1 9e9 9\"/>",
        "<image width=\"9\" height=\"9\" href=\"data:image/png;base64,iVBORw0KGgo=\"/>",
        "<style>*{font-size:1e30px;filter:url(#z)} g>g{mask:url(#u)}</style>",
        "<g transform=\"matrix(1e30 0 0 1e-30 0 0)\">",
        "<symbol viewBox=\"0 0 0 0\"><svg viewBox=\"0 0 1e-30 1e30\">",
    ];

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var count = options.Count is { } asked && options.Part == "svg" ? asked : DefaultCount;
        var sources = EmojiDrawings.Every(Step);
        var mutations = new ImageMutations(sources, 5);
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (errors, slowest, ended) = (new List<string>(), 0.0, new List<string>());
        var (clock, before) = (Stopwatch.StartNew(), 0L);
        Parallel.For(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads },
            n =>
            {
                var svg = n % 2 == 0 ? mutations.Create(n).File : Rewritten(sources, n);
                var one = Stopwatch.StartNew();
                var (outcome, reason) = Outcome(svg);
                lock (outcomes)
                {
                    slowest = Math.Max(slowest, one.Elapsed.TotalSeconds);
                    outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                    if (outcome == "error")
                        errors.Add($"drawing {n}: {reason}");
                    if (reason.Contains("librsvg ended", StringComparison.Ordinal))
                        ended.Add($"drawing {n}: {reason}");
                    if (outcomes.Values.Sum() == WarmUp)
                        before = Resident();
                }
            }
        );
        var growth = Resident() - before;
        foreach (var (outcome, number) in outcomes)
            Console.WriteLine($"  {outcome, -20} {number, 8}");
        foreach (var line in ended.Concat(errors).Take(20))
            Console.Error.WriteLine(line);
        var detail = new Dictionary<string, object>
        {
            ["drawings"] = count,
            ["outcomes"] = outcomes.ToDictionary(o => o.Key, o => (object)o.Value),
            ["processes_ended"] = ended.Count,
            ["limit_seconds"] = limit.TotalSeconds,
            ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return
        [
            Figure.AtMost("fuzz.svg.unexpected_errors", errors.Count, "drawings", 0, detail),
            Figure.AtMost("fuzz.svg.slowest", slowest, "s", (limit + patience).TotalSeconds, detail),
            Figure.AtMost("fuzz.svg.memory_growth", growth / 1048576.0, "MiB", Flat / 1048576.0, detail),
        ];
    }

    static (string Outcome, string Reason) Outcome(byte[] svg)
    {
        try
        {
            var picture = Svg.Rasterise(svg, Side, limit);
            return picture.Pixels.Length == 3 * Side * Side ? ("drawn", "") : ("error", "a picture of the wrong size");
        }
        catch (InvalidDataException error) when (ImageFaults.Of(error) is { } fault)
        {
            return (fault.ToString(), error.Message);
        }
        catch (Exception error)
        {
            return ("error", error.ToString().ReplaceLineEndings(" "));
        }
    }

    // Drawing n with some numbers at their limits and, usually, some elements inserted.
    static byte[] Rewritten(byte[][] sources, int n)
    {
        var random = new SeededRandom(Seed.Derive(7, "svg", n));
        var text = Encoding.UTF8.GetString(sources[random.NextInt(sources.Length)]);
        for (var i = random.NextInt(4); i > 0; i--)
            if (NumberPattern().Matches(text) is { Count: > 0 } numbers)
            {
                var chosen = numbers[random.NextInt(numbers.Count)];
                text = string.Concat(
                    text.AsSpan(0, chosen.Index),
                    Numbers[random.NextInt(Numbers.Length)],
                    text.AsSpan(chosen.Index + chosen.Length)
                );
            }
        for (var i = random.NextInt(3); i > 0; i--)
        {
            var at = text.IndexOf('<', 1 + random.NextInt(text.Length - 1));
            if (at > 0)
                text = text.Insert(
                    at,
                    NumberPattern()
                        .Replace(
                            Elements[random.NextInt(Elements.Length)],
                            m => random.NextInt(8) == 0 ? Numbers[random.NextInt(Numbers.Length)] : m.Value
                        )
                );
        }
        return Encoding.UTF8.GetBytes(text);
    }

    static long Resident()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true); // the mutations leave garbage
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024
            * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(?<=["" ,(])-?[0-9]+(\.[0-9]+)?(?=["" ,)])")]
    private static partial Regex NumberPattern();
}
