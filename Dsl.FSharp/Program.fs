/// The executable's own commands: what the launcher and the scripts start.
module Research.Program

open Research.Language
open Research.Worker
open Research.Launch
open Research.Commands

let private launcher = "./research"

let private verbs = [
    NewCommand.verb
    WordsCommand.verb
    {
        Name = "doctor"
        Takes = ""
        About = "what this machine has, what is wrong, and the remedy"
        Options = []
        Run = fun _ -> Doctor.run ()
    }
]

[<EntryPoint>]
let main arguments =
    Printed.guard (Array.tryHead arguments = Some "runs")

    try
        match List.ofArray arguments with
        | [ "worker"; "--run"; folder ] -> RunWorker.run folder
        | [ "worker"; "--member"; folder ] -> RunWorker.runMember folder
        | [ "slurm-task"; index ] -> SlurmTask.run index
        | "data" :: rest -> DataCommand.run rest
        | "model" :: rest -> ModelCommand.run rest
        | "runs" :: rest when Verb.asksHelp rest ->
            printfn "%s" RunsCommand.usage
            0
        | "runs" :: rest -> RunsCommand.run rest
        | name :: _ as all when verbs |> List.exists (fun verb -> verb.Name = name) -> Verb.run launcher verbs all
        | _ ->
            eprintfn
                "usage: worker --run FOLDER | new NAME | words [WORD] | data COMMAND | model COMMAND | runs [--where SQL] | doctor"

            2
    with
    | :? System.ArgumentException as error ->
        eprintfn "%s" (Words.message error)
        2
    | error ->
        eprintfn "%s" (Words.message error)
        1
