namespace Research.Encoders.Layouts;

/// <summary>
/// Hugging Face's CLIPModel: towers under "vision_model." and "text_model.", query, key and value apart, the projections transposed, and
/// the misspelt "pre_layrnorm". [P] its modeling_clip.py.
/// </summary>
static class HuggingFaceLayout
{
    static IEnumerable<KeyRule> Blocks(string ours, string theirs) =>
        [
            new($"{ours}.resblocks.#.ln_1.*", $"{theirs}.layers.#.layer_norm1.*"),
            new($"{ours}.resblocks.#.ln_2.*", $"{theirs}.layers.#.layer_norm2.*"),
            new($"{ours}.resblocks.#.mlp.c_fc.*", $"{theirs}.layers.#.mlp.fc1.*"),
            new($"{ours}.resblocks.#.mlp.c_proj.*", $"{theirs}.layers.#.mlp.fc2.*"),
            new($"{ours}.resblocks.#.attn.out_proj.*", $"{theirs}.layers.#.self_attn.out_proj.*"),
            new($"{ours}.resblocks.#.attn.in_proj_*", $"{theirs}.layers.#.self_attn.{{q,k,v}}_proj.*", KeyForm.Stacked),
        ];

    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(
            CheckpointLayout.HuggingFace,
            "huggingface",
            "Hugging Face's CLIPModel",
            [
                new("visual.class_embedding", "vision_model.embeddings.class_embedding"),
                new("visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"),
                new("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
                new("visual.ln_pre.*", "vision_model.pre_layrnorm.*"),
                .. Blocks("visual.transformer", "vision_model.encoder"),
                new("visual.ln_post.*", "vision_model.post_layernorm.*"),
                new("visual.proj", "visual_projection.weight", KeyForm.Transposed),
                new("text.token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
                new("text.positional_embedding", "text_model.embeddings.position_embedding.weight"),
                .. Blocks("text.transformer", "text_model.encoder"),
                new("text.ln_final.*", "text_model.final_layer_norm.*"),
                new("text.text_projection", "text_projection.weight", KeyForm.Transposed),
                new("logit_scale", "logit_scale"),
            ],
            ["*.position_ids"]
        );
}
