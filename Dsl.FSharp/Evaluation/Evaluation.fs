namespace Research.Evaluation

open System.Collections.Generic
open Research
open Research.Language
open Research.Corpora
open Research.Encoders
open Research.Text

/// What an evaluation measures: a trained model on the pictures of one held-out side.
type Subject = {
    Model: DualEncoder
    Tokenizer: ITokenizer
    Data: Data
    /// What zero-shot sets class names into.
    Prompts: string list
    Side: HeldOut
    /// Each picture once, embedded; the owner disposes of the embeddings.
    Pictures: EncodedPictures
    /// The side's pairs: several rows may share a picture.
    Rows: IReadOnlyList<CorpusEntry>
    /// The pictures of another split, each once, embedded when they are first asked for; they last as long as the subject.
    PicturesOf: Split -> EncodedPictures
    /// The run's seed, for what an evaluation draws at random.
    Seed: int
    /// Told, in one line, what a reader of the figures should know.
    Notice: string -> unit
} with

    /// The embeddings, n x d, of n texts.
    member this.Embed(texts: string array) =
        Encode.Texts(this.Model, this.Tokenizer, texts, this.Data.ContextLength)

    /// What the model multiplies similarities by, exp(logit scale).
    member this.Scale = exp (this.Model.logit_scale.item<float32>() |> float)

/// A measurement of the trained model. Equal words are equal evaluations.
[<CustomEquality; NoComparison>]
[<StructuredFormatDisplay("{Script}")>]
type Evaluation = {
    /// Its word in config.json.
    Word: string
    /// As scripts write it.
    Script: string
    /// One line.
    About: string
    /// To be raised when what it measures changes; 1 is not hashed.
    Version: int
    /// What it measures on a side; nothing on a side that it leaves out.
    Metrics: HeldOut -> Metric list
    /// The splits that it learns from or chooses by, which need pairs too.
    LearnsFrom: Split list
    /// Why it cannot be made on these pairs; None if it can. Only as many pairs are read as needed.
    Obstacle: CorpusEntry seq -> string option
    /// The value of each of its metrics, by key.
    Measure: Subject -> (string * float) list
} with

    override this.Equals(other) =
        match other with
        | :? Evaluation as other -> this.Word = other.Word
        | _ -> false

    override this.GetHashCode() = hash this.Word
    override this.ToString() = this.Script
