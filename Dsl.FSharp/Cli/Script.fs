namespace Research.Cli

open System
open Research.Language
open Research.Worker
open Research.Launch

/// The running script.
[<RequireQualifiedAccess>]
module Script =
    let mutable private given: string[] = [||]

    /// The script's path and the arguments after it; empty if no script was started.
    let arguments () = given

    /// Called by the prelude with `fsi.CommandLineArgs`. From now on a mistake in the script ends it with one line and exit code 2, because F#
    /// Interactive would print a stack trace; lines sent by an editor to an interactive session do not end that session.
    let start (arguments: string[]) =
        if arguments.Length > 0 && arguments[0].EndsWith(".fsx", StringComparison.Ordinal) then
            given <- arguments
            UserError.exitAfterOne ()

    /// Whether a run needs the script itself, because no configuration can hold the script's functions.
    let private needed (experiment: Experiment) =
        Objective.parts experiment.Objective
        |> List.exists (fun part -> part.Kind = Custom.kind.Kind)

    /// The program whose worker makes these runs: the toolkit's own, or the script if a run takes one of its functions.
    let worker (experiments: Experiment list) : string list =
        if List.exists needed experiments then
            WorkerContract.scripted
        else
            WorkerContract.program

    /// If the script was started as a worker, does the work and returns its exit code.
    let task () : int option =
        match List.ofArray given with
        | [ _; "worker"; "--run"; folder ] -> Some(RunWorker.run folder)
        | [ _; "slurm-task"; index ] -> Some(SlurmTask.run index)
        | _ -> None
