using Research.Bench;

// A bench takes its options, prints one line per figure, and returns the figures.
var benches = new SortedDictionary<string, (string About, Func<Options, IReadOnlyList<Figure>> Run)>
{
    ["cache"] = ("training in micro-batches against the whole batch at once: memory and time", CacheBench.Run),
    ["data"] = (
        "images and captions per second here and in Python (PIL, torchvision, pure-Python tokenizer)",
        DataBenches.Run
    ),
    ["fuzz"] = ("damaged pictures and drawings through the decoders", DataBenches.Fuzz),
    ["fuzz-checkpoints"] = (
        "damaged checkpoints through their readers, in processes of their own",
        FuzzBench.RunCheckpoints
    ),
    ["fuzz-import"] = ("damaged data sets through the importers, in processes of their own", FuzzBench.RunImporters),
    ["loss"] = ("objectives in tiles and dense in PyTorch: memory and time of large batches", LossBench.Run),
    ["op"] = ("one operator's overhead here and in PyTorch", OpBench.Run),
    ["sweep"] = (
        "24 runs on two workers, ten of them killed: equal results, and the time of a start with nothing to do",
        SweepBench.Run
    ),
    ["models"] = ("every preset at full size against PyTorch's embeddings from the same weights", ModelsBench.Run),
    ["step"] = (
        "a CLIP training step here and in PyTorch: time and losses; with --model, of a preset, and memory too",
        o => o.Model is null ? StepBench.Run(o) : ModelStepBench.Run(o)
    ),
};

if (FuzzBench.IsChild(args) || ModelStepSide.IsChild(args))
    return 0;
if (args.Length == 0 || args[0] is "-h" or "--help")
{
    Console.WriteLine("benches:");
    foreach (var (name, bench) in benches)
        Console.WriteLine($"  {name, -16} {bench.About}");
    Console.WriteLine(Options.Help);
    return 0;
}
if (!benches.TryGetValue(args[0], out var chosen))
{
    Console.Error.WriteLine($"no bench '{args[0]}'; the benches are {string.Join(", ", benches.Keys)}");
    return 2;
}
try
{
    Research.Engine.NativeEngine.Watch();
    var options = Options.Parse(args[1..]);
    Figure.Write(chosen.Run(options), options);
    return 0;
}
catch (Exception e) when (e is BenchException or ArgumentException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
