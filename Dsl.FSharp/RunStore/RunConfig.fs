namespace Research.Runs

open Research.Language

open System.IO
open System.Text.Json.Nodes

/// Which run of a sweep a folder holds.
type RunIdentity = {
    /// The arm's name as the user wrote it.
    Arm: string
    /// The axes in the sweep's order, each with the label of its value.
    Axes: (string * string) list
    Seed: int
    /// Over all that changes the numbers, in hexadecimal.
    Hash: string
}

/// config.json: `{"arm":...,"axes":{...},"seed":...,"hash":...,"experiment":{...}}`.
[<RequireQualifiedAccess>]
module RunConfig =
    /// Creates the run folder and writes its config.json.
    let write (folder: string) (identity: RunIdentity) (experiment: JsonNode) =
        Directory.CreateDirectory folder |> ignore
        let axes = JsonObject()

        for name, label in identity.Axes do
            axes[name] <- RunJson.ofText label

        let node = JsonObject()
        node["arm"] <- RunJson.ofText identity.Arm
        node["axes"] <- axes
        node["seed"] <- JsonValue.Create identity.Seed
        node["hash"] <- RunJson.ofText identity.Hash
        node["experiment"] <- experiment.DeepClone()
        RunJson.write (RunFolder.config folder) node

    /// The run's identity and its experiment. Raises `FileNotFoundException` when config.json is missing and `InvalidDataException` when
    /// it is damaged.
    let read (folder: string) : RunIdentity * JsonNode =
        let path = RunFolder.config folder

        if not (File.Exists path) then
            raise (FileNotFoundException($"'{folder}' is no run folder: it has no config.json.", path))

        let fields = RunJson.read path

        let axes =
            match RunJson.tryNode fields "axes" with
            | Some(:? JsonObject as axes) ->
                axes
                |> Seq.map (fun axis -> axis.Key, RunJson.text path axes axis.Key)
                |> List.ofSeq
            | None -> []
            | Some _ -> RunJson.broken path "\"axes\" must be an object of texts."

        let experiment =
            match RunJson.tryNode fields "experiment" with
            | Some experiment -> experiment
            | None -> RunJson.broken path "\"experiment\" is missing."

        {
            Arm = RunJson.text path fields "arm"
            Axes = axes
            Seed = RunJson.integer path fields "seed"
            Hash = RunJson.text path fields "hash"
        },
        experiment
