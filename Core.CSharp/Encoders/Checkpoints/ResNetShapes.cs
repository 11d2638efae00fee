namespace Research.Encoders;

/// <summary>The names and shapes of <see cref="ModifiedResNet"/>'s weights and buffers, which are OpenAI's.</summary>
static class ResNetShapes
{
    /// <summary>Adds those of a configuration whose <see cref="VisionConfig.ResNet"/> is set.</summary>
    public static void Add(Dictionary<string, long[]> shapes, VisionConfig config, long embed)
    {
        long width = config.Width;
        Convolution(shapes, "visual", 1, width / 2, 3, 3);
        Convolution(shapes, "visual", 2, width / 2, width / 2, 3);
        Convolution(shapes, "visual", 3, width, width / 2, 3);
        var channels = width;
        foreach (var (stage, blocks) in config.ResNet!.Blocks.Index())
            for (var i = 0; i < blocks; i++)
            {
                var block = $"visual.layer{stage + 1}.{i}";
                var planes = width << stage;
                var output = Bottleneck.Expansion * planes;
                Convolution(shapes, block, 1, planes, channels, 1);
                Convolution(shapes, block, 2, planes, planes, 3);
                Convolution(shapes, block, 3, output, planes, 1);
                if (i == 0)
                {
                    shapes[$"{block}.downsample.0.weight"] = [output, channels, 1, 1];
                    WeightShapes.BatchNorm(shapes, $"{block}.downsample.1", output);
                }
                channels = output;
            }
        shapes["visual.attnpool.positional_embedding"] = [config.Tokens, channels];
        foreach (var part in "kqv")
            WeightShapes.Linear(shapes, $"visual.attnpool.{part}_proj", channels, channels);
        WeightShapes.Linear(shapes, "visual.attnpool.c_proj", embed, channels);
    }

    static void Convolution(Dictionary<string, long[]> shapes, string name, int number, long to, long from, long kernel)
    {
        shapes[$"{name}.conv{number}.weight"] = [to, from, kernel, kernel];
        WeightShapes.BatchNorm(shapes, $"{name}.bn{number}", to);
    }
}
