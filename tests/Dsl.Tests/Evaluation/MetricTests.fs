module Research.Tests.MetricTests

open Research
open Research.Evaluation
open Research.Language
open Xunit

[<Theory>]
[<InlineData("test.retrieval.i2t.r10", "image→text R@10", "%")>]
[<InlineData("val.retrieval.t2i.r1", "text→image R@1", "%")>]
[<InlineData("test.retrieval.r5", "R@5", "%")>]
[<InlineData("test.retrieval.t2i.median_rank", "text→image median rank (midpoint)", "")>]
[<InlineData("test.retrieval.all.r5", "R@5 among all", "%")>]
[<InlineData("test.retrieval.all.i2t.r5", "image→text R@5 among all", "%")>]
[<InlineData("test.retrieval.chance.r10", "chance of R@10", "%")>]
[<InlineData("test.zeroshot.top1", "zero-shot top-1", "%")>]
[<InlineData("test.zeroshot.groups.top1", "zero-shot groups top-1", "%")>]
[<InlineData("train.loss", "training loss", "nats")>]
[<InlineData("test.retrieval.noto.r1", "noto: R@1", "%")>]
[<InlineData("train.PSD.accuracy", "PSD: in-batch accuracy", "%")>]
[<InlineData("train.loss.PSD", "PSD: training loss", "nats")>]
[<InlineData("diagnostics.tau", "diagnostics.tau", "")>]
let ``a key gives the metric's title and unit`` (key: string, title: string, unit: string) =
    let metric = metric key
    Assert.Equal(title, metric.Title)
    Assert.Equal(unit, metric.Unit.Symbol)
    Assert.Equal(key, metric.Key)

[<Fact>]
let ``words name the metrics of every evaluation`` () =
    let words = [
        test.r1, "test.retrieval.r1"
        test.median_rank, "test.retrieval.median_rank"
        test.i2t.r10, "test.retrieval.i2t.r10"
        validation.t2i.r5, "val.retrieval.t2i.r5"
        test.chance_r10, "test.retrieval.chance.r10"
        test.all.r1, "test.retrieval.all.r1"
        test.all.t2i.median_rank, "test.retrieval.all.t2i.median_rank"
        test.floored_rank, "test.retrieval.floored_rank"
        test.all.i2t.floored_rank, "test.retrieval.all.i2t.floored_rank"
        validation.all.chance_r1, "val.retrieval.all.chance.r1"
        test.top1, "test.zeroshot.top1"
        validation.mean_per_class, "val.zeroshot.mean_per_class"
        test.groups.top5, "test.zeroshot.groups.top5"
        training.mean_loss, "train.mean_loss"
        training.target_entropy, "train.target_entropy"
        run.seconds, "run.seconds"
    ]

    for word, key in words do
        Assert.Equal(key, word.Key)
        Assert.Equal(word, metric key)

[<Fact>]
let ``every metric has a title and a line about it, and no two share a key`` () =
    for metric in Evaluations.metrics do
        Assert.NotEqual<string>(metric.Key, metric.Title)
        Assert.NotEmpty metric.About

    Assert.Empty(
        Evaluations.metrics
        |> List.countBy _.Key
        |> List.filter (fun (_, count) -> count > 1)
    )

/// What a path of words, such as "test.i2t.r1", gives in a script.
let private spoken (path: string) : Metric =
    let words = path.Split '.' |> List.ofArray

    let scripts =
        typeof<Metric>.Assembly.GetTypes()
        |> Array.filter (fun t -> t.Namespace = "Research")

    let named (name: string) (arguments: obj array) =
        scripts
        |> Array.tryPick (fun words ->
            words.GetMethods()
            |> Array.tryFind (fun found ->
                found.IsStatic
                && found.Name = name
                && found.GetParameters().Length = arguments.Length)
            |> Option.bind (fun found -> found.Invoke(null, arguments) |> Option.ofObj))

    let first = (named $"get_{words.Head}" [||]).Value

    let last =
        words.Tail
        |> List.fold
            (fun (value: obj) word ->
                match value.GetType().GetProperty word with
                | null -> (named $"HeldOut.get_{word}" [| value |]).Value
                | property -> nonNull (property.GetValue value))
            first

    last :?> Metric

[<Fact>]
let ``every metric has a word, which gives it`` () =
    for metric in Evaluations.metrics do
        Assert.Equal(metric, spoken metric.Word)

[<Fact>]
let ``a chance level is one of the same evaluation's metrics, and has no better end`` () =
    for evaluation in Evaluations.all do
        let own = evaluation.Metrics HeldOut.Test

        for metric in own do
            match metric.Chance with
            | None -> ()
            | Some key ->
                let chance = own |> List.find (fun other -> other.Key = key)
                Assert.False chance.IsComparable
                Assert.Equal(metric.Unit, chance.Unit)

    Assert.Equal(Some test.chance_r10.Key, test.r10.Chance)

[<Fact>]
let ``ranks and losses are better low, accuracies high, and a learning rate neither`` () =
    Assert.Equal(Better.Lower, test.i2t.median_rank.Better)
    Assert.Equal(Better.Lower, training.loss.Better)
    Assert.Equal(Better.Higher, test.top5.Better)
    Assert.Equal(Better.Neither, training.learning_rate.Better)

[<Theory>]
[<InlineData(0.2765, "27.7", "+27.7")>]
[<InlineData(-0.0304, "-3.0", "-3.0")>]
[<InlineData(-0.0004, "0.0", "0.0")>]
[<InlineData(0.0004, "0.0", "0.0")>]
let ``numbers are rounded, and what rounds to zero has no sign`` (value: float, plain: string, signed: string) =
    Assert.Equal(plain, Metric.format test.r1 value)
    Assert.Equal(signed, Metric.formatSigned test.r1 value)

[<Fact>]
let ``the nearest name is found when it is near, whatever its case`` () =
    let known = [ "test.r1"; "test.r10"; "training.mean_loss" ]
    Assert.Equal(Some "test.r10", Nearest.find known "test.R10")
    Assert.Equal(Some "training.mean_loss", Nearest.find known "training.meanloss")
    Assert.Equal(None, Nearest.find known "banana")
    Assert.Equal(None, Nearest.find [] "test.r1")
    Assert.Equal("; did you mean test.r1?", Nearest.hint known "tests.r1")

let private promised = Evaluation.promised >> List.map _.Key

[<Fact>]
let ``an experiment promises what its evaluations measure on its sides`` () =
    let keys =
        promised (
            experiment {
                evaluate [ retrieval; zero_shot groups ]
                evaluate_on [ test ]
            }
        )

    let own =
        [ retrieval; zero_shot groups ]
        |> List.sumBy (fun evaluation -> (evaluation.Metrics test).Length)

    Assert.Equal(1 + own, keys.Length)
    Assert.Contains("train.loss", keys)
    Assert.Contains("test.retrieval.chance.r1", keys)
    Assert.Contains("test.zeroshot.groups.top1", keys)
    Assert.DoesNotContain(keys, fun key -> key.StartsWith "val.")

[<Fact>]
let ``a metric that some arm lacks is told with the arm and what would measure it`` () =
    let whole = experiment { evaluate [ retrieval; retrieval_of_all ] }
    let part = experiment { evaluate [ retrieval ] }
    let arms = [ "whole", whole; "part", part ]
    Assert.Empty(Evaluation.missing "table" [] arms [ test.r1; validation.r1; training.loss ])

    let line =
        Assert.Single(Evaluation.missing "table" [] arms [ test.all.r1 ]: string list)

    Assert.StartsWith(
        "table: the arm \"part\" does not measure test.all.r1; it needs retrieval_of_all in evaluate and test in evaluate_on; known are ",
        line
    )

    let unknown =
        Assert.Single(Evaluation.missing "bars" [] arms [ metric "test.retrieval.r11" ]: string list)

    Assert.StartsWith("bars: no arm measures metric \"test.retrieval.r11\"; did you mean test.r1?", unknown)

[<Fact>]
let ``a curve needs one arm that logs it`` () =
    let arms = [
        "InfoNCE", experiment { objective infonce }
        "PSD", experiment { objective psd }
    ]

    Assert.Empty(Evaluation.missingInLog "curves" arms [ training.target_entropy; training.mean_loss ])
    Assert.Empty(Evaluation.missingInLog "curves" [ arms[1] ] [ training.soft_gradient_norm ])

    Assert.Single(Evaluation.missingInLog "curves" arms [ training.negative_weight ])
    |> ignore
