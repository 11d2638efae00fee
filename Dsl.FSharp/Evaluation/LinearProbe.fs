namespace Research.Evaluation

open TorchSharp
open Research
open Research.Language
open Research.Evaluation.Probes

/// Logistic regression on the frozen embeddings.
[<RequireQualifiedAccess>]
module LinearProbeEvaluation =
    type private Figure = {
        Name: string
        Title: string
        About: string
        Value: ProbeFigures -> float
    }

    /// All that is measured: a new figure is a line here, and one in the list of words below.
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

    let private key (classes: Classes) name =
        $"{HeldOut.Test.Prefix}.linear_probe.{classes.Word}.{name}"

    let private script (classes: Classes) = $"linear_probe {classes.Word}"

    /// On test alone: validation chooses the penalty.
    let metrics (classes: Classes) (side: HeldOut) : Metric list =
        match side with
        | HeldOut.Validation -> []
        | HeldOut.Test ->
            let prefix, kind =
                match classes with
                | Classes.Subgroups -> "test.linear_probe", ""
                | Classes.Groups -> "test.linear_probe.groups", "groups "

            figures
            |> List.map (fun figure ->
                Metric.create
                    $"{prefix}.{figure.Name}"
                    (key classes figure.Name)
                    $"linear probe {kind}{figure.Title}"
                    MetricUnit.Percent
                    Better.Higher
                    $"{figure.About}, by logistic regression whose penalty validation chooses")

    let metric (classes: Classes) (name: string) : Metric =
        metrics classes HeldOut.Test
        |> List.find (fun metric -> metric.Key = key classes name)

    let private measure (classes: Classes) (subject: Subject) =
        use _ = torch.NewDisposeScope()
        let task = ProbeTask.make (script classes) classes subject
        let fit = LinearProbe.Fit(task.Train, task.Validation)

        if not fit.Converged then
            subject.Notice
                $"{script classes}: the last fit had not reached its minimum after CLIP's 1,000 iterations, with C = {fit.C:G3}"

        let measured = ProbeTask.measure task fit.Classifier

        figures
        |> List.map (fun figure -> key classes figure.Name, figure.Value measured)

    /// The features are unit vectors, as CLIP_benchmark takes them by default; CLIP's README takes encode_image before normalisation [R].
    let evaluation (classes: Classes) : Evaluation = {
        Word = $"linear_probe.{classes.Word}"
        Script = script classes
        About =
            $"logistic regression on the training pictures' unit embeddings, its L2 penalty chosen on validation by CLIP's search, over the corpus's {classes.Word}: top-1, top-5 and mean per class on test"
        Version = 1
        Metrics = metrics classes
        LearnsFrom = ProbeTask.learnsFrom
        Obstacle = ZeroShotEvaluation.obstacle classes
        Measure = measure classes
    }

/// The figures of a linear probe: `test.linear_probe.groups.top1`.
type LinearProbeFigures internal (classes: Classes) =
    let metric = LinearProbeEvaluation.metric classes

    /// Part of the pictures whose own class scores highest.
    member _.top1 = metric "top1"

    /// Part of the pictures whose own class is among the five that score highest.
    member _.top5 = metric "top5"

    /// Mean over the classes of their own top-1.
    member _.mean_per_class = metric "mean_per_class"

/// The figures of linear_probe subgroups, and behind `groups` those of linear_probe groups.
[<Sealed>]
type LinearProbeWord internal () =
    inherit LinearProbeFigures(Classes.Subgroups)

    /// The figures of linear_probe groups: `test.linear_probe.groups.top1`.
    member _.groups = LinearProbeFigures Classes.Groups

namespace Research

open Research.Evaluation

/// The linear probe in scripts: `evaluate [ linear_probe subgroups ]`, `table [ test.linear_probe.top1 ]`.
[<AutoOpen>]
module LinearProbeWords =
    /// CLIP's linear probe over subgroups or groups: logistic regression on the embeddings of the whole training split, the L2 penalty chosen on
    /// validation, measured on test.
    let linear_probe (classes: Classes) =
        LinearProbeEvaluation.evaluation classes

    type HeldOut with

        /// The figures of linear_probe, on test: `test.linear_probe.top1`.
        member side.linear_probe =
            ProbeTask.refuse side "linear_probe"
            LinearProbeWord()
