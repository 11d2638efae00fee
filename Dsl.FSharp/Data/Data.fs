namespace Research

/// Which words of an entry make its caption.
type Captions =
    /// The name alone; of a picture with several captions the first.
    | Label
    /// The name and all tags; of a picture with several captions the first.
    | AllTags
    /// One of the picture's captions, as of COCO's five, drawn afresh every time that the pair is seen; no tags.
    | AnyCaption
    /// In evaluation: every one of the picture's captions, as of COCO's five, is a text of its own that belongs to the picture; no tags.
    | EveryCaption
    /// The name and a random number of tags, at most so many, drawn afresh every time that the pair is seen. Of a picture with several captions
    /// any one stands for the name.
    | RandomTags of most: int

    override captions.ToString() =
        match captions with
        | Label -> "label"
        | AllTags -> "label and tags"
        | AnyCaption -> "any one caption"
        | EveryCaption -> "every caption"
        | RandomTags most -> $"label and up to {most} random tags"

/// Which tokens have a row in the text encoder's embedding table.
type Vocabulary =
    /// The tokens of the training captions and one for all others: in a small run the full table would dominate.
    | Compact
    /// All 49,408 tokens of CLIP.
    | Full

/// What is learned from: which pairs of a corpus, how their images and captions are shown.
type Data = {
    /// Name of the corpus, as in `./research data list`, or the full path of a corpus's folder.
    Corpus: string
    /// The sources (of emoji: renderers) to draw from; none means all that the corpus trains on.
    Sources: string list
    /// A condition on the manifest, in SQL, that pairs must meet.
    Where: string option
    /// Height and width of the images.
    Pixels: int
    /// How training pictures are changed at random, in order; evaluation sees them as they are.
    Augmentation: Augment list
    /// The captions in training.
    Captions: Captions
    /// The captions in evaluation.
    EvaluationCaptions: Captions
    /// The part of the training pairs, in [0, 1], whose captions are permuted among each other.
    ShuffledCaptions: float
    /// The part, in [0, 1], whose captions are exchanged with other items of their subgroup, or of their group where they have no subgroup.
    SwappedCaptions: float
    /// The part, in [0, 1], that gets words which say nothing of the picture.
    BoilerplateCaptions: float
    /// The part, in [0, 1], whose captions are empty.
    DroppedCaptions: float
    /// The part of the training pairs that is learned from, in (0, 1]. The part of a seed holds every smaller part of that seed.
    Fraction: float
    /// Tokens per caption, with the start and the end token.
    ContextLength: int
    Vocabulary: Vocabulary
    /// The folder of another vocabulary of CLIP's kind, with vocab.json and merges.txt; None is CLIP's own.
    Tokenizer: string option
    /// Whether pictures are read while the model trains, in a block-shuffled order, instead of being decoded into memory before.
    Streamed: bool
}

[<RequireQualifiedAccess>]
module Data =
    /// The emoji at 32 pixels with all sources, clean captions of label and up to three random tags, and 12 tokens.
    let defaults = {
        Corpus = "emoji"
        Sources = []
        Where = None
        Pixels = 32
        Augmentation = []
        Captions = RandomTags 3
        EvaluationCaptions = AllTags
        ShuffledCaptions = 0.0
        SwappedCaptions = 0.0
        BoilerplateCaptions = 0.0
        DroppedCaptions = 0.0
        Fraction = 1.0
        ContextLength = 12
        Vocabulary = Compact
        Tokenizer = None
        Streamed = false
    }

    /// Whether the corpus is given by its folder rather than by its name.
    let isFolder (data: Data) = data.Corpus.Contains '/'

    /// The parts of the training pairs whose captions are wrong, by keyword.
    let private wrongCaptions (data: Data) = [
        "shuffled_captions", data.ShuffledCaptions
        "swapped_captions", data.SwappedCaptions
        "boilerplate_captions", data.BoilerplateCaptions
        "dropped_captions", data.DroppedCaptions
    ]

    let problems (data: Data) = [
        if not (isFolder data || Seq.contains data.Corpus Corpora.CorpusCatalog.Known) then
            $"corpus \"{data.Corpus}\" is unknown; known are {Words.list Corpora.CorpusCatalog.Known}, and corpus_in takes a folder"
        match List.countBy id data.Sources |> List.tryFind (fun (_, count) -> count > 1) with
        | Some(twice, _) -> $"sources: \"{twice}\" is named twice"
        | None -> ()
        if data.Pixels < 8 || data.Pixels > 1024 then
            $"pixels {data.Pixels} is outside the allowed range [8, 1024]"
        yield! Augment.problems data.Augmentation
        for captions in [ data.Captions; data.EvaluationCaptions ] do
            match captions with
            | RandomTags most when most < 0 -> $"captions (RandomTags {most}): the number of tags must be at least 0"
            | _ -> ()
        match data.EvaluationCaptions with
        | AnyCaption
        | RandomTags _ ->
            "evaluation_captions: random captions would make the evaluation random; use Label, AllTags or EveryCaption"
        | _ -> ()
        if data.Captions = EveryCaption then
            "captions: a training pair has one caption; AnyCaption draws one of several each time, EveryCaption is for evaluation_captions"
        for keyword, part in wrongCaptions data do
            if not (part >= 0.0 && part <= 1.0) then
                $"{keyword} {Words.number part} is outside the allowed range [0, 1]"
        // A little more than 1 is what thirds and tenths add up to.
        match wrongCaptions data |> List.sumBy snd with
        | all when
            all > 1.0 + 1e-9
            && wrongCaptions data |> List.forall (fun (_, part) -> part >= 0.0 && part <= 1.0)
            ->
            let parts =
                wrongCaptions data
                |> List.filter (fun (_, part) -> part > 0.0)
                |> List.map (fun (keyword, part) -> $"{keyword} {Words.number part}")

            $"{Words.list parts} are together more than all pairs: each pair's caption can be wrong in one way only"
        | _ -> ()
        if not (data.Fraction > 0.0 && data.Fraction <= 1.0) then
            $"fraction {Words.number data.Fraction} is outside the allowed range (0, 1]"
        match data.Where with
        | Some condition when System.String.IsNullOrWhiteSpace condition -> "where: the condition is empty"
        | _ -> ()
        if data.ContextLength < 3 || data.ContextLength > 1024 then
            $"context_length {data.ContextLength} is outside the allowed range [3, 1024]: start, end and at least one token between"
    ]

    let private captionStyle captions : Corpora.CaptionStyle =
        match captions with
        | Label
        | EveryCaption -> Corpora.CaptionStyle.Label
        | AllTags -> Corpora.CaptionStyle.LabelAndTags
        | AnyCaption -> Corpora.CaptionStyle.LabelAndRandomTags 0
        | RandomTags most -> Corpora.CaptionStyle.LabelAndRandomTags most

    /// The core's style of the captions in training.
    let trainingCaptions (data: Data) = captionStyle data.Captions

    /// The texts that belong to a picture's entry in evaluation: one, or every caption.
    let evaluationTexts (data: Data) (entry: Corpora.CorpusEntry) : string list =
        let own =
            Corpora.Captions.Render(entry, captionStyle data.EvaluationCaptions, Randomness.SeededRandom 0UL)

        match data.EvaluationCaptions with
        | EveryCaption -> own :: List.ofSeq entry.Alternatives
        | _ -> [ own ]

    /// The core's augmentation of the training pictures; null for none.
    let augmentation (data: Data) =
        Augment.toCore data.Pixels data.Augmentation

    /// The core's style that shows every word which a training caption can hold.
    let longestCaptions (data: Data) : Corpora.CaptionStyle =
        match data.Captions with
        | Label
        | AnyCaption
        | EveryCaption
        | RandomTags 0 -> Corpora.CaptionStyle.Label
        | AllTags
        | RandomTags _ -> Corpora.CaptionStyle.LabelAndTags

    /// Which captions are wrong, as the core takes it.
    let corruption (data: Data) =
        Corpora.CaptionCorruption(
            Shuffled = data.ShuffledCaptions,
            Swapped = data.SwappedCaptions,
            Boilerplate = data.BoilerplateCaptions,
            Dropped = data.DroppedCaptions
        )

    let private encodeCaptions captions =
        match captions with
        | Label -> Json.text "label"
        | AllTags -> Json.text "tags"
        | AnyCaption -> Json.text "any"
        | EveryCaption -> Json.text "every"
        | RandomTags most -> Json.object [ "random_tags", Some(Json.integer most) ]

    let private decodeCaptions key (fields: JsonFields) =
        match fields.Node key with
        | :? System.Text.Json.Nodes.JsonObject ->
            let inner = fields.Object key
            let captions = RandomTags(inner.Integer "random_tags")
            inner.Done()
            captions
        | _ -> fields.Choice(key, [ "label", Label; "tags", AllTags; "any", AnyCaption; "every", EveryCaption ])

    // Fields that came later are written only where they say something, so that older configurations keep their text and their hash.
    let private fields whole (data: Data) =
        let later usual value =
            if whole || value <> usual then
                Some(Json.number value)
            else
                None

        Json.object [
            "name", Some(Json.text data.Corpus)
            "sources", Some(data.Sources |> List.map Json.text |> Json.array)
            "where", Option.map Json.text data.Where
            "pixels", Some(Json.integer data.Pixels)
            "augmentation",
            (if whole then
                 Some(Json.text (Augment.describe data.Augmentation))
             elif data.Augmentation.IsEmpty then
                 None
             else
                 Some(data.Augmentation |> List.map Augment.encode |> Json.array))
            "captions", Some(encodeCaptions data.Captions)
            "evaluation_captions", Some(encodeCaptions data.EvaluationCaptions)
            "shuffled_captions", Some(Json.number data.ShuffledCaptions)
            "swapped_captions", later 0.0 data.SwappedCaptions
            "boilerplate_captions", later 0.0 data.BoilerplateCaptions
            "dropped_captions", later 0.0 data.DroppedCaptions
            "fraction", later 1.0 data.Fraction
            "context_length", Some(Json.integer data.ContextLength)
            "vocabulary", Some(Json.text (if data.Vocabulary = Compact then "compact" else "full"))
            "tokenizer", Option.map Json.text data.Tokenizer
            "streamed",
            (if whole || data.Streamed then
                 Some(Json.integer (if data.Streamed then 1 else 0))
             else
                 None)
        ]

    /// The data's form in config.json.
    let encode (data: Data) = fields false data

    /// The same with every field, for people to read.
    let describe (data: Data) = fields true data

    let decode (fields: JsonFields) =
        let data = {
            Corpus = fields.Text "name"
            Sources = fields.Texts "sources"
            Where = fields.TryText "where"
            Pixels = fields.Integer "pixels"
            Augmentation = fields.TryItems "augmentation" |> List.map (JsonFields >> Augment.decode)
            Captions = decodeCaptions "captions" fields
            EvaluationCaptions = decodeCaptions "evaluation_captions" fields
            ShuffledCaptions = fields.Number "shuffled_captions"
            SwappedCaptions = fields.TryNumber "swapped_captions" |> Option.defaultValue 0.0
            BoilerplateCaptions = fields.TryNumber "boilerplate_captions" |> Option.defaultValue 0.0
            DroppedCaptions = fields.TryNumber "dropped_captions" |> Option.defaultValue 0.0
            Fraction = fields.TryNumber "fraction" |> Option.defaultValue 1.0
            ContextLength = fields.Integer "context_length"
            Vocabulary = fields.Choice("vocabulary", [ "compact", Compact; "full", Full ])
            Tokenizer = fields.TryText "tokenizer"
            Streamed = fields.TryNumber "streamed" = Some 1.0
        }

        fields.Done()
        data

/// The data's names in scripts: `emoji |> pixels 32 |> shuffled_captions 0.5`.
[<AutoOpen>]
module DataKeywords =
    let private valid data =
        Data.problems data |> Mistake.failAny
        data

    /// Emoji of many renderers with their labels and tags; concepts are held out for validation and test.
    let emoji = Data.defaults

    /// A corpus by its name: one that can be prepared, or one that `./research data import` made of your own data.
    let corpus_named name =
        valid { Data.defaults with Corpus = name }

    /// The corpus in a folder: a manifest with WebDataset shards.
    let corpus_in (folder: string) =
        valid {
            Data.defaults with
                Corpus = System.IO.Path.GetFullPath folder
        }

    /// Draw only from these sources.
    let sources names (data: Data) = valid { data with Sources = names }

    /// Draw only from these renderers: the emoji corpus's word for sources.
    let renderers names (data: Data) = valid { data with Sources = names }

    /// Keep the pairs that meet an SQL condition on the manifest.
    let where condition (data: Data) =
        valid { data with Where = Some condition }

    /// Height and width of the images.
    let pixels size (data: Data) = valid { data with Pixels = size }

    /// Change training pictures at random, in this order: `augment [ random_crop 0.5; flip 0.5 ]`. At most one crop, and it comes first.
    /// What was said before is replaced; `augment []` leaves pictures as they are. Of a streamed corpus the crop is cut out of the picture
    /// as it is in the corpus, before it is resized. Evaluation is never augmented.
    let augment changes (data: Data) =
        valid { data with Augmentation = changes }

    /// The captions in training: Label, AllTags, AnyCaption or RandomTags n.
    let captions style (data: Data) = valid { data with Captions = style }

    /// The captions in evaluation: Label, AllTags or EveryCaption.
    let evaluation_captions style (data: Data) =
        valid { data with EvaluationCaptions = style }

    /// Permute the captions of this part of the training pairs among each other.
    let shuffled_captions fraction (data: Data) =
        valid {
            data with
                ShuffledCaptions = fraction
        }

    /// Give this part of the training pairs the captions of other items of their subgroup (of their group, where they have no subgroup).
    let swapped_captions fraction (data: Data) =
        valid { data with SwappedCaptions = fraction }

    /// Give this part of the training pairs words that say nothing of the picture, such as "IMG_0037.JPG" or "click to enlarge".
    let boilerplate_captions fraction (data: Data) =
        valid {
            data with
                BoilerplateCaptions = fraction
        }

    /// Take the captions of this part of the training pairs away.
    let dropped_captions fraction (data: Data) =
        valid { data with DroppedCaptions = fraction }

    /// Learn from this part of the training pairs, in (0, 1], drawn with the run's seed. A larger part holds a smaller one of the same seed.
    let fraction part (data: Data) = valid { data with Fraction = part }

    /// Tokens per caption, with the start and the end token.
    let context_length tokens (data: Data) =
        valid { data with ContextLength = tokens }

    /// Compact (the training captions' tokens) or Full (all of CLIP's).
    let vocabulary kind (data: Data) = valid { data with Vocabulary = kind }

    /// Another vocabulary of CLIP's kind: a folder with vocab.json and merges.txt, as Hugging Face lays them out. The run's hash counts what
    /// they hold, not where they stand.
    let tokenizer_in (folder: string) (data: Data) =
        let folder = System.IO.Path.GetFullPath folder
        TokenizerFiles.problems folder |> Mistake.failAny
        valid { data with Tokenizer = Some folder }

    /// Read and decode the pictures while the model trains, for corpora larger than memory. Captions that are shuffled or swapped move within 256 neighbours.
    let streamed (data: Data) = valid { data with Streamed = true }
