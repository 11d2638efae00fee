using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>An image encoder, B x 3 x S x S to B x d: a <see cref="VisionTransformer"/> or a <see cref="ModifiedResNet"/>.</summary>
public abstract class ImageEncoder : OwningModule<Tensor, Tensor>
{
    private protected ImageEncoder(string name, VisionConfig config)
        : base(name) => Config = config;

    /// <summary>The encoder that a configuration describes, with new weights from the default random stream.</summary>
    /// <param name="config">Its kind and sizes.</param>
    /// <param name="embedDimension">d, the width of the joint space.</param>
    /// <exception cref="ArgumentException">The configuration is invalid; the message names the field.</exception>
    public static ImageEncoder Of(VisionConfig config, int embedDimension)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.ResNet is null
            ? new VisionTransformer(config, embedDimension)
            : new ModifiedResNet(config, embedDimension);
    }

    /// <summary>The configuration it was built from.</summary>
    public VisionConfig Config { get; }

    /// <summary>Width of <see cref="features"/>.</summary>
    public abstract int FeatureWidth { get; }

    /// <summary>Its parts by depth.</summary>
    internal abstract IReadOnlyList<TowerGroup> Groups { get; }

    /// <summary>Encodes images, without normalising the result.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <returns>B x d.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public sealed override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Project(features(images)).MoveToOuterDisposeScope();
    }

    /// <summary>The pooled image before the projection into the joint space: what linear heads and probes are put on.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <returns>B x <see cref="FeatureWidth"/>.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor features(Tensor images)
    {
        var size = Config.ImageSize;
        if (images.shape is not [_, 3, var height, var wide] || height != size || wide != size)
            throw new ArgumentException(
                $"The image encoder takes images of shape [B, 3, {size}, {size}], not [{string.Join(", ", images.shape)}]."
            );
        using var scope = NewDisposeScope();
        return Pooled(images).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="features"/> of images of the right shape.</summary>
    private protected abstract Tensor Pooled(Tensor images);

    /// <summary>B x d from features, without normalising.</summary>
    internal abstract Tensor Project(Tensor features);
}
