using System.Globalization;
using System.Text.Json;
using Research.Encoders;
using Research.Objectives;
using Research.Training;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// A few training steps at one batch and micro-batch, in a separate process, so that memory freed earlier does not hide what they
/// take. The model is the small emoji one (image 32 x 32, 6 layers of width 192, text context 16).
/// </summary>
/// <param name="Batch">Pairs in a batch.</param>
/// <param name="MicroBatch">Pairs encoded at a time; equal to the batch for one pass without a cache.</param>
sealed record CacheCase(int Batch, int MicroBatch)
{
    const int Steps = 2;
    const int Vocabulary = 2000;
    const int Context = 16;

    /// <summary>The measurements of a case.</summary>
    /// <param name="PeakBytes">Largest resident memory during the steps, above that before the first.</param>
    /// <param name="Milliseconds">Processor time per pair, from the second step on: wall time would include the machine's other work.</param>
    /// <param name="Loss">The last step's loss.</param>
    public sealed record Result(long PeakBytes, double Milliseconds, double Loss);

    /// <summary>"2048/128".</summary>
    public override string ToString() => $"{Batch}/{MicroBatch}";

    /// <exception cref="ArgumentException">It is not two numbers with a slash between them.</exception>
    public static CacheCase Parse(string text) =>
        text.Split('/') is [var batch, var micro]
        && int.TryParse(batch, CultureInfo.InvariantCulture, out var pairs)
        && int.TryParse(micro, CultureInfo.InvariantCulture, out var size)
            ? new(pairs, size)
            : throw new ArgumentException($"a size of this bench is BATCH/MICRO_BATCH, e.g. 2048/128, not '{text}'");

    /// <summary>Runs the case in this process and prints its result as a line of JSON.</summary>
    public void Print(int threads) => Console.WriteLine(JsonSerializer.Serialize(Measure(threads)));

    Result Measure(int threads)
    {
        var preset = EncoderPresets.Dual("vit-tiny-stem32");
        var text = preset.Text with
        {
            VocabularySize = Vocabulary,
            EndOfText = Vocabulary - 1,
            ContextLength = Context,
        };
        using var model = Trainer.Initialise(preset with { Text = text }, 1);
        using var trainer = new Trainer(
            model,
            new InfoNce(),
            new Pairs(Batch, preset.Vision.ImageSize),
            new TrainerOptions
            {
                Steps = Steps,
                BatchSize = Batch,
                MicroBatch = MicroBatch,
                Seed = 1,
                LogEvery = 1,
                CheckpointEvery = 0,
                Threads = threads,
            }
        );
        ProcessMemory.StartPeak();
        var before = ProcessMemory.Now;
        var (warm, done, loss) = (TimeSpan.Zero, TimeSpan.Zero, double.NaN);
        trainer.Run(sink: e =>
        {
            if (e is not StepCompleted(var m))
                return;
            (done, loss) = (Environment.CpuUsage.TotalTime, m.Loss);
            if (m.Step == 1)
                warm = done;
        });
        return new(ProcessMemory.Peak - before, (done - warm).TotalMilliseconds / ((Steps - 1) * Batch), loss);
    }

    /// <summary>Pairs made from their numbers, any rows at a time: pictures of noise, captions of varying length.</summary>
    sealed class Pairs(int batchSize, int size) : ISlicedTrainingData
    {
        public int BatchSize => batchSize;

        public TrainingBatch Batch(long step) => new(Images(step, 0, batchSize), Tokens(step, 0, batchSize));

        public torch.Tensor Images(long step, int start, int count)
        {
            var images = torch.empty(count, 3, size, size);
            for (var row = 0; row < count; row++)
            {
                using var scope = torch.NewDisposeScope();
                using var generator = new torch.Generator((ulong)(step * batchSize + start + row));
                images.select(0, row).copy_(torch.randn([3, size, size], generator: generator));
            }
            return images;
        }

        public torch.Tensor Tokens(long step, int start, int count)
        {
            var tokens = new long[count * Context];
            for (var row = 0; row < count; row++)
            {
                var number = step * batchSize + start + row;
                var end = 2 + (int)(number % (Context - 2));
                for (var i = 0; i < end; i++)
                    tokens[row * Context + i] = 1 + number * (i + 7) % (Vocabulary - 2);
                tokens[row * Context + end] = Vocabulary - 1;
            }
            return torch.tensor(tokens, new long[] { count, Context });
        }
    }
}
