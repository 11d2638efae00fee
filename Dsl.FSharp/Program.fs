/// The executable's own commands: what the launcher and the scripts start.
module Research.Program

open Research.Language

open Research.Worker
open Research.Launch
open Research.Commands

[<EntryPoint>]
let main arguments =
    Printed.guard (Array.tryHead arguments = Some "runs")

    try
        match List.ofArray arguments with
        | [ "worker"; "--run"; folder ] -> RunWorker.run folder
        | [ "worker"; "--member"; folder ] -> RunWorker.runMember folder
        | [ "slurm-task"; index ] -> SlurmTask.run index
        | "data" :: rest -> DataCommand.run rest
        | "runs" :: rest -> RunsCommand.run rest
        | "new" :: rest -> NewCommand.run rest
        | [ "doctor" ] -> Doctor.run ()
        | _ ->
            eprintfn "usage: worker --run FOLDER | new NAME | data COMMAND | runs [--where SQL] | doctor"
            2
    with
    | :? System.ArgumentException as error ->
        eprintfn "%s" (Words.message error)
        2
    | error ->
        eprintfn "%s" (Words.message error)
        1
