namespace Research

open Research.Evaluation

/// One training run and its evaluation, complete and immutable. Patches are functions from an experiment to an experiment.
type Experiment = {
    /// A name for people; no number depends on it.
    Name: string
    Data: Data
    Image: Encoder
    Text: Encoder
    /// Width of the common embedding; None is the presets' choice.
    EmbedDim: int option
    Objective: Objective
    Train: TrainSettings
    Evaluate: Evaluation list
    /// What zero-shot sets class names into, for "{}"; a class's classifier is the mean over all of them.
    Prompts: string list
    EvaluateOn: HeldOut list
    /// Everything random is drawn from it: weights, batches, shuffled captions, unaligned rows.
    Seed: int
}

[<RequireQualifiedAccess>]
module Experiment =
    let problems (experiment: Experiment) =
        let twice keyword items =
            items
            |> List.countBy id
            |> List.choose (fun (item, count) ->
                if count > 1 then
                    Some $"{keyword} names {item} twice"
                else
                    None)

        [
            yield! Data.problems experiment.Data
            yield!
                Encoder.problems experiment.Image
                |> List.map (fun problem -> $"image: {problem}")
            yield! Encoder.problems experiment.Text |> List.map (fun problem -> $"text: {problem}")
            if experiment.Text.Patch.IsSome then
                "text: patch applies to image encoders only"
            match experiment.EmbedDim with
            | Some size when size < 1 -> $"embed_dim {size} must be at least 1"
            | _ -> ()

            if Encoder.problems experiment.Image @ Encoder.problems experiment.Text = [] then
                yield!
                    Model.problems
                        experiment.Image
                        experiment.Text
                        experiment.EmbedDim
                        experiment.Data.Pixels
                        experiment.Data.ContextLength
            yield! Objective.problems experiment.Objective
            yield! TrainSettings.problems experiment.Train
            if experiment.Evaluate.IsEmpty then
                $"evaluate: the list is empty; allowed are {Words.list Evaluations.scripts}"
            yield! twice "evaluate" experiment.Evaluate
            if experiment.Prompts.IsEmpty then
                "prompts: the list is empty; \"{}\" is the class's plain name"
            for prompt in experiment.Prompts do
                if not (prompt.Contains "{}") then
                    $"prompts: \"{prompt}\" has no {{}} for the class's name"
            yield! twice "prompts" experiment.Prompts
            if experiment.EvaluateOn.IsEmpty then
                "evaluate_on: the list is empty; allowed are validation and test"
            yield! twice "evaluate_on" experiment.EvaluateOn
            if experiment.Seed < 0 then
                $"seed {experiment.Seed} must be at least 0"
        ]

    /// The version of the form below; a reader of an older or newer one refuses it.
    let schema = 1

    /// The class's name alone.
    let plainPrompts = [ "{}" ]

    let private words values =
        values |> List.map Json.text |> Json.array

    let encode (experiment: Experiment) =
        Json.object [
            "schema", Some(Json.integer schema)
            "name", Some(Json.text experiment.Name)
            "corpus", Some(Data.encode experiment.Data)
            "image", Some(Encoder.encode experiment.Image)
            "text", Some(Encoder.encode experiment.Text)
            "embed_dim", Option.map Json.integer experiment.EmbedDim
            "objective", Some(Objective.encode experiment.Objective)
            "train", Some(TrainSettings.encode experiment.Train)
            "evaluate", Some(words (experiment.Evaluate |> List.map _.Word))
            "prompts",
            (if experiment.Prompts = plainPrompts then
                 None
             else
                 Some(words experiment.Prompts))
            "evaluate_on", Some(words (experiment.EvaluateOn |> List.map _.Word))
            "seed", Some(Json.integer experiment.Seed)
        ]

    let decode (fields: JsonFields) =
        let version = fields.Integer "schema"

        if version <> schema then
            fields.Fail $"the configuration has schema {version}, but this version reads schema {schema}."

        let list key known word =
            fields.Texts key
            |> List.map (fun text ->
                match known |> List.tryFind (fun value -> word value = text) with
                | Some value -> value
                | None -> fields.Fail $"{key} holds \"{text}\"; allowed are {Words.list (List.map word known)}.")

        let experiment = {
            Name = fields.Text "name"
            Data = Data.decode (fields.Object "corpus")
            Image = Encoder.decode (fields.Object "image")
            Text = Encoder.decode (fields.Object "text")
            EmbedDim = fields.TryInteger "embed_dim"
            Objective = Objective.decode (fields.Object "objective")
            Train = TrainSettings.decode (fields.Object "train")
            Evaluate = list "evaluate" Evaluations.all _.Word
            Prompts =
                if fields.Has "prompts" then
                    fields.Texts "prompts"
                else
                    plainPrompts
            EvaluateOn = list "evaluate_on" HeldOut.all _.Word
            Seed = fields.Integer "seed"
        }

        fields.Done()

        match problems experiment with
        | [] -> experiment
        | problems -> fields.Fail(System.String.Join("; ", problems) + ".")

    let toJson experiment = Json.render (encode experiment)

    /// Reads what `toJson` wrote.
    /// Throws InvalidDataException, naming the place, on a syntax error, an unknown or missing key, another schema version or a value that
    /// the builders would refuse.
    let ofJson source content =
        decode (JsonFields(source, Json.parse source content))
