using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// A pre-norm text Transformer, B x L token ids to B x d. Parameter names are those of OpenAI's and open_clip's checkpoints
/// (token_embedding, positional_embedding, transformer.resblocks.N, ln_final, text_projection), and so are the initial values.
/// </summary>
public sealed class TextTransformer : OwningModule<Tensor, Tensor>
{
    readonly Embedding token_embedding;
    readonly Parameter positional_embedding;
    readonly Transformer transformer;
    readonly LayerNorm ln_final;
    readonly Parameter text_projection;
    readonly Tensor? causal; // L x L, not saved

    /// <summary>The configuration it was built from.</summary>
    public TextConfig Config { get; }

    /// <summary>Builds the encoder with new weights from the default random stream.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="embedDimension">d, the width of the joint space.</param>
    /// <exception cref="ArgumentException">The configuration is invalid.</exception>
    public TextTransformer(TextConfig config, int embedDimension)
        : base(nameof(TextTransformer))
    {
        Config = config.Validate();
        Require.Positive(nameof(TextTransformer), nameof(embedDimension), embedDimension);
        var width = config.Width;
        token_embedding = nn.Embedding(config.VocabularySize, width);
        positional_embedding = new Parameter(empty(config.ContextLength, width));
        transformer = new Transformer(
            width,
            config.Layers,
            config.Heads,
            config.MlpRatio,
            config.Activation,
            config.Dropout,
            config.LayerNormEpsilon,
            config.CheckpointActivations
        );
        ln_final = nn.LayerNorm(width, config.LayerNormEpsilon);
        text_projection = new Parameter(empty(width, embedDimension));
        Initialise();
        if (config.Causal)
        {
            causal = AttentionMask.Causal(config.ContextLength);
            register_buffer(nameof(causal), causal, persistent: false);
        }
        RegisterComponents();
    }

    /// <summary>Its parts by depth.</summary>
    internal IReadOnlyList<TowerGroup> Groups =>
        TowerGroup.Of(
            new("embeddings", [token_embedding], [positional_embedding]),
            transformer,
            ln_final,
            new("proj", [], [text_projection])
        );

    /// <summary>CLIP's initial values: the deeper the stack, the less each block adds to the residual stream.</summary>
    void Initialise()
    {
        var width = (double)Config.Width;
        var attentionStd = 1 / Math.Sqrt(width);
        var residualStd = attentionStd / Math.Sqrt(2 * Config.Layers);
        var hiddenStd = 1 / Math.Sqrt(2 * width);
        nn.init.normal_(token_embedding.weight, 0, 0.02);
        nn.init.normal_(positional_embedding, 0, 0.01);
        foreach (var block in transformer.resblocks)
        {
            nn.init.normal_(block.attn.in_proj_weight, 0, attentionStd);
            nn.init.normal_(block.attn.out_proj.weight, 0, residualStd);
            nn.init.normal_(block.mlp.c_fc.weight, 0, hiddenStd);
            nn.init.normal_(block.mlp.c_proj.weight, 0, residualStd);
        }
        nn.init.normal_(text_projection, 0, attentionStd);
    }

    /// <summary>Encodes captions, without normalising the result.</summary>
    /// <param name="tokens">B x L int64 ids, L at most the context length; every row has the end-of-text id, and what follows is padding.</param>
    /// <returns>B x d.</returns>
    /// <exception cref="ArgumentException">The tokens have another shape, or a row has no end of text.</exception>
    public override Tensor forward(Tensor tokens)
    {
        if (tokens.shape is not [var batch, var length] || length < 1 || length > Config.ContextLength)
            throw new ArgumentException(
                $"The text encoder takes tokens of shape [B, L] with L in 1 .. {Config.ContextLength}, not [{string.Join(", ", tokens.shape)}]."
            );
        using var scope = NewDisposeScope();
        var end = EndPositions(tokens); // B
        var keep = arange(length, device: tokens.device).unsqueeze(0) <= end.unsqueeze(1); // B x L
        var x = token_embedding.call(tokens) + positional_embedding.narrow(0, 0, length);
        x = transformer.call(x, Mask(keep, length)); // B x L x width
        var pooled = Config.Pooling switch
        {
            TextPooling.EndOfText => ln_final.call(AtEnd(x, end)),
            TextPooling.Mean => Mean(ln_final.call(x), keep),
            _ => throw new InvalidOperationException($"unknown pooling {Config.Pooling}"),
        };
        return pooled.mm(text_projection).MoveToOuterDisposeScope();
    }

    AttentionMask Mask(Tensor keep, long length) =>
        causal is null
            ? AttentionMask.Keys(keep)
            : new AttentionMask(causal.narrow(0, 0, length).narrow(1, 0, length), IsCausal: true);

    Tensor EndPositions(Tensor tokens)
    {
        var isEnd = tokens.eq(Config.EndOfText);
        // On a GPU the check would make every step wait for the device; there a row without an end is taken to end at 0.
        if (tokens.device.type == DeviceType.CPU)
        {
            var has = isEnd.any(1);
            if (!has.all().item<bool>())
            {
                var row = has.to(ScalarType.Int64).argmin(0).item<long>();
                throw new ArgumentException(
                    $"Row {row} of the tokens has no end-of-text id {Config.EndOfText} (TextConfig.EndOfText): was the model built for another vocabulary?"
                );
            }
        }
        return isEnd.to(ScalarType.Int64).argmax(1);
    }

    static Tensor AtEnd(Tensor x, Tensor end) => x.gather(1, end.view(-1, 1, 1).expand(-1, 1, x.shape[2])).squeeze(1);

    static Tensor Mean(Tensor x, Tensor keep)
    {
        var weight = keep.to(x.dtype).unsqueeze(2); // B x L x 1
        return (x * weight).sum([1]) / weight.sum([1]);
    }
}
