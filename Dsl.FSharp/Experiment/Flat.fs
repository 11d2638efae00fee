namespace Research

open System.Text.Json.Nodes

/// An experiment as a list of (path, value), such as ("train.batch", "128"), for people to read and compare.
[<RequireQualifiedAccess>]
module Flat =
    let private scalar (node: JsonNode | null) =
        match node with
        | null -> "none"
        | node ->
            match node with
            | :? JsonValue as value when value.GetValueKind() = System.Text.Json.JsonValueKind.String ->
                value.GetValue<string>()
            | node -> node.ToJsonString()

    /// A schedule reads better as its label than as its fields.
    let private schedule (node: JsonNode) =
        match Mistake.attempt (fun () -> Schedule.decode (JsonFields("", node.DeepClone()))) with
        | Ok schedule -> Some schedule.Label
        | Error _ -> None

    let rec private walk (path: string) (node: JsonNode | null) : (string * string) list =
        let below key =
            if path = "" then key else $"{path}.{key}"

        match node with
        | :? JsonObject as fields when fields.ContainsKey "kind" && path <> "objective" ->
            let asSchedule =
                try
                    schedule fields
                with :? System.IO.InvalidDataException ->
                    None

            match asSchedule with
            | Some label -> [ path, label ]
            | None -> objectFields below fields
        | :? JsonObject as fields -> objectFields below fields
        | :? JsonArray as items when items |> Seq.exists (fun item -> item :? JsonObject) ->
            items
            |> Seq.mapi (fun i item -> walk $"{path}[{i + 1}]" item)
            |> Seq.concat
            |> List.ofSeq
        | :? JsonArray as items -> [
            path,
            if items.Count = 0 then
                "all"
            else
                Words.list (items |> Seq.map scalar)
          ]
        | node -> [ path, scalar node ]

    and private objectFields below (fields: JsonObject) =
        fields
        |> Seq.collect (fun field -> walk (below field.Key) field.Value)
        |> List.ofSeq

    let private hidden = set [ "schema"; "name"; "seed" ]

    let private preset (encoder: Encoder) (place: string) =
        let size name (own: int option) (preset: int) =
            match own with
            | Some _ -> []
            | None -> [ $"{place}.{name}", string preset ]

        match place with
        | "image" ->
            let config = Research.Encoders.EncoderPresets.Vision encoder.Preset

            [
                yield! size "width" encoder.Width config.Width
                yield! size "layers" encoder.Layers config.Layers
                yield! size "heads" encoder.Heads config.Heads

                if config.StemLayers > 0 then
                    "image.stem", $"{config.StemLayers} convolutions of stride 2"
                else
                    yield! size "patch" encoder.Patch config.PatchSize
            ]
        | _ ->
            let config = Research.Encoders.EncoderPresets.Text encoder.Preset

            [
                yield! size "width" encoder.Width config.Width
                yield! size "layers" encoder.Layers config.Layers
                yield! size "heads" encoder.Heads config.Heads
            ]

    /// What the presets say where the experiment says nothing, with the preset.
    let presets (experiment: Experiment) : (string * string * string) list = [
        for path, value in preset experiment.Image "image" do
            path, value, experiment.Image.Preset
        for path, value in preset experiment.Text "text" do
            path, value, experiment.Text.Preset
        if experiment.EmbedDim.IsNone then
            "embed_dim",
            string (Research.Encoders.EncoderPresets.Dual experiment.Image.Preset).EmbedDimension,
            experiment.Image.Preset
    ]

    /// The values that the experiment holds, in the order of config.json, without name and seed; those that config.json leaves out too.
    let values (experiment: Experiment) : (string * string) list =
        let whole = Experiment.encode experiment
        whole["corpus"] <- Data.describe experiment.Data
        whole["prompts"] <- experiment.Prompts |> List.map Json.text |> Json.array

        walk "" whole |> List.filter (fun (path, _) -> not (hidden.Contains path))
