namespace Research.Tables

open Research.Language


open Research.Runs

/// What a run cost, beside what it measured: `run.seconds` (wall clock over all attempts) and `run.steps`.
[<RequireQualifiedAccess>]
module RunCosts =
    let names = [ "run.seconds"; "run.steps" ]

    /// The run with its costs among its metrics; an unfinished run as it is.
    let add (run: RunRecord) : RunRecord =
        if run.State = RunStatus.Done then
            {
                run with
                    Metrics =
                        run.Metrics
                        |> Map.add "run.seconds" run.Seconds
                        |> Map.add "run.steps" (float run.Steps)
            }
        else
            run
