namespace Research.Launch

open Research.Language

open Research.Runs

/// A run for a worker to make.
type PreparedRun = {
    /// Its run folder, with config.json written.
    Folder: string
    /// The arm's displayed name.
    Label: string
    Seed: int
    /// The number of training steps, for the progress before the worker's first line.
    Steps: int64
    /// The configuration's hash: a finished run with this hash is not run again.
    Hash: string
    /// The final metrics that a finished run must have.
    Promised: string list
}

/// A sweep's planned runs in the pool.
[<RequireQualifiedAccess>]
module PlannedRun =
    /// The sweep's name for the run.
    let identity (run: RunPlan) : RunIdentity = {
        Arm = run.Arm
        Axes = run.Axes
        Seed = run.Seed
        Hash = run.Hash
    }

    /// The run's folder in the pool of the sweep with folder `out`.
    let folder (out: string) (run: RunPlan) = RunFolder.path out run.Hash

    /// "InfoNCE-s1-12dcfd34": arm, seed and the first digits of the hash.
    let label (run: RunPlan) =
        $"{run.Arm}-s{run.Seed}-{run.Hash.Substring(0, min 8 run.Hash.Length)}"

    /// The final metrics promised by the run's evaluations.
    let promised (run: RunPlan) =
        Research.Evaluation.Evaluation.promisedKeys run.Experiment

    /// Whether the run is in the pool with every promised metric.
    let isFinished (out: string) (run: RunPlan) =
        RunStore.isFinished (folder out run) run.Hash (promised run)

[<RequireQualifiedAccess>]
module PreparedRun =
    /// Writes the planned run's config.json unless it exists. Rewrites a damaged one, with a line on standard error.
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
    /// A worker has finished it.
    | Done
    /// It was already finished.
    | Skipped
    /// It failed: the worker's exit code and one line. Exit code 2 means a bad configuration.
    | Failed of exitCode: int * error: string
    /// A requested stop ended it or kept it from starting; the next start resumes it.
    | Stopped
    /// It is in a cluster's queue, in the job of this number; nobody waits for it.
    | Submitted of job: string

/// How a run ended.
type LaunchResult = {
    Run: PreparedRun
    Outcome: LaunchOutcome
    /// The number of worker processes started for it.
    Attempts: int
    /// Wall-clock seconds spent on it.
    Seconds: float
}

/// How progress is shown.
[<RequireQualifiedAccess>]
type ProgressDisplay =
    /// A live table on a terminal, plain lines elsewhere.
    | Auto
    /// A table redrawn in place.
    | Live
    /// One line for every 10 % of a run, and for its start and end.
    | Plain
    /// Only the list of failures at the end.
    | Quiet
