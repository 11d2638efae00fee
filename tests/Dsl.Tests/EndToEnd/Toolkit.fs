namespace Research.Tests

open System
open System.Diagnostics
open System.IO
open System.Text.Json.Nodes
open Research
open Research.Language
open Research.Runs
open Research.Worker
open Research.Commands
open Xunit

/// How a process ended.
type Ended = {
    Code: int
    Output: string
    Errors: string
} with

    member this.ErrorLines =
        this.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

/// Starts the built toolkit as its users do.
module Toolkit =
    /// The built executable.
    let library =
        Path.Combine(Repository.root.Value, ".build", "bin", "Research.Dsl", "release", "Research.Dsl.dll")

    /// Runs `dotnet` with the arguments; `onLine` sees each line of its output with the process. Kills it after five minutes.
    let dotnet (arguments: string list) (onLine: Process -> string -> unit) : Ended =
        let start =
            ProcessStartInfo(
                "dotnet",
                arguments,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true
            )

        start.Environment["OMP_NUM_THREADS"] <- "1"
        use child = new Process(StartInfo = start)
        child.Start() |> ignore
        child.StandardInput.Close()
        let errors = child.StandardError.ReadToEndAsync()
        let output = Text.StringBuilder()

        let reading =
            task {
                let mutable more = true

                while more do
                    let! line = child.StandardOutput.ReadLineAsync()

                    match line with
                    | null -> more <- false
                    | line ->
                        output.AppendLine line |> ignore
                        onLine child line
            }

        if not (child.WaitForExit(TimeSpan.FromMinutes 5.0)) then
            child.Kill(entireProcessTree = true)

        child.WaitForExit()
        reading.Wait()

        {
            Code = child.ExitCode
            Output = output.ToString()
            Errors = errors.Result
        }

    /// Runs a script of this text, with the usual head, in a real F# Interactive.
    let script (folder: string) (body: string) (arguments: string list) =
        let experiments = Path.Combine(Repository.root.Value, "experiments")
        let path = Path.Combine(folder, "study.fsx")

        File.WriteAllText(path, $"#load \"{experiments}/prelude.fsx\"\nopen Research\n{body}\n")

        dotnet ([ "fsi"; "--quiet"; path ] @ arguments) (fun _ _ -> ())

    /// Runs a worker on a run folder; `onStep` sees the steps that it reports.
    let worker (folder: string) (onStep: Process -> int64 -> unit) =
        dotnet [ library; "worker"; "--run"; folder ] (fun child line ->
            match WorkerEvent.tryParse line with
            | Some(WorkerEvent.Step(step, _, _, _)) -> onStep child step
            | _ -> ())

    /// Runs a worker to its end, which must be a good one.
    let finished (folder: string) : Ended =
        let ended = worker folder (fun _ _ -> ())
        Assert.True((ended.Code = 0), ended.Errors)
        ended

    /// Kills a worker as soon as it has reached each of these steps, from its checkpoint on each time.
    let killedAt (steps: int64 list) (folder: string) =
        for least in steps do
            let killed =
                worker folder (fun child step ->
                    if step >= least && not child.HasExited then
                        child.Kill())

            Assert.Equal(137, killed.Code)
            Assert.False(File.Exists(RunFolder.final folder))

    /// The losses that a run has logged.
    let losses (folder: string) =
        MetricsLog.read folder |> List.map _.Values["train.loss"]

    /// The lines of metrics.jsonl without the speed, the only field that differs between equal runs.
    let metricLines (folder: string) =
        File.ReadAllLines(RunFolder.metrics folder)
        |> Array.map (fun line ->
            let fields = (nonNull (JsonNode.Parse line)).AsObject()
            fields.Remove "images_per_second" |> ignore
            fields.ToJsonString())

    /// The final metrics as they stand in the file, to the last digit.
    let finalMetrics (folder: string) =
        let final = nonNull (JsonNode.Parse(File.ReadAllText(RunFolder.final folder)))
        (nonNull final["metrics"]).ToJsonString()

    /// Fails unless two runs have left the same bits.
    let sameBits (expected: string) (actual: string) =
        Assert.Equal<string[]>(metricLines expected, metricLines actual)
        Assert.Equal(finalMetrics expected, finalMetrics actual)

    /// Writes config.json of an experiment into a new run folder.
    let plan (folder: string) (experiment: Experiment) =
        use corpus = RunData.openCorpus experiment.Data

        RunConfig.write
            folder
            {
                Seed = experiment.Seed
                Hash = ExperimentHash.compute corpus.Fingerprint experiment
            }
            (Experiment.encode experiment)
