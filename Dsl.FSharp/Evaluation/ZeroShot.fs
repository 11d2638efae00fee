namespace Research

/// What the classes of a zero-shot task are.
[<RequireQualifiedAccess>]
type Classes =
    /// The corpus's fine groups, such as emoji subgroups.
    | Subgroups
    /// The corpus's coarse groups.
    | Groups

    /// The word in scripts.
    member this.Word =
        match this with
        | Subgroups -> "subgroups"
        | Groups -> "groups"

namespace Research.Evaluation

open TorchSharp
open Research
open Research.Corpora

/// Classification by the similarity to class names.
[<RequireQualifiedAccess>]
module ZeroShotEvaluation =
    type private Figure = {
        Name: string
        Title: string
        About: string
        Value: ZeroShotResult -> float
    }

    /// All that is measured: a new figure is a line here, and one in each list of words below.
    let private figures = [
        {
            Name = "top1"
            Title = "top-1"
            About = "part of the pictures whose own class scores highest"
            Value = _.Top1
        }
        {
            Name = "top5"
            Title = "top-5"
            About = "part of the pictures whose own class is among the five that score highest"
            Value = _.Top5
        }
        {
            Name = "mean_per_class"
            Title = "mean per class"
            About = "mean over the classes of their own top-1: every class counts alike"
            Value = _.MeanPerClass
        }
    ]

    let private key (classes: Classes) =
        match classes with
        | Classes.Subgroups -> "zeroshot"
        | Classes.Groups -> "zeroshot.groups"

    let metrics (classes: Classes) (side: HeldOut) : Metric list =
        let kind =
            match classes with
            | Classes.Subgroups -> ""
            | Classes.Groups -> "groups "

        let prefix =
            match classes with
            | Classes.Subgroups -> side.Word
            | Classes.Groups -> $"{side.Word}.groups"

        figures
        |> List.map (fun figure ->
            Metric.create
                $"{prefix}.{figure.Name}"
                $"{side.Prefix}.{key classes}.{figure.Name}"
                $"zero-shot {kind}{figure.Title}"
                MetricUnit.Percent
                Better.Higher
                figure.About)

    let metric (classes: Classes) (side: HeldOut) (name: string) : Metric =
        metrics classes side
        |> List.find (fun metric -> metric.Key = $"{side.Prefix}.{key classes}.{name}")

    /// The class of a pair.
    let classOf (classes: Classes) (entry: CorpusEntry) =
        match classes with
        | Classes.Subgroups -> entry.Subgroup
        | Classes.Groups -> entry.Group

    /// A class's name as prompts say it: with spaces for hyphens and underscores.
    let spoken (name: string) =
        name.Replace('-', ' ').Replace('_', ' ')

    /// The zero-shot classifier of these classes, C x d.
    let classifier (subject: Subject) (names: string array) =
        ZeroShot.Classifier(
            names |> Array.map spoken,
            Array.ofList subject.Prompts,
            fun prompts -> subject.Embed(Array.ofSeq prompts)
        )

    /// What a reader of zero-shot figures must know: classes that no picture can tell apart, and a top-5 that cannot fail.
    let remarks (names: string array) (spoken: string -> string) = [
        for prompt, same in names |> Array.groupBy spoken do
            if same.Length > 1 then
                let classes = same |> Array.map (fun name -> $"'{name}'") |> String.concat " and "

                $"zero-shot: the classes {classes} have the same prompt \"{prompt}\", so none of their pictures counts as recognised; rename one"

        if names.Length <= 5 then
            $"zero-shot: with {names.Length} classes top-5 is 100 %% whatever the model does"
    ]

    /// The classes are those of the side's pictures.
    let private measure (classes: Classes) (subject: Subject) =
        use _ = torch.NewDisposeScope()
        let labels = subject.Pictures.Entries |> Seq.map (classOf classes) |> Array.ofSeq
        let names = Array.distinct labels |> Array.sort
        let numbers = names |> Array.mapi (fun i name -> name, i) |> dict

        remarks names spoken |> List.iter subject.Notice

        let result =
            ZeroShot.Evaluate(
                subject.Pictures.Embeddings,
                classifier subject names,
                labels |> Array.map (fun label -> numbers[label])
            )

        figures
        |> List.map (fun figure -> $"{subject.Side.Prefix}.{key classes}.{figure.Name}", figure.Value result)

    /// Why the pairs' classes cannot be told apart; None if they can.
    let obstacle (classes: Classes) (pairs: CorpusEntry seq) =
        let found = pairs |> Seq.map (classOf classes) |> Seq.distinct |> Seq.truncate 2

        if Seq.length found < 2 then
            Some "they are of one class or of none, so there is nothing to tell apart"
        else
            None

    let evaluation (classes: Classes) : Evaluation = {
        Word = $"zeroshot.{classes.Word}"
        Script = $"zero_shot {classes.Word}"
        About =
            $"classification by the similarity to the names of the corpus's {classes.Word}: top-1, top-5, mean per class"
        Version = 1
        Metrics = metrics classes
        LearnsFrom = []
        Obstacle = obstacle classes
        Measure = measure classes
    }

/// The figures of a zero-shot classification: `test.groups.top1`.
[<Sealed>]
type ZeroShotFigures internal (classes: Classes, side: HeldOut) =
    let metric = ZeroShotEvaluation.metric classes side

    /// Part of the pictures whose own class scores highest.
    member _.top1 = metric "top1"

    /// Part of the pictures whose own class is among the five that score highest.
    member _.top5 = metric "top5"

    /// Mean over the classes of their own top-1.
    member _.mean_per_class = metric "mean_per_class"

namespace Research

open Research.Evaluation

/// Zero-shot classification in scripts: `evaluate [ zero_shot subgroups ]`, `table [ test.top1; test.groups.top1 ]`.
[<AutoOpen>]
module ZeroShotWords =
    /// The corpus's fine groups, such as emoji subgroups, as classes.
    let subgroups = Classes.Subgroups

    /// The corpus's coarse groups as classes.
    let groups = Classes.Groups

    /// Zero-shot classification over subgroups or groups.
    let zero_shot (classes: Classes) = ZeroShotEvaluation.evaluation classes

    let private own side =
        ZeroShotFigures(Classes.Subgroups, side)

    type HeldOut with

        /// Zero-shot top-1 over the subgroups.
        member side.top1 = (own side).top1

        /// Zero-shot top-5 over the subgroups.
        member side.top5 = (own side).top5

        /// Zero-shot mean over the subgroups of their own top-1.
        member side.mean_per_class = (own side).mean_per_class

        /// The figures of zero_shot groups: `test.groups.top1`.
        member side.groups = ZeroShotFigures(Classes.Groups, side)
