namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Research.Tables

/// A sweep of three objectives over drawn shapes, a few seconds in all, whose workers are real processes.
type TinySweep(repeats: int, adjust: TrainSettings -> TrainSettings) =
    let scratch = new Scratch()
    let shapes = scratch.File "shapes"
    do Shapes.build shapes

    let plan =
        let small =
            experiment {
                corpus (corpus_in shapes |> pixels 16 |> context_length 8)
                image (Vit.tiny |> width 24 |> layers 1)
                text (Transformer.tiny |> width 24 |> layers 1)
                embed_dim 16
                train (steps 24 |> batch 16 |> log_every 2 |> checkpoint_every 4 |> adjust)
            }

        use opened = Corpora.Corpus.Open shapes

        sweep "tiny" small {
            axis "objective" [
                "InfoNCE", objective infonce
                "PSD", objective (psd |> teacher (ema 0.9))
                "HN-NCE", objective (hn_nce |> beta 0.25)
            ]

            seeds repeats
            baseline "InfoNCE"
        }
        |> SweepPlan.make (fun _ -> opened.Fingerprint)

    /// A sweep's folder with a pool of its own.
    member _.Folder(name: string) = Path.Combine(scratch.File name, "tiny")

    /// The sweep's runs, planned in a results folder.
    member _.Runs(out: string) : PreparedRun list =
        SweepFolder.writePlan out (List.map PlannedRun.identity plan.Runs)
        plan.Runs |> List.map (PreparedRun.prepare out)

    /// Real worker processes, two at a time, and no display.
    member _.Options = {
        LocalOptions.standard with
            Jobs = 2
            Command = fun folder -> [ "dotnet"; Toolkit.library; "worker"; "--run"; folder ]
            Display = ProgressDisplay.Quiet
    }

    /// The sweep's table as Markdown.
    member _.Table(out: string) =
        let table =
            SweepFolder.list out
            |> ResultTable.ofRuns {
                ResultTable.request ([ "test.retrieval.r10"; "test.zeroshot.top1"; "train.loss" ] |> List.map metric) with
                    Arms = plan.Arms
                    Baseline = plan.Baseline
            }

        Table.save (out + "-table") "Tiny" table
        |> List.filter _.EndsWith(".md")
        |> List.exactlyOne
        |> File.ReadAllText

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()
