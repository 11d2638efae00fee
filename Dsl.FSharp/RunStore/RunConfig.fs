namespace Research.Runs

open System
open Research.Language
open System.IO
open System.Text.Json.Nodes

/// Identifies a run.
type RunKey = {
    Seed: int
    /// SHA-256 over everything that changes the numbers, in hexadecimal.
    Hash: string
}

/// config.json: `{"seed":...,"hash":...,"experiment":{...}}`. It names no arm, since every sweep has its
/// own name for the run.
[<RequireQualifiedAccess>]
module RunConfig =
    /// Creates the run folder and writes its config.json.
    let write (folder: string) (key: RunKey) (experiment: JsonNode) =
        Directory.CreateDirectory folder |> ignore
        let node = JsonObject()
        node["seed"] <- JsonValue.Create key.Seed
        node["hash"] <- RunJson.ofText key.Hash
        node["experiment"] <- experiment.DeepClone()
        RunJson.write (RunFolder.config folder) node

    /// The run's key and its experiment. Raises `FileNotFoundException` when config.json is missing and `InvalidDataException` when it
    /// is damaged.
    let read (folder: string) : RunKey * JsonNode =
        let path = RunFolder.config folder

        if not (File.Exists path) then
            raise (FileNotFoundException($"'{folder}' is not a run folder: it has no config.json.", path))

        let fields = RunJson.read path

        let experiment =
            match RunJson.tryNode fields "experiment" with
            | Some experiment -> experiment
            | None -> RunJson.broken path "\"experiment\" is missing."

        {
            Seed = RunJson.integer path fields "seed"
            Hash = RunJson.text path fields "hash"
        },
        experiment

    /// Whether the folder holds the run with this hash: by config.json or, if that is missing or damaged, by the folder's name.
    let isOf (folder: string) (hash: string) =
        try
            (fst (read folder)).Hash = hash
        with
        | :? FileNotFoundException
        | :? InvalidDataException -> Path.GetFileName folder = RunFolder.nameOf hash

    /// Writes config.json unless an intact one exists. Returns what was wrong with a damaged one.
    let ensure (folder: string) (key: RunKey) (experiment: JsonNode) : string option =
        let damage =
            try
                if fst (read folder) = key then None else Some ""
            with
            | :? FileNotFoundException -> Some ""
            | :? InvalidDataException as error -> Some error.Message

        match damage with
        | None -> None
        | Some words ->
            write folder key experiment

            if words = "" then
                None
            else
                Some $"config.json was damaged and is rewritten ({words})"
