namespace Research.Commands

open System
open Research.Language
open Research.Encoders

/// The options of the verbs that open a checkpoint: what its file does not say.
[<RequireQualifiedAccess>]
module ModelOptions =
    let private activations = [ "gelu", Activation.Gelu; "quick-gelu", Activation.QuickGelu ]

    let all = [
        Verb.option "--from" "LAYOUT" "how its weights are named (default: told by the names)"
        Verb.option
            "--activation"
            "NAME"
            "gelu or quick-gelu, where neither a configuration beside the file nor the layout says it"
        Verb.option "--vision-heads" "N" "attention heads of the image tower, where nothing says them"
        Verb.option "--text-heads" "N" "attention heads of the text tower, where nothing says them"
        Verb.option
            "--image-size"
            "PIXELS"
            "another side of pictures: position embeddings are resized (default: the file's)"
        Verb.option "--allow-missing" "NAMES" "weights that may be missing, \"*\" for any text; repeatable"
        Verb.option "--allow-unexpected" "NAMES" "weights that may be left over, \"*\" for any text; repeatable"
    ]

    let private positive (line: CommandLine) option =
        match line.Text option with
        | None -> Nullable()
        | Some _ ->
            match line.Whole option 0 with
            | count when count > 0 -> Nullable count
            | count -> raise (ArgumentException $"{option} is {count}, but at least 1 is expected")

    /// What the command line says.
    let read (line: CommandLine) : CheckpointOptions =
        CheckpointOptions(
            Layout =
                (match line.Text "--from" with
                 | None -> Nullable()
                 | Some name -> Nullable(CheckpointLayouts.Parse name)),
            Activation =
                (match line.Text "--activation" with
                 | None -> Nullable()
                 | Some name ->
                     match List.tryFind (fst >> (=) name) activations with
                     | Some(_, activation) -> Nullable activation
                     | None ->
                         raise (
                             ArgumentException
                                 $"--activation is \"{name}\"; known are {Words.list (List.map fst activations)}"
                         )),
            VisionHeads = positive line "--vision-heads",
            TextHeads = positive line "--text-heads",
            ImageSize = positive line "--image-size",
            AllowMissing = List.toArray (line.All "--allow-missing"),
            AllowUnexpected = List.toArray (line.All "--allow-unexpected")
        )
