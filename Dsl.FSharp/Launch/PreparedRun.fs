namespace Research.Launch

open Research.Language

open Research.Runs

/// One run to be made by a local worker.
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
}

[<RequireQualifiedAccess>]
module PreparedRun =
    /// A planned run in a results folder. Its config.json is written, unless the run is finished.
    let prepare (out: string) (run: RunPlan) : PreparedRun =
        let folder = RunFolder.path out run.Arm run.Seed run.Hash

        if not (RunStore.isFinished folder run.Hash) then
            RunConfig.write
                folder
                {
                    Arm = run.Arm
                    Axes = run.Axes
                    Seed = run.Seed
                    Hash = run.Hash
                }
                (Experiment.encode run.Experiment)

        {
            Folder = folder
            Label = run.Arm
            Seed = run.Seed
            Steps = int64 run.Experiment.Train.Steps
            Hash = run.Hash
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
    /// It was stopped, or never started, because a stop was asked for; started again it resumes.
    | Stopped
    /// It is in the queue of a cluster, in the job of this number, and was not waited for.
    | Submitted of job: string

/// A run with its end.
type LaunchResult = {
    Run: PreparedRun
    Outcome: LaunchOutcome
    /// Worker processes started for it now.
    Attempts: int
    /// Wall-clock seconds spent on it now.
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
