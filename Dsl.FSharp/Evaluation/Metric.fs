namespace Research.Evaluation

open System
open System.Globalization

/// What a metric counts in: how its numbers are written.
[<RequireQualifiedAccess>]
type MetricUnit =
    /// A fraction in [0, 1], written times 100.
    | Percent
    /// 1 at best.
    | Rank
    | Count
    | Steps
    | Seconds
    | PerSecond
    | Nats
    /// A number without a unit.
    | Ratio

    /// As written after a title, in brackets; "" for none.
    member this.Symbol =
        match this with
        | Percent -> "%"
        | Seconds -> "s"
        | PerSecond -> "1/s"
        | Nats -> "nats"
        | Rank
        | Count
        | Steps
        | Ratio -> ""

    /// The unit of a difference.
    member this.DifferenceSymbol =
        match this with
        | Percent -> "points"
        | other -> other.Symbol

    /// Digits after the point.
    member this.Decimals =
        match this with
        | Percent
        | Rank
        | Count -> 1
        | Steps
        | Seconds
        | PerSecond -> 0
        | Nats
        | Ratio -> 3

/// Which end of a metric is the good one.
[<RequireQualifiedAccess>]
type Better =
    | Higher
    | Lower
    /// Neither end: what is read next to other figures, such as a chance level or the learning rate. No arm is called the best in it, and no
    /// differences are shown.
    | Neither

namespace Research

open System
open System.Globalization
open Research.Evaluation

/// What a run measures or logs, as scripts name it (`test.r10`, `training.mean_loss`) and as tables and figures show it.
type Metric = {
    /// As scripts write it, such as "test.r10".
    Word: string
    /// Its name in final.json or metrics.jsonl, such as "test.retrieval.r10".
    Key: string
    /// As the head of a column or beside an axis.
    Title: string
    Unit: MetricUnit
    Better: Better
    /// The key of the metric that says what chance alone would reach; None where nothing does.
    Chance: string option
    /// One line.
    About: string
} with

    /// The value in the unit in which it is written.
    member this.Shown(value: float) =
        if this.Unit = MetricUnit.Percent then
            100.0 * value
        else
            value

    /// Whether one end is the good one, so that arms can be compared.
    member this.IsComparable = this.Better <> Better.Neither

    override this.ToString() = this.Word

    /// Makes a metric's name in quotation marks a mistake that names the remedy.
    [<CompilerMessage("a metric is a word, not a string: write test.r10 instead of \"test.retrieval.r10\", training.mean_loss instead of \"train.mean_loss\", and metric \"...\" for a key that has no word; `./research words metric` lists the words",
                      10010,
                      IsError = true)>]
    static member op_Implicit(key: string) : Metric = {
        Word = key
        Key = key
        Title = key
        Unit = MetricUnit.Ratio
        Better = Better.Neither
        Chance = None
        About = ""
    }

namespace Research.Evaluation

open System
open System.Globalization
open Research

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Metric =
    /// A metric that no chance level belongs to.
    let create word (key: string) (title: string) (unit: MetricUnit) (better: Better) (about: string) : Metric = {
        Word = word
        Key = key
        Title = title
        Unit = unit
        Better = better
        Chance = None
        About = about
    }

    /// How scripts write a metric that has no word of its own.
    let wordOf (key: string) = $"metric \"{key}\""

    /// A metric known only by its key.
    let unknown (key: string) : Metric =
        create (wordOf key) key key MetricUnit.Ratio Better.Neither ""

    /// The title with its unit in brackets.
    let heading (metric: Metric) : string =
        match metric.Unit.Symbol with
        | "" -> metric.Title
        | unit -> $"{metric.Title} ({unit})"

    /// A value in the metric's unit and decimals, with an ASCII minus. What rounds to zero has no sign.
    let format (metric: Metric) (value: float) : string =
        let text =
            (metric.Shown value).ToString("F" + string metric.Unit.Decimals, CultureInfo.InvariantCulture)

        if text.StartsWith '-' && Seq.forall (fun c -> c = '-' || c = '0' || c = '.') text then
            text.Substring 1
        else
            text

    /// The same with its sign, for differences.
    let formatSigned (metric: Metric) (value: float) : string =
        let text = format metric value

        if text.StartsWith '-' || Double.Parse(text, CultureInfo.InvariantCulture) = 0.0 then
            text
        else
            "+" + text
