namespace Research.Language

/// Which tokens have a row in the text encoder's embedding table.
type Vocabulary =
    /// The tokens of the training captions and one for all others: in a small run the full table would dominate.
    | Compact
    /// All 49,408 tokens of CLIP.
    | Full

/// What is learned from: which pairs of a corpus, and how their images and captions are shown.
type Data = {
    /// Name of the corpus, as in `./research data list`, or the full path of a corpus's folder.
    Corpus: string
    /// The sources (for emoji, the renderers) to draw from; none means all that the corpus trains on.
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
    /// The share of the training pairs, in [0, 1], whose captions are permuted among each other.
    ShuffledCaptions: float
    /// The share, in [0, 1], whose captions are exchanged with other items of their subgroup, or of their group if they have no subgroup.
    SwappedCaptions: float
    /// The share, in [0, 1], that gets words which say nothing about the picture.
    BoilerplateCaptions: float
    /// The share, in [0, 1], whose captions are empty.
    DroppedCaptions: float
    /// The share of the training pairs that is learned from, in (0, 1]. For one seed, a larger share holds every smaller one.
    Fraction: float
    /// Tokens per caption, with the start and the end token.
    ContextLength: int
    Vocabulary: Vocabulary
    /// The folder of another vocabulary of CLIP's kind, with vocab.json and merges.txt; None is CLIP's own.
    Tokenizer: string option
    /// Whether pictures are read while the model trains, in a block-shuffled order, instead of being decoded into memory beforehand.
    Streamed: bool
} with

    interface IHas<Data, Data> with
        member data.Change change = change data

    /// Whether the corpus is given by its folder rather than by its name.
    member data.IsFolder = data.Corpus.Contains '/'

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

    let private corpusValue: Value<string> =
        let known (corpus: string) =
            corpus.Contains '/' || Seq.contains corpus Research.Corpora.CorpusCatalog.Known

        {
            Value.text with
                Allowed = $"{Words.list Research.Corpora.CorpusCatalog.Known}, a corpus of your own, or a folder"
                Problems =
                    fun _ corpus ->
                        if known corpus then
                            []
                        else
                            [
                                $"corpus \"{corpus}\" is unknown; known are {Words.list Research.Corpora.CorpusCatalog.Known}, and corpus_in takes a folder"
                            ]
        }

    let private setting key = Setting.make defaults key
    let private part = Value.number "[0, 1]"

    let private shuffled =
        setting "shuffled_captions" part _.ShuffledCaptions (fun v d -> { d with ShuffledCaptions = v })

    let private swapped =
        setting "swapped_captions" part _.SwappedCaptions (fun v d -> { d with SwappedCaptions = v })

    let private boilerplate =
        setting "boilerplate_captions" part _.BoilerplateCaptions (fun v d -> { d with BoilerplateCaptions = v })

    let private dropped =
        setting "dropped_captions" part _.DroppedCaptions (fun v d -> { d with DroppedCaptions = v })

    /// The shares of the training pairs whose captions are wrong, by keyword.
    let private wrongCaptions (data: Data) = [
        shuffled.Key, data.ShuffledCaptions
        swapped.Key, data.SwappedCaptions
        boilerplate.Key, data.BoilerplateCaptions
        dropped.Key, data.DroppedCaptions
    ]

    // Thirds and tenths can add up to a little more than 1.
    let private together (data: Data) = [
        if wrongCaptions data |> List.sumBy snd > 1.0 + 1e-9 then
            let parts =
                wrongCaptions data
                |> List.filter (fun (_, part) -> part > 0.0)
                |> List.map (fun (keyword, part) -> $"{keyword} {Words.number part}")

            $"{Words.list parts} are together more than all pairs: each pair's caption can be wrong in one way only"
    ]

    let private files (data: Data) =
        data.Tokenizer |> Option.map (TokenizerFiles.identity >> Json.text)

    let settings: Settings<Data> = {
        Defaults = defaults
        Together = together
        Items = [
            // The fingerprint of the corpus says more than its name.
            setting "name" corpusValue _.Corpus (fun v d -> { d with Corpus = v })
            |> Setting.unhashed
            setting "sources" (Value.list "all" Value.text) _.Sources (fun v d -> { d with Sources = v })
            setting "where" (Value.optional "all" Value.text) _.Where (fun v d -> { d with Where = v })
            setting "pixels" (Value.whole 8 1024) _.Pixels (fun v d -> { d with Pixels = v })
            |> Setting.unit "pixels"
            setting "augmentation" Augment.value _.Augmentation (fun v d -> { d with Augmentation = v })
            |> Setting.because "pictures as they are"
            setting "captions" Captions.inTraining _.Captions (fun v d -> { d with Captions = v })
            |> Setting.because "[O]"
            setting "evaluation_captions" Captions.inEvaluation _.EvaluationCaptions (fun v d -> {
                d with
                    EvaluationCaptions = v
            })
            |> Setting.because "[O] nothing random in evaluation"
            shuffled |> Setting.because "clean pairs"
            swapped |> Setting.because "clean pairs"
            boilerplate |> Setting.because "clean pairs"
            dropped |> Setting.because "clean pairs"
            setting "fraction" (Value.number "(0, 1]") _.Fraction (fun v d -> { d with Fraction = v })
            |> Setting.because "all training pairs"
            setting "context_length" (Value.whole 3 1024) _.ContextLength (fun v d -> { d with ContextLength = v })
            |> Setting.unit "tokens"
            |> Setting.because "[O] fits the longest emoji caption in use"
            setting "vocabulary" (Value.oneOf [ "compact", Compact; "full", Full ]) _.Vocabulary (fun v d -> {
                d with
                    Vocabulary = v
            })
            |> Setting.because "[O] in a small run the full table would dominate"
            // The content of the files counts, not their place.
            setting "tokenizer" (Value.optional "CLIP's" Value.text) _.Tokenizer (fun v d -> { d with Tokenizer = v })
            |> Setting.hashedAs files
            setting "streamed" Value.flag _.Streamed (fun v d -> { d with Streamed = v })
            |> Setting.because "in memory"
        ]
    }

    /// The core's style of the captions in training.
    let trainingCaptions (data: Data) = Captions.style data.Captions

    /// The core's style that shows every word a training caption can hold.
    let longestCaptions (data: Data) = Captions.longest data.Captions

    /// The texts that belong to a picture's entry in evaluation: one, or every caption.
    let evaluationTexts (data: Data) (entry: Research.Corpora.CorpusEntry) : string list =
        let own =
            Research.Corpora.Captions.Render(
                entry,
                Captions.style data.EvaluationCaptions,
                Research.Randomness.SeededRandom 0UL
            )

        match data.EvaluationCaptions with
        | EveryCaption -> own :: List.ofSeq entry.Alternatives
        | _ -> [ own ]

    /// The core's augmentation of the training pictures; null for none.
    let augmentation (data: Data) =
        Augment.toCore data.Pixels data.Augmentation

    /// Which captions are wrong, in the core's form.
    let corruption (data: Data) =
        Research.Corpora.CaptionCorruption(
            Shuffled = data.ShuffledCaptions,
            Swapped = data.SwappedCaptions,
            Boilerplate = data.BoilerplateCaptions,
            Dropped = data.DroppedCaptions
        )

namespace Research

open System.IO
open Research.Language

/// What is learned from: `emoji |> pixels 32 |> shuffled_captions 0.5`. Each word but the corpora is also a patch of an experiment.
[<AutoOpen>]
module DataWords =
    let private set key value target =
        Part.change (Settings.set Data.settings key value) target

    let private corpusOf name =
        Settings.set Data.settings "name" name Data.defaults

    /// Emoji of many renderers with their labels and tags; concepts are held out for validation and test.
    let emoji = Data.defaults

    /// A corpus by its name: one that can be prepared, or one that `./research data import` made of your own data.
    /// `corpus (corpus_named "my-photos")`
    let corpus_named (name: string) = corpusOf name

    /// The corpus in a folder: a manifest with WebDataset shards.
    /// `corpus (corpus_in "/data/cc3m")`
    let corpus_in (folder: string) = corpusOf (Path.GetFullPath folder)

    /// Draw only from these sources; `renderers` is the emoji corpus's word for it: `corpus_named "my-photos" |> sources [ "flickr" ]`.
    let sources (names: string list) target = set "sources" names target

    /// Draw only from these renderers: `emoji |> renderers [ "noto"; "twemoji" ]`.
    let renderers (names: string list) target = sources names target

    /// Keep the pairs that meet an SQL condition on the manifest: `where "similarity > 0.3"`.
    let where (condition: string) target = set "where" (Some condition) target

    /// Height and width of the images: `emoji |> pixels 64`.
    let pixels (size: int) target = set "pixels" size target

    /// Change training pictures at random, in this order: `augment [ random_crop 0.5; flip 0.5 ]`. At most one crop, and it comes first.
    /// This replaces earlier changes; `augment []` leaves pictures as they are. In a streamed corpus the crop is cut out of the picture
    /// as the corpus holds it, before it is resized. Evaluation is never augmented.
    let augment (changes: Augment list) target = set "augmentation" changes target

    /// The captions in training: label, all_tags, any_caption or random_tags n.
    /// `emoji |> captions (random_tags 5)`
    let captions (style: Captions) target = set "captions" style target

    /// The captions in evaluation: label, all_tags or every_caption.
    /// `emoji |> evaluation_captions label`
    let evaluation_captions (style: Captions) target = set "evaluation_captions" style target

    /// Permute the captions of this share of the training pairs among each other: `emoji |> shuffled_captions 0.5`.
    let shuffled_captions (part: float) target = set "shuffled_captions" part target

    /// Give this share of the training pairs the captions of other items of their subgroup (or group, if they have no subgroup).
    /// `emoji |> swapped_captions 0.5`
    let swapped_captions (part: float) target = set "swapped_captions" part target

    /// Give this share of the training pairs words that say nothing about the picture, such as "IMG_0037.JPG" or "click to enlarge".
    /// `emoji |> boilerplate_captions 0.25`
    let boilerplate_captions (part: float) target = set "boilerplate_captions" part target

    /// Take away the captions of this share of the training pairs: `emoji |> dropped_captions 0.1`.
    let dropped_captions (part: float) target = set "dropped_captions" part target

    /// Learn from this share of the training pairs, in (0, 1], drawn with the run's seed. A larger share holds every smaller one of the same seed.
    /// `emoji |> fraction 0.25`
    let fraction (part: float) target = set "fraction" part target

    /// Tokens per caption, with the start and the end token: `emoji |> context_length 16`.
    let context_length (tokens: int) target = set "context_length" tokens target

    /// The tokens of the training captions, and one for all others.
    let compact = Compact

    /// All 49,408 tokens of CLIP.
    let full = Full

    /// Which tokens the text encoder knows: compact or full.
    /// `emoji |> vocabulary full`
    let vocabulary (kind: Vocabulary) target = set "vocabulary" kind target

    /// Another vocabulary of CLIP's kind: a folder with vocab.json and merges.txt, as Hugging Face lays them out. The run's hash covers their
    /// content, not their place.
    /// `emoji |> tokenizer_in "/data/clip-tokenizer"`
    let tokenizer_in (folder: string) target =
        let folder = Path.GetFullPath folder
        TokenizerFiles.problems folder |> UserError.failAny
        set "tokenizer" (Some folder) target

    /// Read and decode the pictures while the model trains, for corpora larger than memory. Shuffled or swapped captions move within
    /// 256 neighbours.
    let streamed target = set "streamed" true target
