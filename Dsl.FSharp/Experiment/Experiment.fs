namespace Research.Language

open System.Text.Json.Nodes
open Research
open Research.Evaluation

/// One training run and its evaluation, complete and immutable. Patches are functions from an experiment to an experiment.
type Experiment = {
    /// A name for people; no number depends on it.
    Name: string
    Data: Data
    Image: Encoder
    Text: Encoder
    /// Trained weights to start from.
    Start: Start
    /// Width of the common embedding; None is the presets' choice.
    EmbedDim: int option
    Objective: Objective
    Train: TrainSettings
    Evaluate: Evaluation list
    /// Templates in which zero-shot replaces "{}" by the class name; a class's classifier is the mean over all of them.
    Prompts: string list
    EvaluateOn: HeldOut list
    /// Everything random is drawn from it: weights, batches, shuffled captions, unaligned rows.
    Seed: int
} with

    interface IHas<Experiment, Experiment> with
        member experiment.Change change = change experiment

    interface IHas<Data, Experiment> with
        member experiment.Change change = {
            experiment with
                Data = change experiment.Data
        }

    interface IHas<Objective, Experiment> with
        member experiment.Change change = {
            experiment with
                Objective = change experiment.Objective
        }

    interface IHas<TrainSettings, Experiment> with
        member experiment.Change change = {
            experiment with
                Train = change experiment.Train
        }

[<RequireQualifiedAccess>]
module Experiment =
    /// The version of config.json's form; a reader for another version refuses the file.
    let schema = 2

    /// The experiment with every setting at its default.
    let defaults: Experiment = {
        Name = "experiment"
        Data = Data.defaults
        Image = Encoder.preset "vit-tiny-stem32"
        Text = Encoder.preset "vit-tiny-stem32"
        Start = Start.nothing
        EmbedDim = None
        Objective = Objective.ofKind InfoNce.kind
        Train = TrainSettings.defaults
        Evaluate = [ retrieval; zero_shot subgroups ]
        Prompts = [ "{}" ]
        EvaluateOn = [ validation; test ]
        Seed = 0
    }

    /// The core's configuration of its model, over a vocabulary of this size that ends texts with this token.
    let modelConfig (experiment: Experiment) (vocabularySize: int) (endOfText: int) =
        Model.config
            experiment.Image
            experiment.Text
            experiment.EmbedDim
            experiment.Train.MaxLogitScale
            experiment.Data.Pixels
            experiment.Data.ContextLength
            vocabularySize
            endOfText

    let private evaluations =
        Value.oneOf (Evaluations.all |> List.map (fun evaluation -> evaluation.Word, evaluation))

    let private sides =
        Value.oneOf (HeldOut.all |> List.map (fun side -> side.Word, side))

    let private prompt =
        Value.text
        |> Value.where (fun prompt ->
            if prompt.Contains "{}" then
                None
            else
                Some $"\"{prompt}\" has no {{}} for the class's name")

    let private together (experiment: Experiment) = [
        for part in Objective.parts experiment.Objective do
            if part.Kind = Custom.kind.Kind && experiment.Train.Processes > 1 then
                $"custom \"{part.Label}\" has its gradient by autograd of the whole batch: processes {experiment.Train.Processes} must be 1"

            match part.Settings with
            | :? Psd as settings ->
                for problem in Psd.batchProblems experiment.Train.Batch settings do
                    $"psd: {problem}"
            | _ -> ()
        if experiment.Text.Patch.IsSome then
            "text: patch applies to image encoders only"
        if experiment.Text.PatchDropout > 0.0 then
            "text: patch_dropout applies to image encoders only"
        for evaluation in experiment.Evaluate do
            if experiment.EvaluateOn |> List.forall (evaluation.Metrics >> List.isEmpty) then
                let sides =
                    HeldOut.all
                    |> List.filter (evaluation.Metrics >> List.isEmpty >> not)
                    |> List.map string
                    |> Words.list

                $"{evaluation.Script} is measured on {sides}, which evaluate_on lacks"
        yield! Model.problems (modelConfig experiment)
    ]

    let private setting key = Setting.make defaults key
    let private part key = Settings.part defaults key

    /// Every setting of an experiment, in the order of config.json.
    let settings: Settings<Experiment> = {
        Defaults = defaults
        Together = together
        Items = [
            setting
                "name"
                {
                    Value.text with
                        Problems = fun _ _ -> []
                }
                _.Name
                (fun v e -> { e with Name = v })
            |> Setting.unhashed
            part "corpus" Data.settings _.Data (fun v e -> { e with Data = v })
            part "image" Encoder.settings _.Image (fun v e -> { e with Image = v })
            |> Setting.named
            part "text" Encoder.settings _.Text (fun v e -> { e with Text = v })
            |> Setting.named
            setting
                "embed_dim"
                (Value.optional Encoder.ofPreset (Value.whole 1 System.Int32.MaxValue))
                _.EmbedDim
                (fun v e -> { e with EmbedDim = v })
            part "start" Start.settings _.Start (fun v e -> { e with Start = v })
            Objectives.setting defaults _.Objective (fun v e -> { e with Objective = v })
            part "train" TrainSettings.settings _.Train (fun v e -> { e with Train = v })
            setting "evaluate" (Value.nonEmpty evaluations) _.Evaluate (fun v e -> { e with Evaluate = v })
            setting "prompts" (Value.nonEmpty prompt) _.Prompts (fun v e -> { e with Prompts = v })
            setting "evaluate_on" (Value.nonEmpty sides) _.EvaluateOn (fun v e -> { e with EvaluateOn = v })
            setting "seed" (Value.whole 0 System.Int32.MaxValue) _.Seed (fun v e -> { e with Seed = v })
        ]
    }

    let problems (experiment: Experiment) = Settings.problems settings experiment

    let encode (experiment: Experiment) : JsonNode =
        let node = Settings.encode settings experiment :?> JsonObject
        node.Insert(0, "schema", Json.integer schema)
        node

    let decode (fields: JsonFields) =
        let version = fields.Integer "schema"

        if version <> schema then
            fields.Fail $"the configuration has schema {version}, but this version reads schema {schema}."

        let experiment = Settings.decodeFields settings fields

        match problems experiment with
        | [] -> experiment
        | problems -> fields.Fail(System.String.Join("; ", problems) + ".")

    let toJson experiment = Json.render (encode experiment)

    /// Reads what `toJson` wrote.
    /// Throws InvalidDataException, naming the place, on a syntax error, an unknown key, another schema version or a value that the builders
    /// would refuse.
    let ofJson source content =
        decode (JsonFields(source, Json.parse source content))

    let private people = set [ "name"; "seed" ]

    /// Every value that the experiment has, without name and seed, for people to read and compare.
    let lines (experiment: Experiment) : SettingLine list =
        Settings.lines settings "" experiment
        |> List.filter (fun line -> not (people.Contains line.Path || line.Value = Encoder.ofPreset))

    /// What the presets give where the experiment does not set a value: path, value and preset.
    let presets (experiment: Experiment) : (string * string * string) list = [
        for path, value in Encoder.imageSizes experiment.Image do
            $"image.{path}", value, Encoder.origin experiment.Image
        for path, value in Encoder.textSizes experiment.Text do
            $"text.{path}", value, Encoder.origin experiment.Text
        if experiment.EmbedDim.IsNone then
            "embed_dim", string (Encoder.basis experiment.Image).EmbedDimension, Encoder.origin experiment.Image
    ]
