namespace Research.Runs

open Research.Language

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Text.Json.Nodes

/// The version of the code that runs.
type CodeVersion = {
    /// The commit, or None outside a Git work tree or without Git.
    Commit: string option
    /// Whether files beside the results folder differ from the commit.
    Dirty: bool
}

/// environment.json: what a run was made with, so that a number can be traced to its engine, machine and code.
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

    /// Asks Git about the work tree that holds `folder`. Results do not make it dirty: runs write them.
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

    /// The name of this machine's processor, where the system tells it.
    let processor () : string option =
        try
            File.ReadLines "/proc/cpuinfo"
            |> Seq.tryFind _.StartsWith("model name")
            |> Option.map (fun line -> line.Substring(line.IndexOf(':') + 1).Trim())
        with :? IOException ->
            None

    /// Writes environment.json. `engine` holds what the tensor engine says of itself (name, version, BLAS, threads, device, ...);
    /// the code version is that of the work tree which holds this program.
    let write (folder: string) (engine: Map<string, string>) (seed: int) =
        let texts (pairs: (string * string) seq) =
            let node = JsonObject()

            for key, value in pairs do
                node[key] <- RunJson.ofText value

            node

        let machine = JsonObject()
        machine["processor"] <- RunJson.ofOption RunJson.ofText (processor ())
        machine["cores"] <- JsonValue.Create Environment.ProcessorCount

        machine["memory_gib"] <-
            JsonValue.Create(Math.Round(float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1073741824.0, 1))

        machine["os"] <- RunJson.ofText RuntimeInformation.OSDescription
        machine["architecture"] <- RunJson.ofText (RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant())
        machine["dotnet"] <- RunJson.ofText (Environment.Version.ToString())

        let version = codeVersion AppContext.BaseDirectory
        let code = JsonObject()
        code["commit"] <- RunJson.ofOption RunJson.ofText version.Commit
        code["dirty"] <- JsonValue.Create version.Dirty

        let node = JsonObject()
        node["engine"] <- texts (Map.toSeq engine)
        node["machine"] <- machine
        node["code"] <- code
        node["seed"] <- JsonValue.Create seed
        RunJson.write (RunFolder.environment folder) node
