using System.Globalization;

namespace Research.Bench;

/// <summary>An error that stops a bench, in one line: what is missing, and the remedy.</summary>
sealed class BenchException(string message) : Exception(message);

/// <summary>The options that benches share.</summary>
sealed record Options
{
    public const string Help = """
        options:
          --json FILE     write the figures, with their setting and the machine, as JSON too
          --threads N     threads of one operator, here and in Python (default: all cores)
          --rounds N      alternating rounds (default: the bench's own)
          --count N       fuzz: mutated files (default: 100000 pictures, 5000 drawings); fuzz-import: data sets (20000);
                          fuzz-checkpoints: checkpoints (100000)
          --part NAME     data: tokenizer, photo, loader, stream or svg; fuzz: pictures or svg (default: all)
          --size NAME     step: base or tiny (default: both); cache: one case, BATCH/MICRO_BATCH, by itself;
                          loss: table (InfoNCE from 1,024 to 65,536 pairs), or one case, OBJECTIVE/PAIRS, by itself
          --model NAME    step: an encoder preset at full size, e.g. ViT-B/32, in place of a size
          --batch N       step: pairs, with --model (default: 16)
          --checkpoint-activations
                          step: measure --model with checkpointed activations too
          --python PATH   the Python that has PyTorch (default: /usr/bin/python3)
        """;

    public string? Json { get; private init; }
    public int Threads { get; private init; } = Environment.ProcessorCount;
    public int? Rounds { get; private init; }
    public int? Count { get; private init; }
    public string? Part { get; private init; }
    public string? Size { get; private init; }
    public string? Model { get; private init; }
    public int Batch { get; private init; } = 16;
    public bool CheckpointActivations { get; private init; }
    public string Python { get; private init; } = "/usr/bin/python3";

    /// <exception cref="ArgumentException">An option is unknown or has no value, or a number is not positive.</exception>
    public static Options Parse(IReadOnlyList<string> args)
    {
        var options = new Options();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (args[i] == "--checkpoint-activations")
            {
                options = options with { CheckpointActivations = true };
                i--; // it takes no value
                continue;
            }
            var value =
                i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"{args[i]} takes a value.\n{Help}");
            options = args[i] switch
            {
                "--json" => options with { Json = value },
                "--threads" => options with { Threads = Positive(args[i], value) },
                "--rounds" => options with { Rounds = Positive(args[i], value) },
                "--count" => options with { Count = Positive(args[i], value) },
                "--part" => options with { Part = value },
                "--model" => options with { Model = value },
                "--batch" => options with { Batch = Positive(args[i], value) },
                "--size" => options with { Size = value },
                "--python" => options with { Python = value },
                _ => throw new ArgumentException($"unknown option '{args[i]}'.\n{Help}"),
            };
        }
        return options;
    }

    static int Positive(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{name} takes a positive number, not '{value}'.");
}
