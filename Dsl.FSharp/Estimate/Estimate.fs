namespace Research.Estimates

open System
open System.IO
open Research.Encoders
open Research.Language

/// The time and the disk that planned runs need.
type Estimate = {
    Runs: int
    Steps: int64
    /// Wall-clock time on the given number of workers.
    Time: TimeSpan
    /// The most bytes of checkpoints and logs.
    Disk: int64
    /// The sources of the times, each once.
    Sources: string list
}

/// Whether to train a few steps to learn a step time that no earlier run tells.
[<RequireQualifiedAccess>]
type Trials =
    /// Never: a bound from the number of operations is used instead, since a dry run trains nothing.
    | Never
    /// Only if the bound is above three minutes.
    | WhereWorthIt
    /// Always: a budget depends on it.
    | Always

/// The cost of a sweep, before it starts: from the measured step times of earlier runs of the same shape, else from a short trial of each
/// shape or, where even a slow core needs little time, from the number of operations.
[<RequireQualifiedAccess>]
module Estimate =
    /// Bytes of a checkpoint: weights and AdamW's two moments in fp32, and an average of the weights if that is the teacher.
    let private checkpoint (experiment: Experiment) =
        let copies = 3L + (if Objective.hasEma experiment.Objective then 1L else 0L)
        4L * copies * ModelSize.Parameters(StepTimes.configOf experiment)

    /// Bytes of a finished run: the checkpoint it keeps, and the log.
    let private bytes (experiment: Experiment) =
        let lines = int64 experiment.Train.Steps / int64 experiment.Train.LogEvery + 1L
        checkpoint experiment + 400L * lines + 16384L

    let private total (jobs: int) (times: Experiment -> StepTime) (runs: (Experiment * int64) list) : Estimate =
        let seconds =
            runs
            |> List.map (fun (experiment, steps) ->
                let time = times experiment
                time.Overhead + time.Step * float steps)

        {
            Runs = runs.Length
            Steps = runs |> List.sumBy snd
            Time =
                match seconds with
                | [] -> TimeSpan.Zero
                | seconds ->
                    TimeSpan.FromSeconds(max (List.max seconds) (List.sum seconds / float (min jobs runs.Length)))
            Disk =
                // While a run trains it keeps two checkpoints, and writes a third before it deletes one.
                (runs |> List.sumBy (fst >> bytes))
                + 2L
                  * (runs
                     |> List.map (fst >> checkpoint)
                     |> List.sortDescending
                     |> List.truncate jobs
                     |> List.sum)
            Sources =
                runs
                |> List.map (fun (experiment, _) -> (times experiment).Source)
                |> List.distinct
        }

    /// The time below which a trial is not worthwhile.
    let private worthATrial = TimeSpan.FromMinutes 3.0

    /// The cost of runs, each with its remaining steps. `cache` is the folder that stores trials, `pools` hold earlier runs.
    let make
        (cache: string)
        (pools: string list)
        (fingerprint: Data -> string)
        (allowed: Trials)
        (jobs: int)
        (runs: (Experiment * int64) list)
        : Estimate =
        let shapes = runs |> List.map (fst >> StepTimes.shape) |> Set.ofList

        let known =
            if shapes.IsEmpty then
                Map.empty
            else
                let measured = StepTimes.measured pools shapes
                let unmeasured = shapes |> Set.filter (measured.ContainsKey >> not)

                StepTimes.remembered cache unmeasured
                |> Map.fold (fun known shape time -> Map.add shape time known) measured

        let bound (experiment: Experiment) =
            known
            |> Map.tryFind (StepTimes.shape experiment)
            |> Option.defaultWith (fun () -> StepTimes.byOperations experiment)

        let rough = total jobs bound runs

        let unknown =
            runs
            |> List.map fst
            |> List.distinctBy StepTimes.shape
            |> List.filter (fun experiment -> not (known.ContainsKey(StepTimes.shape experiment)))

        let enough =
            match allowed with
            | Trials.Never -> true
            | Trials.WhereWorthIt -> rough.Time < worthATrial
            | Trials.Always -> false

        if unknown.IsEmpty || enough then
            rough
        else
            let tried = StepTimes.trials cache jobs fingerprint unknown

            let time (experiment: Experiment) =
                tried
                |> Map.tryFind (StepTimes.shape experiment)
                |> Option.defaultWith (fun () -> bound experiment)

            total jobs time runs

    /// A time in everyday words.
    let words (time: TimeSpan) =
        if time.TotalSeconds < 90.0 then
            $"{time.TotalSeconds:F0} s"
        elif time.TotalMinutes < 90.0 then
            $"{time.TotalMinutes:F0} min"
        else
            $"{time.TotalHours:F1} h"

    /// Bytes in everyday units.
    let size (bytes: int64) =
        if bytes < 1_000_000L then
            $"{max 1L (bytes / 1000L)} kB"
        elif bytes < 1_000_000_000L then
            $"{float bytes / 1e6:F0} MB"
        else
            $"{float bytes / 1e9:F1} GB"

    /// The estimate in one line.
    let describe (jobs: int) (estimate: Estimate) =
        let workers = if jobs = 1 then "one worker" else $"{jobs} workers"
        let sources = String.Join("; ", estimate.Sources)

        $"{estimate.Runs} runs to do, {estimate.Steps} steps on {workers}: about {words estimate.Time} ({sources}), {size estimate.Disk} of disk"

    /// Reasons not to start: more time than the budget, or more disk than there is.
    let problems (budget: TimeSpan option) (folder: string) (estimate: Estimate) : string list = [
        match budget with
        | Some budget when estimate.Time > budget ->
            let sources = String.Join("; ", estimate.Sources)

            $"budget: {estimate.Runs} runs would take about {words estimate.Time} ({sources}), more than the {words budget} allowed; raise the budget, or make fewer or shorter runs (--only, --seeds, steps)"
        | _ -> ()

        let free =
            let rec existing (folder: string) =
                if Directory.Exists folder then
                    folder
                else
                    match Path.GetDirectoryName folder with
                    | null
                    | "" -> "/"
                    | parent -> existing parent

            DriveInfo(existing (Path.GetFullPath folder)).AvailableFreeSpace

        if estimate.Runs > 0 && free < estimate.Disk then
            $"disk: the runs need about {size estimate.Disk}, but only {size free} are free in '{folder}'; free some, or choose another folder with --out"
    ]
