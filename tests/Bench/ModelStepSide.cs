using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Core.Tests.Encoders;
using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// A side of <see cref="ModelStepBench"/>: a process that trains a preset. A number of steps comes in a line; their times and losses, and the
/// peak of memory so far, go out in one.
/// </summary>
static class ModelStepSide
{
    public const string Child = "step-side";
    public const double LearningRate = 1e-5;

    /// <summary>Whether the command line is that of such a process; it then runs.</summary>
    public static bool IsChild(string[] args)
    {
        if (args is not [Child, var preset, var kind, var threads, var batch])
            return false;
        torch.set_num_threads(int.Parse(threads, CultureInfo.InvariantCulture));
        torch.ones(1).Dispose(); // the engine is loaded before memory is counted
        var before = ProcessMemory.Now;
        var (inUseBefore, inUse) = (ProcessMemory.InUse, 0L);
        using var watch = new Timer(_ => inUse = Math.Max(inUse, ProcessMemory.InUse - inUseBefore), null, 0, 10);
        var config = EncoderPresets.Dual(preset);
        if (kind == "checkpoint")
            config = config with
            {
                Vision = config.Vision with { CheckpointActivations = true },
                Text = config.Text with { CheckpointActivations = true },
            };
        using var model = new DualEncoder(config);
        FormulaWeights.Fill(model);
        model.train();
        using var optimizer = new FusedAdamW(
            [new(model.named_parameters(), LearningRate, StepSetting.WeightDecay)],
            StepSetting.Beta1,
            StepSetting.Beta2,
            StepSetting.Epsilon
        );
        ProcessMemory.StartPeak();
        Console.WriteLine("{\"ready\": true}");
        var pairs = int.Parse(batch, CultureInfo.InvariantCulture);
        for (var done = 0; Console.ReadLine() is { } line; )
        {
            var (times, losses) = (new List<double>(), new List<double>());
            var processor = Environment.CpuUsage.TotalTime;
            for (var i = int.Parse(line, CultureInfo.InvariantCulture); i > 0; i--)
            {
                using var scope = torch.NewDisposeScope();
                var size = config.Vision.ImageSize;
                var images = Formula.Ramp(done, [pairs, 3, size, size], 4);
                var tokens = Formula.Captions(done, pairs, config.Text.ContextLength, config.Text.VocabularySize);
                var clock = Stopwatch.StartNew();
                losses.Add(Step(model, optimizer, images, tokens, kind == "bf16"));
                times.Add(clock.Elapsed.TotalMilliseconds);
                done++;
            }
            Console.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        ms = times,
                        losses,
                        processor = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / times.Count,
                        in_use = Interlocked.Read(ref inUse),
                        peak = ProcessMemory.Peak - before,
                    }
                )
            );
        }
        return true;
    }

    static double Step(DualEncoder model, FusedAdamW optimizer, torch.Tensor images, torch.Tensor tokens, bool bfloat16)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor image,
            text;
        using (bfloat16 ? Modes.autocast(DeviceType.CPU) : null)
            (image, text) = (model.encode_image(images), model.encode_text(tokens));
        var gradients = new InfoNce().Gradients(
            new(image.detach(), text.detach(), model.logit_scale, 0),
            Tiling.Default
        );
        model.logit_scale.grad = gradients.LogitScale;
        image.backward([gradients.Image]);
        text.backward([gradients.Text]);
        optimizer.step();
        optimizer.zero_grad();
        return gradients.Loss.item<float>();
    }
}
