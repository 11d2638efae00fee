namespace Research.Runs

open Research.Language

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Text.Json.Nodes

/// The version of the running code.
type CodeVersion = {
    /// The commit, or None outside a Git work tree or without Git.
    Commit: string option
    /// Whether files outside the results folder differ from the commit.
    Dirty: bool
}

/// The engine, machine and code behind a run.
type RunOrigin = {
    /// The tensor engine and its version, such as "libtorch 2.10.0".
    Engine: string option
    Device: string option
    Precision: string option
    /// Processor and number of cores.
    Machine: string option
    Commit: string option
    /// Whether the code differed from the commit.
    Dirty: bool option
}

[<RequireQualifiedAccess>]
module RunOrigin =
    /// Nothing is known.
    let unknown = {
        Engine = None
        Device = None
        Precision = None
        Machine = None
        Commit = None
        Dirty = None
    }

/// environment.json: the engine, machine and code of a run, so that a number can be traced to them.
[<RequireQualifiedAccess>]
module RunEnvironment =
    let private git (folder: string) (arguments: string list) =
        let start =
            ProcessStartInfo(
                "git",
                [ "-C"; folder ] @ arguments,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false
            )

        start.Environment["GIT_OPTIONAL_LOCKS"] <- "0"

        try
            use child = new Process(StartInfo = start)
            child.Start() |> ignore
            child.StandardInput.Close()
            let errors = child.StandardError.ReadToEndAsync()
            let output = child.StandardOutput.ReadToEnd()
            errors.Wait()
            child.WaitForExit()
            if child.ExitCode = 0 then Some(output.TrimEnd()) else None
        with :? ComponentModel.Win32Exception ->
            None

    /// Asks Git about the work tree that holds `folder`. Results do not make it dirty, because runs write them.
    let codeVersion (folder: string) =
        match git folder [ "rev-parse"; "HEAD" ] with
        | None -> { Commit = None; Dirty = false }
        | Some commit ->
            let changes =
                git folder [ "status"; "--porcelain"; "--"; ":/"; ":(exclude,top)results" ]

            {
                Commit = Some commit
                Dirty = changes <> Some ""
            }

    /// The name of this machine's processor, where the system reports it.
    let processor () : string option =
        try
            File.ReadLines "/proc/cpuinfo"
            |> Seq.tryFind _.StartsWith("model name")
            |> Option.map (fun line -> line.Substring(line.IndexOf(':') + 1).Trim())
        with :? IOException ->
            None

    let private engineNode (engine: Map<string, string>) =
        let node = JsonObject()

        for key, value in Map.toSeq engine do
            node[key] <- RunJson.ofText value

        node

    let private codeNode () =
        let version = codeVersion AppContext.BaseDirectory
        let code = JsonObject()
        code["commit"] <- RunJson.ofOption RunJson.ofText version.Commit
        code["dirty"] <- JsonValue.Create version.Dirty
        code

    /// Writes environment.json. `engine` holds the tensor engine's own report (name, version, BLAS, threads, device, ...);
    /// the code version is that of the work tree that holds this program.
    let write (folder: string) (engine: Map<string, string>) (seed: int) =
        let machine = JsonObject()
        machine["processor"] <- RunJson.ofOption RunJson.ofText (processor ())
        machine["cores"] <- JsonValue.Create Environment.ProcessorCount

        machine["memory_gib"] <-
            JsonValue.Create(Math.Round(float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1073741824.0, 1))

        machine["os"] <- RunJson.ofText RuntimeInformation.OSDescription
        machine["architecture"] <- RunJson.ofText (RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant())
        machine["dotnet"] <- RunJson.ofText (Environment.Version.ToString())

        let node = JsonObject()
        node["engine"] <- engineNode engine
        node["machine"] <- machine
        node["code"] <- codeNode ()
        node["seed"] <- JsonValue.Create seed
        RunJson.write (RunFolder.environment folder) node

    /// The contents of environment.json and what is wrong with it; an empty object if it is missing or damaged.
    let private content (folder: string) : JsonObject * string option =
        let path = RunFolder.environment folder

        try
            (if File.Exists path then RunJson.read path else JsonObject()), None
        with :? InvalidDataException as error ->
            JsonObject(), Some error.Message

    /// Adds, under "evaluation", the engine and code that evaluated a trained run again, and keeps those of its training.
    let addEvaluation (folder: string) (engine: Map<string, string>) =
        let node, _ = content folder
        let evaluation = JsonObject()
        evaluation["engine"] <- engineNode engine
        evaluation["code"] <- codeNode ()
        node["evaluation"] <- evaluation
        RunJson.write (RunFolder.environment folder) node

    /// What environment.json says about a run, and what is wrong with the file.
    let read (folder: string) : RunOrigin * string option =
        let node, damage = content folder

        let part key =
            match RunJson.tryNode node key with
            | Some(:? JsonObject as part) -> part
            | _ -> JsonObject()

        let text (part: JsonObject) key =
            RunJson.tryNode part key |> Option.map string

        let engine, machine, code = part "engine", part "machine", part "code"

        {
            Engine =
                Option.map2 (fun name version -> $"{name} {version}") (text engine "engine") (text engine "version")
            Device = text engine "run device"
            Precision = text engine "run precision"
            Machine =
                match text machine "processor", text machine "cores" with
                | Some processor, Some "1" -> Some $"{processor}, 1 core"
                | Some processor, Some cores -> Some $"{processor}, {cores} cores"
                | processor, _ -> processor
            Commit = text code "commit"
            Dirty = text code "dirty" |> Option.map ((=) "true")
        },
        damage
