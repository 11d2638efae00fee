namespace Research.Language

open Research.Encoders

/// How large a model is and how much work a step of it is, from its configuration alone.
[<RequireQualifiedAccess>]
module ModelSize =
    let private block (width: int64) (ratio: float) =
        let hidden = int64 (int (float width * ratio))
        let attention = 4L * width * width + 4L * width
        let feedForward = 2L * width * hidden + hidden + width
        attention + feedForward + 4L * width // two layer norms

    /// The convolutions of the stem: channels in, channels out, positions.
    let private stem (config: VisionConfig) = [
        let mutable channels = 3L

        for i in 0 .. config.StemLayers - 1 do
            let next =
                if i = config.StemLayers - 1 then
                    int64 config.Width
                else
                    min (int64 config.StemWidth <<< i) (int64 config.Width)

            let side = int64 config.ImageSize >>> (i + 1)
            channels, next, side * side
            channels <- next
    ]

    /// The number of trained values, exactly.
    let parameters (config: DualEncoderConfig) : int64 =
        let vision, text = config.Vision, config.Text
        let width = int64 vision.Width

        let entrance =
            if vision.StemLayers > 0 then
                stem vision |> List.sumBy (fun (from, into, _) -> 9L * from * into + 2L * into)
            else
                3L * width * int64 vision.PatchSize * int64 vision.PatchSize

        let image =
            entrance
            + (if vision.Pooling = VisionPooling.ClassToken then
                   width
               else
                   0L)
            + int64 vision.Tokens * width
            + (if vision.PreNorm then 2L * width else 0L)
            + int64 vision.Layers * block width vision.MlpRatio
            + 2L * width
            + width * int64 config.EmbedDimension

        let width = int64 text.Width

        let caption =
            int64 text.VocabularySize * width
            + int64 text.ContextLength * width
            + int64 text.Layers * block width text.MlpRatio
            + 2L * width
            + width * int64 config.EmbedDimension

        image + caption + 1L

    let private transformer (width: int) (ratio: float) (layers: int) (tokens: int) =
        let width, tokens = float width, float tokens
        // A product of an m x k by a k x n matrix is 2 m k n operations; the scores and the weighted sum are 2 n^2 w each.
        float layers
        * (2.0 * (4.0 + 2.0 * ratio) * width * width * tokens
           + 4.0 * tokens * tokens * width)

    /// Floating-point operations of one training step, products only: a backward pass counts as two forward passes.
    let stepFlops (config: DualEncoderConfig) (batch: int) : float =
        let vision, text = config.Vision, config.Text

        let entrance =
            if vision.StemLayers > 0 then
                stem vision
                |> List.sumBy (fun (from, into, positions) -> 18.0 * float from * float into * float positions)
            else
                6.0
                * float vision.Width
                * float (vision.PatchSize * vision.PatchSize)
                * float (vision.GridSize * vision.GridSize)

        let pair =
            entrance
            + transformer vision.Width vision.MlpRatio vision.Layers vision.Tokens
            + transformer text.Width text.MlpRatio text.Layers text.ContextLength
            + 2.0 * float (vision.Width + text.Width) * float config.EmbedDimension
            + 2.0 * float batch * float config.EmbedDimension // its row of the similarity matrix

        3.0 * float batch * pair
