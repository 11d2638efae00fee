namespace Research.Tables

open System.IO
open System.Text.Json.Nodes
open Research
open Research.Language
open Research.Evaluation
open Research.Runs

/// Runs in the columns of CLIP_benchmark, one line per run, split and task, so that scripts written for its CSV read ours.
module internal TableBenchmark =
    let header = [
        "acc1"
        "acc5"
        "mean_per_class_recall"
        "dataset"
        "model"
        "pretrained"
        "task"
        "mean_average_precision"
        "image_retrieval_recall@5"
        "text_retrieval_recall@5"
        "model_fullname"
    ]

    /// A run's values for the columns `dataset` and `model`.
    type Names = { Corpus: string; Model: string }

    /// From the run's row: the corpus's name and the image encoder's preset; empty where the configuration does not say.
    let names (run: RunRecord) : Names =
        match SweepFolder.row run with
        | Some row, _ -> {
            Corpus = row.Corpus
            Model = row.Image
          }
        | None, _ -> { Corpus = ""; Model = "" }

    /// The test split has the corpus's name; other classes than the default, and the validation split, are added to it.
    let private tasks = [
        for side, suffix in [ test, ""; validation, "/validation" ] do
            for classes, classSuffix in [ subgroups, ""; groups, "/groups" ] do
                let figures = ZeroShotFigures(classes, side)

                $"{suffix}{classSuffix}",
                "zeroshot_classification",
                [
                    "acc1", figures.top1
                    "acc5", figures.top5
                    "mean_per_class_recall", figures.mean_per_class
                ]

            suffix,
            "zeroshot_retrieval",
            [
                "image_retrieval_recall@5", side.t2i.r5
                "text_retrieval_recall@5", side.i2t.r5
            ]
    ]

    /// The lines of one finished run: fractions, empty where a task lacks the column. `pretrained` is the arm with its seed.
    let lines (number: float -> string) (names: Names) (run: RunRecord) : string list list =
        let pretrained = $"{run.Arm}-s{run.Seed}"

        tasks
        |> List.choose (fun (suffix, task, metrics) ->
            let values =
                metrics
                |> List.choose (fun (column, metric: Metric) ->
                    run.Metrics.TryFind metric.Key |> Option.map (fun value -> column, number value))
                |> Map.ofList

            if values.IsEmpty then
                None
            else
                let texts =
                    Map [
                        "dataset", names.Corpus + suffix
                        "model", names.Model
                        "pretrained", pretrained
                        "task", task
                        "model_fullname", $"{names.Model} {pretrained}"
                    ]

                header
                |> List.map (fun column ->
                    match values.TryFind column, texts.TryFind column with
                    | Some value, _ -> value
                    | None, Some text -> text
                    | None, None -> "")
                |> Some)
