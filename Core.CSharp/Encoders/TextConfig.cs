namespace Research.Encoders;

/// <summary>How the tokens of a caption become one vector.</summary>
public enum TextPooling
{
    /// <summary>The state at the end-of-text token, as in CLIP.</summary>
    EndOfText,

    /// <summary>The mean over all tokens up to and with the end of text; padding does not count.</summary>
    Mean,
}

/// <summary>A text Transformer over start ... end-of-text, padding.</summary>
public sealed record TextConfig
{
    /// <summary>Number of token ids.</summary>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>The id that ends every caption; anything after it is padding, whatever its id. CLIP's is 49407.</summary>
    public int EndOfText { get; init; } = 49407;

    /// <summary>Tokens per caption, with start, end and padding.</summary>
    public int ContextLength { get; init; } = 77;

    /// <summary>Width of the token vectors.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Number of Transformer blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Attention heads; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Width of the feed-forward layer over <see cref="Width"/>.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>True: a token sees only those before it, as in CLIP. False: it sees all but the padding.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>How tokens become one vector.</summary>
    public TextPooling Pooling { get; init; } = TextPooling.EndOfText;

    /// <summary>The feed-forward nonlinearity.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout after attention and feed-forward, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>What layer norms add to the variance. PyTorch's 1e-5.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// Keeps each block's input only and runs the block again in backward: the same gradient from a fraction of the memory, at the cost of a
    /// second forward pass.
    /// </summary>
    public bool CheckpointActivations { get; init; }

    /// <summary>Checks the fields.</summary>
    /// <returns>This configuration.</returns>
    /// <exception cref="ArgumentException">A field is out of range, or two do not fit; the message names them.</exception>
    public TextConfig Validate()
    {
        Require.Positive(nameof(TextConfig), nameof(VocabularySize), VocabularySize);
        Require.Positive(nameof(TextConfig), nameof(ContextLength), ContextLength);
        Require.Transformer(nameof(TextConfig), Width, Layers, Heads, MlpRatio, Dropout);
        Require.Defined(nameof(TextConfig), nameof(Pooling), Pooling);
        Require.Defined(nameof(TextConfig), nameof(Activation), Activation);
        Require.Epsilon(nameof(TextConfig), LayerNormEpsilon);
        if (EndOfText < 0 || EndOfText >= VocabularySize)
            throw new ArgumentException(
                $"TextConfig.EndOfText = {EndOfText} must be a token id, 0 .. {VocabularySize - 1} (VocabularySize - 1)."
            );
        return this;
    }
}
