namespace Research.Launch

open Research.Language

open Research.Runs

/// A run that is to be made by a worker.
type PreparedRun = {
    /// Its run folder, with config.json written.
    Folder: string
    /// The arm, as shown.
    Label: string
    Seed: int
    /// Training steps in all, for the progress before the worker's first line.
    Steps: int64
    /// The configuration's hash: a finished run of this hash is not run again.
    Hash: string
    /// The final metrics without which the run is not finished.
    Promised: string list
}

/// A sweep's planned runs in the pool.
[<RequireQualifiedAccess>]
module PlannedRun =
    /// The name that the sweep gives the run.
    let identity (run: RunPlan) : RunIdentity = {
        Arm = run.Arm
        Axes = run.Axes
        Seed = run.Seed
        Hash = run.Hash
    }

    /// The run's folder in the pool of the sweep whose folder is `out`.
    let folder (out: string) (run: RunPlan) = RunFolder.path out run.Hash

    /// "InfoNCE-s1-12dcfd34": arm, seed and the beginning of the hash.
    let label (run: RunPlan) =
        $"{run.Arm}-s{run.Seed}-{run.Hash.Substring(0, min 8 run.Hash.Length)}"

    /// The final metrics that the run's evaluations promise.
    let promised (run: RunPlan) =
        Research.Evaluation.Evaluation.promisedKeys run.Experiment

    /// Whether the run is in the pool with every promised metric.
    let isFinished (out: string) (run: RunPlan) =
        RunStore.isFinished (folder out run) run.Hash (promised run)

[<RequireQualifiedAccess>]
module PreparedRun =
    /// Writes the planned run's config.json, unless it is there. A damaged one is rewritten, with a line on standard error.
    let prepare (out: string) (run: RunPlan) : PreparedRun =
        let folder = PlannedRun.folder out run

        RunConfig.ensure folder { Seed = run.Seed; Hash = run.Hash } (Experiment.encode run.Experiment)
        |> Option.iter (eprintfn "notice: %s, seed %d: %s" run.Arm run.Seed)

        {
            Folder = folder
            Label = run.Arm
            Seed = run.Seed
            Steps = int64 run.Experiment.Train.Steps
            Hash = run.Hash
            Promised = PlannedRun.promised run
        }

/// How a run of `Local.run` ended.
[<RequireQualifiedAccess>]
type LaunchOutcome =
    /// A worker finished it now.
    | Done
    /// It was finished before.
    | Skipped
    /// It failed: the worker's exit code and one line. Exit code 2 means a bad configuration.
    | Failed of exitCode: int * error: string
    /// It was stopped, or not started, because a stop was requested; the next start resumes it.
    | Stopped
    /// It is in a cluster's queue, in the job of this number, and was not waited for.
    | Submitted of job: string

/// How a run ended.
type LaunchResult = {
    Run: PreparedRun
    Outcome: LaunchOutcome
    /// Worker processes that were started for it.
    Attempts: int
    /// Wall-clock seconds spent on it.
    Seconds: float
}

/// How progress is shown.
[<RequireQualifiedAccess>]
type ProgressDisplay =
    /// A live table on a terminal, plain lines elsewhere.
    | Auto
    /// A table that is redrawn in place.
    | Live
    /// One line for each 10 % of a run, and for its start and end.
    | Plain
    /// Nothing but the list of failures at the end.
    | Quiet
