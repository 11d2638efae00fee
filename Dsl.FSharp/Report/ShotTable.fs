namespace Research.Reports

open System
open System.IO
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Tables

/// Few-shot probes of one arm against each other: the table of arms, with the methods in the arms' place, so that metrics of the same runs are paired
/// by seed, tested and corrected as arms are.
[<RequireQualifiedAccess>]
module ShotTable =
    let private column (classes: Classes) k =
        let kind =
            match classes with
            | Classes.Subgroups -> ""
            | Classes.Groups -> " of each group"

        Metric.create
            $"k = {k}"
            $"few_shot.k{k}"
            $"k = {k}{kind}"
            MetricUnit.Percent
            Better.Higher
            "top-1 with k training pictures of each class"

    let private columns classes =
        FewShotEvaluation.shots |> List.map (column classes)

    /// A run as one of each method, with the method's top-1 by k.
    let private byMethod (classes: Classes) (run: RunRecord) : RunRecord list =
        FewShotEvaluation.methods
        |> List.map (fun probe -> {
            run with
                Arm = probe.Title
                Axes = []
                Metrics =
                    FewShotEvaluation.shots
                    |> List.choose (fun k ->
                        run.Metrics.TryFind (FewShotEvaluation.metric classes probe k).Key
                        |> Option.map (fun value -> (column classes k).Key, value))
                    |> Map.ofList
        })

    /// The table of an arm's runs. Raises `ArgumentException` when no finished run was probed.
    let ofRuns (study: Study) (classes: Classes) (runs: RunRecord list) : ResultTable =
        runs
        |> List.collect (byMethod classes)
        |> ResultTable.ofRuns {
            Columns = columns classes
            Baseline = FewShotEvaluation.methods |> List.find (_.FromPrompts >> not) |> _.Title |> Some
            Arms = FewShotEvaluation.methods |> List.map _.Title
            Comparison = study.Comparison
            Family = study.Family
        }

    /// Writes the table of each arm that has a finished run as few-shot-<classes>.md, .tex and .csv (behind a dash the arm, where there are several),
    /// prints it and returns the paths.
    let internal write
        (quiet: bool)
        (folder: string)
        (study: Study)
        (classes: Classes)
        (arms: string list)
        (runs: RunRecord list)
        : string list =
        RunFolder.ensureWritable folder

        arms
        |> List.collect (fun arm ->
            let own = runs |> List.filter (fun run -> run.Arm = arm)

            if own |> List.forall (fun run -> run.State <> RunStatus.Done) then
                []
            else
                let table = ofRuns study classes own
                let several = arms.Length > 1

                let caption =
                    if several then
                        $"{study.Title}: few-shot probes of {arm}"
                    else
                        $"{study.Title}: few-shot probes"

                if not quiet then
                    Console.Out.WriteLine caption
                    Table.print table

                let name =
                    $"few-shot-{classes.Word}" + (if several then "-" + Slug.ofText arm else "")

                [
                    "md", Table.markdown table
                    "tex", Table.latex caption name table
                    "csv", Table.csv table
                ]
                |> List.map (fun (ending, content) ->
                    let path = Path.Combine(folder, $"{name}.{ending}")
                    AtomicFile.write path content
                    path))
