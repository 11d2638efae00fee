using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// An image encoder, a text encoder and a learnable logit scale ln(1/tau) (Radford et al. 2021). State-dict keys begin with "visual.",
/// "text." and "logit_scale", as those of open_clip's models with a text tower of their own; OpenAI's lack the "text.".
/// </summary>
public sealed class DualEncoder : OwningModule
{
    readonly double largestLogitScale;

    /// <summary>The image encoder.</summary>
    public ImageEncoder visual { get; }

    /// <summary>The text encoder.</summary>
    public TextTransformer text { get; }

    /// <summary>ln(1/tau), a scalar.</summary>
    public Parameter logit_scale { get; }

    /// <summary>The configuration it was built from.</summary>
    public DualEncoderConfig Config { get; }

    /// <summary>Builds both encoders with new weights from the default random stream: seed it with torch.manual_seed.</summary>
    /// <exception cref="ArgumentException">The configuration is invalid; the message names the field.</exception>
    public DualEncoder(DualEncoderConfig config)
        : base(nameof(DualEncoder))
    {
        Config = config.Validate();
        visual = ImageEncoder.Of(config.Vision, config.EmbedDimension);
        text = new TextTransformer(config.Text, config.EmbedDimension);
        logit_scale = new Parameter(tensor((float)Math.Log(1 / config.InitialTemperature)));
        largestLogitScale = Math.Log(config.MaximalLogitScale);
        RegisterComponents();
    }

    /// <summary>Encodes images to unit vectors, B x d float32.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor encode_image(Tensor images) => Encode(visual, images);

    /// <summary>Encodes images to unit vectors, B x d float32, with the features that they are a projection of, B x width.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public (Tensor Embedding, Tensor Features) encode_image_features(Tensor images)
    {
        using var scope = NewDisposeScope();
        var features = visual.features(images);
        return (Normalised(visual.Project(features)).MoveToOuterDisposeScope(), features.MoveToOuterDisposeScope());
    }

    /// <summary>Encodes captions to unit vectors, B x d float32.</summary>
    /// <param name="tokens">B x L int64 ids: start, caption, end of text, padding.</param>
    /// <exception cref="ArgumentException">The tokens have another shape, or a row has no end of text.</exception>
    public Tensor encode_text(Tensor tokens) => Encode(text, tokens);

    /// <summary>Limits the logit scale to the configuration's maximum (ln 100 in CLIP); call it after every optimizer step.</summary>
    public void ClampLogitScale()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        logit_scale.clamp_(max: largestLogitScale);
    }

    /// <summary>The number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    static Tensor Encode(OwningModule<Tensor, Tensor> encoder, Tensor input)
    {
        using var scope = NewDisposeScope();
        return Normalised(encoder.call(input)).MoveToOuterDisposeScope();
    }

    // Under autocast the encoders give bfloat16, whose 8 bits are too few for unit vectors.
    static Tensor Normalised(Tensor x) =>
        F.normalize(x.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? x.to(ScalarType.Float32) : x, 2, -1);
}
