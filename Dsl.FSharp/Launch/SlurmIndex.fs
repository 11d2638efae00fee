namespace Research

open System
open System.IO
open System.Text.Json.Nodes

/// What a job array is to run: `slurm/<job name>/index.json` in the sweep's folder. The batch script is the same for every job; the tasks
/// find their run folders here, by their place in the array, so that no path passes through a shell.
[<RequireQualifiedAccess>]
module SlurmIndex =
    /// The folder that holds the jobs of a sweep, one folder each, named as the job.
    let jobs (sweepFolder: string) = Path.Combine(sweepFolder, "slurm")

    let path (sweepFolder: string) (job: string) =
        Path.Combine(jobs sweepFolder, job, "index.json")

    /// Where Slurm writes what a task says, beside the log in its run folder.
    let taskLog (sweepFolder: string) (job: string) (task: int) =
        Path.Combine(jobs sweepFolder, job, $"task-{task}.log")

    /// Writes the index of a new job; the run folders as absolute paths.
    let write (path: string) (folders: string list) =
        Path.GetDirectoryName path |> nonNull |> Directory.CreateDirectory |> ignore

        let runs = folders |> List.map (Path.GetFullPath >> RunJson.ofText) |> Array.ofList

        let node = JsonObject()
        node["runs"] <- JsonArray runs
        RunJson.write path node

    /// The run folders by task. Raises `InvalidDataException` when the file is damaged.
    let read (path: string) : string list =
        match RunJson.tryNode (RunJson.read path) "runs" with
        | Some(:? JsonArray as runs) ->
            runs
            |> Seq.map (fun run ->
                match run with
                | null -> RunJson.broken path "\"runs\" holds null, but a folder is expected."
                | run -> string run)
            |> List.ofSeq
        | _ -> RunJson.broken path "\"runs\" must be a list of folders."
