namespace Research.Tables

open Research.Language


open System
open System.Globalization

/// How a metric is written.
[<RequireQualifiedAccess>]
type MetricScale =
    /// A fraction in [0,1], written times 100.
    | Percent
    | Seconds
    | Plain

/// Which end of a metric is the good one.
[<RequireQualifiedAccess>]
type Better =
    | Higher
    | Lower

/// A metric as a column of a table or an axis of a figure.
type MetricColumn = {
    /// Its key in final.json or metrics.jsonl.
    Key: string
    Title: string
    Scale: MetricScale
    /// Digits behind the point.
    Decimals: int
    Better: Better
} with

    /// "%" for fractions, "s" for times, else nothing.
    member this.Unit =
        match this.Scale with
        | MetricScale.Percent -> "%"
        | MetricScale.Seconds -> "s"
        | MetricScale.Plain -> ""

    /// The value in the column's unit.
    member this.Shown(value: float) =
        if this.Scale = MetricScale.Percent then
            100.0 * value
        else
            value

[<RequireQualifiedAccess>]
module MetricColumn =
    /// A fraction of which more is better, in percent with one decimal.
    let percent (key: string) (title: string) = {
        Key = key
        Title = title
        Scale = MetricScale.Percent
        Decimals = 1
        Better = Better.Higher
    }

    /// A number of which more is better, as it is.
    let plain (key: string) (title: string) (decimals: int) = {
        Key = key
        Title = title
        Scale = MetricScale.Plain
        Decimals = decimals
        Better = Better.Higher
    }

    /// The same column with the low end as the good one (losses, ranks).
    let lowerIsBetter (column: MetricColumn) = { column with Better = Better.Lower }

    let private directions = [ "i2t", "image→text "; "t2i", "text→image "; "chance", "chance of " ]

    /// The column of a metric by its name, e.g. `test.retrieval.i2t.r10` gives "image→text R@10" in percent. Losses and ranks are plain
    /// and better low, as are a run's own `run.seconds` and
    /// `run.steps`; a name of no known kind is plain with three decimals, titled by itself.
    let ofKey (key: string) : MetricColumn =
        let parts = key.Split '.' |> List.ofArray

        let parts =
            match parts with
            | ("val" | "test" | "train") :: rest when not rest.IsEmpty -> rest
            | _ -> parts

        // Whatever is measured among all pictures has the columns of what is measured source by source.
        let parts, among =
            match parts with
            | "retrieval" :: "all" :: rest -> "retrieval" :: rest, " among all"
            | _ -> parts, ""

        let recall (name: string) =
            if
                name.Length > 1
                && name[0] = 'r'
                && Seq.forall Char.IsAsciiDigit (name.Substring 1)
            then
                Some(name.Substring 1)
            else
                None

        match parts with
        | [ "run"; "seconds" ] -> {
            plain key "training and evaluation time" 0 with
                Scale = MetricScale.Seconds
                Better = Better.Lower
          }
        | [ "run"; "steps" ] -> plain key "training steps" 0 |> lowerIsBetter
        | [ "retrieval"; direction; name ] when List.exists (fst >> (=) direction) directions ->
            let prefix = directions |> List.find (fst >> (=) direction) |> snd

            match recall name with
            | Some k -> percent key $"{prefix}R@{k}{among}"
            | None when name = "median_rank" -> plain key $"{prefix}median rank{among}" 1 |> lowerIsBetter
            | None -> plain key key 3
        | [ "retrieval"; name ] when (recall name).IsSome -> percent key $"R@{(recall name).Value}{among}"
        | [ "retrieval"; "median_rank" ] -> plain key $"median rank{among}" 1 |> lowerIsBetter
        | [ "zeroshot"; "top1" ] -> percent key "zero-shot top-1"
        | [ "zeroshot"; "top5" ] -> percent key "zero-shot top-5"
        | [ "zeroshot"; "mean_per_class" ] -> percent key "zero-shot mean per class"
        | [ "zeroshot"; classes; "top1" ] -> percent key $"zero-shot {classes} top-1"
        | [ "zeroshot"; classes; "top5" ] -> percent key $"zero-shot {classes} top-5"
        | [ "zeroshot"; classes; "mean_per_class" ] -> percent key $"zero-shot {classes} mean per class"
        | [ "mean_loss" ] when key.StartsWith "train" -> plain key "training loss, mean of 50 steps" 3 |> lowerIsBetter
        | [ "loss" ] ->
            plain key (if key.StartsWith "train" then "training loss" else "loss") 3
            |> lowerIsBetter
        | [ "accuracy" ] -> percent key "in-batch accuracy"
        | _ -> plain key key 3

    let private fixedPoint (decimals: int) (value: float) =
        let text = value.ToString("F" + string decimals, CultureInfo.InvariantCulture)

        // What rounds to zero has no sign.
        if text.StartsWith '-' && Seq.forall (fun c -> c = '-' || c = '0' || c = '.') text then
            text.Substring 1
        else
            text

    /// A value of the metric in the column's unit and decimals, with an ASCII minus.
    let format (column: MetricColumn) (value: float) =
        fixedPoint column.Decimals (column.Shown value)

    /// The same with its sign, for differences.
    let formatSigned (column: MetricColumn) (value: float) =
        let text = format column value

        if text.StartsWith '-' || Double.Parse(text, CultureInfo.InvariantCulture) = 0.0 then
            text
        else
            "+" + text
