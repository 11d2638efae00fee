using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// A whole CLIP training step (both encoders, InfoNCE, backward, AdamW) here and in eager PyTorch, from the same weights, over the same
/// batches, with the same threads, in alternation. This side uses the product's own encoders, objective (in closed form, as in the
/// trainer) and optimizer; PyTorch's side, with autograd, is python/step.py.
/// </summary>
static class StepBench
{
    /// <summary>For bfloat16 over float32 here, where the processor multiplies bfloat16.</summary>
    const double ShortGoal = 0.55;
    const double LossGoal = 1e-5;
    const int ComparedLosses = 20;

    sealed record Round(double[] Milliseconds, double[] Losses);

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var settings = options.Size is null ? StepSetting.All : [.. StepSetting.All.Where(s => s.Name == options.Size)];
        if (settings.Length == 0)
            throw new ArgumentException(
                $"no size '{options.Size}'; the sizes are {string.Join(", ", StepSetting.All.Select(s => s.Name))}"
            );
        torch.set_num_threads(options.Threads);
        return [.. settings.SelectMany(s => Measure(s, options))];
    }

    static IEnumerable<Figure> Measure(StepSetting setting, Options options)
    {
        var folder = Directory.CreateTempSubdirectory("research-bench-");
        try
        {
            using var scope = torch.NewDisposeScope();
            torch.manual_seed(0).Dispose();
            using var model = new DualEncoder(setting.Model);
            using var here = new Trainee(setting, model);
            here.Export(folder.FullName);
            using var python = new PythonSide(
                options,
                "step.py",
                folder.FullName,
                "--threads",
                options.Threads.ToString(CultureInfo.InvariantCulture)
            );
            var rounds = Timing.Alternate(
                (options.Rounds ?? setting.Rounds) + 1,
                () => here.Steps(setting.StepsARound),
                () => Parse(python.Ask(setting.StepsARound.ToString(CultureInfo.InvariantCulture)))
            );
            var figures = Figures(setting, options, rounds, python.Ready.GetProperty("version").GetString()!);
            return Machine.Has("avx512_bf16") && setting.ArithmeticDominates
                ? [.. figures, Short(setting, options, model, here)]
                : figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static Figure Short(StepSetting setting, Options options, DualEncoder model, Trainee here)
    {
        using var other = new DualEncoder(setting.Model);
        other.LoadWeights(model.Weights());
        using var narrow = new Trainee(setting, other, bfloat16: true);
        var rounds = Timing
            .Alternate(
                (options.Rounds ?? setting.Rounds) + 1,
                () => narrow.Steps(setting.StepsARound).Milliseconds,
                () => here.Steps(setting.StepsARound).Milliseconds
            )
            .Skip(1)
            .ToList();
        return Figure.AtMost(
            $"step.{setting.Name}.bf16_ratio",
            Timing.Median(rounds.Select(r => Timing.Median(r.Here) / Timing.Median(r.There))),
            "x",
            ShortGoal,
            new()
            {
                ["bf16_ms"] = Timing.Median(rounds.SelectMany(r => r.Here)),
                ["fp32_ms"] = Timing.Median(rounds.SelectMany(r => r.There)),
                ["threads"] = options.Threads,
                ["rounds"] = rounds.Count,
            }
        );
    }

    static Figure[] Figures(
        StepSetting setting,
        Options options,
        List<(Round Here, Round There)> rounds,
        string pytorch
    )
    {
        var timed = rounds.Skip(1).ToList(); // the first round warms both up
        double[] losses = [.. rounds.SelectMany(r => r.Here.Losses).Take(ComparedLosses)];
        double[] expected = [.. rounds.SelectMany(r => r.There.Losses).Take(ComparedLosses)];
        var difference = losses.Zip(expected, (a, b) => Math.Abs(a - b) / Math.Abs(b)).Max();
        Dictionary<string, object> common = new()
        {
            ["threads"] = options.Threads,
            ["batch"] = setting.Batch,
            ["image"] = setting.Model.Vision.ImageSize,
            ["width"] = setting.Model.Vision.Width,
            ["image_layers"] = setting.Model.Vision.Layers,
            ["text_layers"] = setting.Model.Text.Layers,
            ["pytorch"] = pytorch,
        };
        return
        [
            Figure.AtMost(
                $"step.{setting.Name}.time_ratio",
                Timing.Median(
                    timed.Select(r => Timing.Median(r.Here.Milliseconds) / Timing.Median(r.There.Milliseconds))
                ),
                "x",
                setting.TimeGoal,
                new(common)
                {
                    ["here_ms"] = Timing.Median(timed.SelectMany(r => r.Here.Milliseconds)),
                    ["pytorch_ms"] = Timing.Median(timed.SelectMany(r => r.There.Milliseconds)),
                    ["rounds"] = timed.Count,
                    ["steps_a_round"] = setting.StepsARound,
                }
            ),
            Figure.AtMost(
                $"step.{setting.Name}.loss_difference",
                difference,
                "relative",
                LossGoal,
                new(common)
                {
                    ["steps"] = losses.Length,
                    ["first_loss"] = losses[0],
                    ["last_loss"] = losses[^1],
                    ["pytorch_last_loss"] = expected[^1],
                }
            ),
        ];
    }

    static Round Parse(JsonElement answer) =>
        new(
            [.. answer.GetProperty("ms").EnumerateArray().Select(x => x.GetDouble())],
            [.. answer.GetProperty("losses").EnumerateArray().Select(x => x.GetDouble())]
        );

    /// <summary>This side's model in training.</summary>
    sealed class Trainee : IDisposable
    {
        readonly StepSetting setting;
        readonly DualEncoder model;
        readonly FusedAdamW optimizer;
        readonly InfoNce objective = new();
        readonly bool bfloat16;
        readonly (torch.Tensor Images, torch.Tensor Tokens)[] data;
        int done;

        public Trainee(StepSetting setting, DualEncoder model, bool bfloat16 = false)
        {
            this.bfloat16 = bfloat16;
            this.setting = setting;
            this.model = model;
            data = [.. Enumerable.Range(0, StepSetting.Batches).Select(setting.Data)];
            optimizer = new(
                [new(model.named_parameters(), StepSetting.LearningRate, StepSetting.WeightDecay)],
                StepSetting.Beta1,
                StepSetting.Beta2,
                StepSetting.Epsilon
            );
        }

        /// <summary>Writes weights, batches and settings for the other side.</summary>
        public void Export(string folder)
        {
            Safetensors.Save(Path.Combine(folder, "weights.safetensors"), model.Weights());
            var batches = new Dictionary<string, torch.Tensor>();
            for (var i = 0; i < data.Length; i++)
            {
                batches[$"images{i}"] = data[i].Images;
                batches[$"tokens{i}"] = data[i].Tokens;
            }
            Safetensors.Save(Path.Combine(folder, "data.safetensors"), batches);
            var (vision, text) = (setting.Model.Vision, setting.Model.Text);
            var numbers = new Dictionary<string, double>
            {
                ["patch"] = vision.PatchSize,
                ["heads"] = vision.Heads,
                ["image_layers"] = vision.Layers,
                ["text_layers"] = text.Layers,
                ["end"] = text.EndOfText,
                ["lr"] = StepSetting.LearningRate,
                ["beta1"] = StepSetting.Beta1,
                ["beta2"] = StepSetting.Beta2,
                ["eps"] = StepSetting.Epsilon,
                ["weight_decay"] = StepSetting.WeightDecay,
            };
            File.WriteAllText(Path.Combine(folder, "setting.json"), JsonSerializer.Serialize(numbers));
        }

        public Round Steps(int count)
        {
            var times = new double[count];
            var losses = new double[count];
            for (var i = 0; i < count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                losses[i] = Step(data[done++ % data.Length]);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
            return new(times, losses);
        }

        double Step((torch.Tensor Images, torch.Tensor Tokens) batch)
        {
            using var scope = torch.NewDisposeScope();
            torch.Tensor image,
                text;
            using (bfloat16 ? Modes.autocast(DeviceType.CPU) : null)
                (image, text) = (model.encode_image(batch.Images), model.encode_text(batch.Tokens));
            var gradients = objective.Gradients(
                new(image.detach(), text.detach(), model.logit_scale, 0),
                Tiling.Default
            );
            model.logit_scale.grad = gradients.LogitScale;
            torch.autograd.backward([image, text], [gradients.Image, gradients.Text]);
            optimizer.step();
            optimizer.zero_grad();
            return gradients.Loss.item<float>();
        }

        public void Dispose() => optimizer.Dispose();
    }
}
