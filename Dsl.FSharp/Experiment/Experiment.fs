namespace Research

/// Pairs that training never sees: Validation to choose by, Test to report.
type HeldOut =
    | Validation
    | Test

/// What the classes of a zero-shot task are.
type Classes =
    /// The corpus's fine groups, such as emoji subgroups.
    | Subgroups
    /// The corpus's coarse groups.
    | Groups

/// A measurement of the trained model.
type Evaluation =
    /// Captions from images and images from captions, source by source: recall at 1, 5 and 10 and the median rank.
    | Retrieval
    /// The same among all pictures of the split, whatever their source; those with the same caption match each other's.
    | RetrievalOfAll
    /// Classification by the similarity to class names.
    | ZeroShot of Classes

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
                "evaluate: the list is empty; allowed are retrieval, retrieval_of_all, zero_shot Subgroups and zero_shot Groups"
            yield! twice "evaluate" experiment.Evaluate
            if experiment.Prompts.IsEmpty then
                "prompts: the list is empty; \"{}\" is the class's plain name"
            for prompt in experiment.Prompts do
                if not (prompt.Contains "{}") then
                    $"prompts: \"{prompt}\" has no {{}} for the class's name"
            yield! twice "prompts" experiment.Prompts
            if experiment.EvaluateOn.IsEmpty then
                "evaluate_on: the list is empty; allowed are Validation and Test"
            yield! twice "evaluate_on" experiment.EvaluateOn
            if experiment.Seed < 0 then
                $"seed {experiment.Seed} must be at least 0"
        ]

    /// The version of the form below; a reader of an older or newer one refuses it.
    let schema = 1

    let private evaluations = [
        "retrieval", Retrieval
        "retrieval.all", RetrievalOfAll
        "zeroshot.subgroups", ZeroShot Subgroups
        "zeroshot.groups", ZeroShot Groups
    ]

    let private splits = [ "validation", Validation; "test", Test ]

    /// The class's name alone.
    let plainPrompts = [ "{}" ]

    let private words known values =
        values
        |> List.map (fun value -> known |> List.find (fun (_, other) -> other = value) |> fst |> Json.text)
        |> Json.array

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
            "evaluate", Some(words evaluations experiment.Evaluate)
            "prompts",
            (if experiment.Prompts = plainPrompts then
                 None
             else
                 Some(experiment.Prompts |> List.map Json.text |> Json.array))
            "evaluate_on", Some(words splits experiment.EvaluateOn)
            "seed", Some(Json.integer experiment.Seed)
        ]

    let decode (fields: JsonFields) =
        let version = fields.Integer "schema"

        if version <> schema then
            fields.Fail $"the configuration has schema {version}, but this version reads schema {schema}."

        let list key known =
            fields.Texts key
            |> List.map (fun word ->
                match List.tryFind (fun (name, _) -> name = word) known with
                | Some(_, value) -> value
                | None -> fields.Fail $"{key} holds \"{word}\"; allowed are {Words.list (List.map fst known)}.")

        let experiment = {
            Name = fields.Text "name"
            Data = Data.decode (fields.Object "corpus")
            Image = Encoder.decode (fields.Object "image")
            Text = Encoder.decode (fields.Object "text")
            EmbedDim = fields.TryInteger "embed_dim"
            Objective = Objective.decode (fields.Object "objective")
            Train = TrainSettings.decode (fields.Object "train")
            Evaluate = list "evaluate" evaluations
            Prompts =
                if fields.Has "prompts" then
                    fields.Texts "prompts"
                else
                    plainPrompts
            EvaluateOn = list "evaluate_on" splits
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
