namespace Research.Tests

open System
open System.Diagnostics
open System.IO
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Research.Commands
open Xunit

/// Sweeps that share their runs, as scripts.
[<Collection("engine")>]
type PoolRunTests() =
    let scratch = new Scratch()
    let shapes = scratch.File "shapes"
    do Shapes.build shapes

    let results = scratch.File "results"
    let out name = Path.Combine(results, name)

    let body (steps: int) (name: string) (arms: string) =
        $"""
let base' =
    experiment {{
        corpus (corpus_in "{shapes}" |> pixels 16 |> context_length 8)
        image (Vit.tiny |> width 24 |> layers 1)
        text (Transformer.tiny |> width 24 |> layers 1)
        embed_dim 16
        train (steps {steps} |> batch 16 |> log_every 2 |> checkpoint_every 4)
    }}
sweep "{name}" base' {{
    axis "objective" [ {arms} ]
    seeds 2
}}
|> report [ table [ test.r10 ]; curves training.loss ]
|> main"""

    let infoNce name = $"\"{name}\", objective infonce"

    /// Starts a sweep's script in a folder of its own.
    let start name arms (arguments: string list) =
        let folder = scratch.File $"script-{name}"
        Directory.CreateDirectory folder |> ignore
        Toolkit.script folder (body 24 name arms) ([ "--out"; out name; "--jobs"; "1" ] @ arguments)

    let pool () = RunPool.folders results

    let states () =
        pool () |> List.map (RunFolder.state >> File.ReadAllText)

    let attempts () =
        pool () |> List.map (fun folder -> (RunState.read folder).Attempts)

    let good (ended: Ended) =
        Assert.True((ended.Code = 0), ended.Output + ended.Errors)

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

    [<Fact>]
    member _.``an equal experiment is trained once, whoever asks``() =
        // At the same time: each has a run that the other has, and one of its own.
        let both =
            Task.WhenAll [
                Task.Run(fun () -> start "a" $"""{infoNce "InfoNCE"}; "DCL", objective dcl""" [])
                Task.Run(fun () ->
                    start "b" $"""{infoNce "baseline"}; "PSD", objective (psd |> teacher (ema 0.9))""" [])
            ]

        both.Result |> Array.iter good
        Assert.Equal(6, (pool ()).Length)
        Assert.Equal<int list>(List.replicate 6 1, attempts ())

        let figures name arm =
            SweepFolder.list (out name)
            |> List.filter (fun run -> run.Arm = arm)
            |> List.map (fun run -> run.Folder, run.Metrics)

        Assert.Equal<(string * Map<string, float>) list>(figures "a" "InfoNCE", figures "b" "baseline")

        // One after the other, and twice in one sweep: how often checkpoints are written changes no number.
        let before = states ()
        let seldom = "\"y\", objective infonce >> checkpoint_every 6"
        start "c" $"""{infoNce "x"}; {seldom}""" [] |> good
        Assert.Equal<string list>(before, states ())
        let rows, _ = RunRow.read (SweepFolder.rows (out "c"))
        Assert.Equal<string list>([ "x"; "y"; "x"; "y" ], rows |> List.map _.Arm)
        Assert.Equal(2, (rows |> List.distinctBy _.Hash).Length)

        // A sweep's folder that is deleted costs no run.
        let read name file =
            File.ReadAllText(Path.Combine(out name, file))

        let page = [ "runs.jsonl"; "curves.csv"; "table.md" ] |> List.map (read "a")
        Directory.Delete(out "a", true)
        start "a" $"""{infoNce "InfoNCE"}; "DCL", objective dcl""" [] |> good
        Assert.Equal<string list>(before, states ())
        Assert.Equal<string list>(page, [ "runs.jsonl"; "curves.csv"; "table.md" ] |> List.map (read "a"))

        // In a fresh clone the committed rows and curves draw the page again.
        for file in [ "table.md"; "figure.html" ] do
            File.Delete(Path.Combine(out "a", file))

        Directory.Delete(RunFolder.poolOf results, true)

        start "a" $"""{infoNce "InfoNCE"}; "DCL", objective dcl""" [ "--report-only" ]
        |> good

        Assert.Equal<string list>(page, [ "runs.jsonl"; "curves.csv"; "table.md" ] |> List.map (read "a"))
        Assert.True(File.Exists(Path.Combine(out "a", "figure.html")))
        Assert.Empty(pool ())
        let dry = start "a" $"""{infoNce "InfoNCE"}; "DCL", objective dcl""" [ "--dry-run" ]
        Assert.Contains("4 runs to do, 96 steps", dry.Output)

    [<Fact>]
    member _.``finished runs that lack a metric are found before training, and evaluated again without it``() =
        let arms = infoNce "InfoNCE"
        start "a" arms [] |> good
        let lost = "test.retrieval.chance.r10"
        let runs = SweepFolder.list (out "a")

        let lose (run: RunRecord) =
            let final = FinalMetrics.tryRead run.Folder |> Option.get

            FinalMetrics.write run.Folder {
                final with
                    Metrics = Map.remove lost final.Metrics
            }

        runs |> List.iter lose
        let found = start "a" arms []
        Assert.Equal(2, found.Code)

        Assert.Contains(
            $"2 finished runs lack {lost}; their trained weights still exist: --rerun-evaluation",
            found.Errors
        )

        Assert.Contains("would not start: 2 finished runs lack", (start "a" arms [ "--dry-run" ]).Output)

        let logs =
            runs |> List.map (fun run -> File.ReadAllText(RunFolder.metrics run.Folder))

        start "a" arms [ "--rerun-evaluation" ] |> good

        for before, after in List.zip runs (SweepFolder.list (out "a")) do
            Assert.Equal<Map<string, float>>(before.Metrics, after.Metrics)
            Assert.Contains("\"evaluation\"", File.ReadAllText(RunFolder.environment after.Folder))

        Assert.Equal<string list>(logs, runs |> List.map (fun run -> File.ReadAllText(RunFolder.metrics run.Folder)))
        Assert.Equal<int list>([ 2; 2 ], attempts ())

        // Without weights there is nothing to evaluate.
        lose runs.Head
        Directory.Delete(RunFolder.checkpoint runs.Head.Folder, true)
        let anew = start "a" arms []
        good anew
        Assert.Contains("1 finished run (InfoNCE, seed 1) lacks " + lost, anew.Errors)
        Assert.Contains("trained again", anew.Errors)
        Assert.Equal<Map<string, float>>(runs.Head.Metrics, (SweepFolder.list (out "a")).Head.Metrics)
        Assert.Equal<int list>([ 2; 3 ], List.sort (attempts ()))

    [<Fact>]
    member _.``when the launcher is killed, nothing that it started goes on``() =
        let script = scratch.File "long.fsx"
        let experiments = Path.Combine(Repository.root.Value, "experiments")

        let text = body 100000 "long" (infoNce "InfoNCE")

        File.WriteAllText(script, $"#load \"{experiments}/prelude.fsx\"\nopen Research\n{text}\n")

        // As ./research run does it, without a look at what is to be built.
        let launcher =
            "set -euo pipefail; root=$1; shift; for part in common script; do . \"$root/.setup/$part.sh\"; done; run_script \"$@\""

        use launched =
            Process.Start(
                ProcessStartInfo(
                    "bash",
                    [
                        "-c"
                        launcher
                        "bash"
                        Repository.root.Value
                        script
                        "--out"
                        out "long"
                        "--jobs"
                        "1"
                        "--quiet"
                    ],
                    RedirectStandardError = true,
                    RedirectStandardOutput = true
                )
            )
            |> Unchecked.nonNull

        let errors = launched.StandardError.ReadToEndAsync()

        let underway () =
            pool ()
            |> List.tryFind (fun folder -> MetricsLog.tryLast folder |> Option.exists (fun point -> point.Step >= 20L))

        Assert.True(Waiting.until 180.0 (fun () -> launched.HasExited || (underway ()).IsSome), "no run began")
        Assert.False(launched.HasExited, (if launched.HasExited then errors.Result else ""))
        let folder = (underway ()).Value
        let worker = (RunLease.Owner folder).Value
        launched.Kill() // of one process, as kill -9 does
        Assert.True(Waiting.until 60.0 (fun () -> ProcessIdentity.isAlive worker = Some false), "the worker goes on")
        Assert.Equal(RunStatus.Interrupted, (RunState.read folder).Status)
        Assert.True(RunStore.checkpointStep folder >= 20L)
        // Nobody took the run again.
        Threading.Thread.Sleep 2000
        Assert.Equal(None, RunLease.Owner folder)
