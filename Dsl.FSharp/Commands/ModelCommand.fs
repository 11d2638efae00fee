namespace Research.Commands

open System
open System.IO
open Research.Language
open Research.Runs
open Research.Encoders
open Research.Estimates
open Research.Evaluation
open Research.Imaging
open Research.Text

/// `./research model list | inspect | convert | embed`.
[<RequireQualifiedAccess>]
module ModelCommand =
    let private count (number: float) =
        if number >= 1e12 then $"{number / 1e12:F1} T"
        elif number >= 1e9 then $"{number / 1e9:F1} G"
        elif number >= 1e6 then $"{number / 1e6:F1} M"
        else $"{number / 1e3:F1} k"

    let private list () =
        printfn "%-26s %10s %12s %14s %14s %14s" "preset" "image" "parameters" "FLOPs: image" "caption" "activations"

        for name in EncoderPresets.Names do
            let config = EncoderPresets.Dual name

            printfn
                "%-26s %7d px %12s %14s %14s %14s"
                name
                config.Vision.ImageSize
                (count (float (ModelSize.Parameters config)))
                (count (ModelSize.ImageFlops config))
                (count (ModelSize.TextFlops config))
                (count (ModelSize.Activations config))

        printfn
            "FLOPs: of a forward pass, a multiplication with its addition as two; a training step takes three times as many"

        printfn
            "activations: values that a training step keeps of a pair for its backward pass, 4 bytes each in float32"

    let private activation (config: DualEncoderConfig) =
        let name activation =
            match activation with
            | Activation.QuickGelu -> "QuickGELU"
            | _ -> "GELU"

        let text = name config.Text.Activation

        let image =
            if isNull config.Vision.ResNet then
                name config.Vision.Activation
            else
                "ReLU"


        if image = text then
            image
        else
            $"{image} (image), {text} (text)"

    let private towers (config: DualEncoderConfig) = [
        let vision, text = config.Vision, config.Text

        let several count what =
            if count = 1 then $"1 {what}" else $"{count} {what}s"

        let image =
            match vision.ResNet with
            | null ->
                let entrance =
                    if vision.StemLayers > 0 then
                        $"{vision.StemLayers} convolutions of stride 2"
                    else
                        $"patches of {vision.PatchSize}"

                let layers, heads = several vision.Layers "layer", several vision.Heads "head"
                $"{entrance}, {layers} of width {vision.Width}, {heads}"
            | stages ->
                $"residual network of {stages.First}, {stages.Second}, {stages.Third} and {stages.Fourth} blocks, width {vision.Width}"

        let layers, heads = several text.Layers "layer", several text.Heads "head"
        $"image: {vision.ImageSize} px, {image}"
        $"text: {text.ContextLength} tokens of {text.VocabularySize}, {layers} of width {text.Width}, {heads}"
        $"joint space: {config.EmbedDimension} dimensions; activation: {activation config}"
    ]

    let private types (file: CheckpointFile) =
        file.Types
        |> Seq.map (fun kind -> (string kind).ToLowerInvariant())
        |> Words.list

    let private inspect (line: CommandLine) place =
        use file = RunModels.openAt place (ModelOptions.read line)
        printfn "%s" file.Path

        let layout =
            match Option.ofNullable file.Layout with
            | Some layout -> $"layout {layout.Name()}"
            | None -> "no known layout"

        printfn "  %s, %s; %s values as %s" file.Format layout (count (float file.Parameters)) (types file)

        match file.Config with
        | null -> ()
        | config ->
            for line in towers config do
                printfn "  %s" line

        if file.LogitBias.HasValue then
            printfn "  logit bias %g, which no encoder holds: convert takes it along" file.LogitBias.Value

        for assumption in file.Assumptions do
            printfn "  assumed: %s" assumption

        if file.Faults.Count = 0 then
            printfn "  loads: every weight is there and fits"
            0
        else
            printfn "  does not load:"

            for fault in file.Faults do
                printfn "    %s" fault

            1

    let private refuseExisting (line: CommandLine) (files: string list) =
        if not (line.Has "--force") then
            match List.tryFind File.Exists files with
            | Some existing -> raise (ArgumentException $"{existing} is there already; --force replaces it")
            | None -> ()

    let private tell (file: CheckpointFile) =
        for assumption in file.Assumptions do
            eprintfn "assumed: %s" assumption

    let private convert (line: CommandLine) place target =
        match line.Text "--to" with
        | None ->
            raise (
                ArgumentException
                    $"convert needs --to LAYOUT; known are {CheckpointLayouts.All |> Seq.map (fun struct (name, _) -> name) |> Words.list}"
            )
        | Some name ->
            let layout = CheckpointLayouts.Parse name
            refuseExisting line (Checkpoints.Targets(target, layout) |> List.ofSeq)
            use file = RunModels.openAt place (ModelOptions.read line)
            tell file
            use model = file.Load()

            for written in Checkpoints.Save(model, target, layout, file.LogitBias) do
                printfn "%s" written

            0

    /// CLIP's own tokenizer, or the one in a folder; that beside a checkpoint where it has one.
    let private tokenizer (line: CommandLine) (file: CheckpointFile) : ITokenizer =
        let beside =
            Path.GetDirectoryName(Path.GetFullPath file.Path)
            |> Option.ofObj
            |> Option.defaultValue "."

        match line.Text "--tokenizer" with
        | Some folder ->
            match TokenizerFiles.problems folder with
            | problem :: _ -> raise (FileNotFoundException problem)
            | [] -> ClipTokenizer.LoadHuggingFace folder
        | None when (TokenizerFiles.problems beside).IsEmpty -> ClipTokenizer.LoadHuggingFace beside
        | None -> ClipTokenizer.Load()

    let private progress what =
        let clock = Diagnostics.Stopwatch.StartNew()
        let mutable said = TimeSpan.Zero

        {
            new IProgress<int64> with
                member _.Report finished =
                    if clock.Elapsed - said > TimeSpan.FromSeconds 2.0 then
                        said <- clock.Elapsed
                        eprintfn "%d %s in %s" finished what (Estimate.words clock.Elapsed)
        }

    let private embed (line: CommandLine) place (input: string) =
        match line.Text "--to" with
        | None -> raise (ArgumentException "embed needs --to FILE.npy or FILE.safetensors")
        | Some target when not (EmbeddingFile.IsName target) ->
            raise (ArgumentException $"--to is \"{target}\"; its name must end in .npy or .safetensors")
        | Some target ->
            refuseExisting line [ target ]
            let pictures = Directory.Exists input

            if not pictures && not (File.Exists input) then
                raise (
                    FileNotFoundException $"there is neither a folder of pictures nor a file of captions at '{input}'"
                )

            use file = RunModels.openAt place (ModelOptions.read line)
            tell file
            use model = file.Load()
            use rows = new EmbeddingFile(target, model.Config.EmbedDimension)
            let batch = line.Whole "--batch" (if pictures then 64 else 256)

            if batch < 1 then
                raise (ArgumentException $"--batch is {batch}, but at least 1 is expected")

            let faults =
                if pictures then
                    let normalisation =
                        Normalisation(
                            ReadOnlySpan<float32>(Seq.toArray file.ImageMean),
                            ReadOnlySpan<float32>(Seq.toArray file.ImageDeviation)
                        )

                    let files = EmbedFiles.PicturesIn input
                    EmbedFiles.Pictures(model, normalisation, input, files, rows, batch, progress "pictures")
                else
                    EmbedFiles.Captions(model, tokenizer line file, input, rows, batch, progress "captions")

            if rows.Rows = 0L then
                raise (
                    ArgumentException(
                        let what =
                            if pictures then
                                "picture (jpg, png, webp, svg)"
                            else
                                "caption"

                        match Seq.tryHead faults with
                        | None -> $"'{input}' holds no {what}"
                        | Some fault -> $"'{input}' holds no {what} that can be read; {fault.Name}: {fault.Reason}"
                    )
                )

            rows.Finish()
            printfn "%d rows of %d in %s, their names in %s" rows.Rows model.Config.EmbedDimension target rows.NamesPath

            if faults.Count > 0 then
                printfn "%d left out:" faults.Count

                for fault in Seq.truncate 20 faults do
                    printfn "  %s: %s" fault.Name fault.Reason

                if faults.Count > 20 then
                    printfn "  and %d more" (faults.Count - 20)

            if faults.Count = 0 then 0 else 1

    let private words verb takes (line: CommandLine) =
        raise (ArgumentException $"{verb} takes {takes}, not \"{String.Join(' ', line.Words)}\"")

    let private force = Verb.option "--force" "" "replace files that are there"

    let private verbs: Verb list = [
        {
            Name = "list"
            Takes = ""
            About = "the presets, with their parameters and the work of a pair"
            Options = []
            Run =
                fun line ->
                    if line.Words.IsEmpty then
                        list ()
                        0
                    else
                        words "list" "nothing" line
        }
        {
            Name = "inspect"
            Takes = "MODEL"
            About =
                "what a checkpoint is and whether it loads; exit code 1 where it does not. MODEL: a file, its folder, or a run folder"
            Options = ModelOptions.all
            Run =
                fun line ->
                    match line.Words with
                    | [ place ] -> inspect line place
                    | _ -> words "inspect" "one MODEL" line
        }
        {
            Name = "convert"
            Takes = "MODEL --to LAYOUT OUT"
            About =
                "write a checkpoint in another layout, as safetensors with its configuration. OUT: a file.safetensors, or a folder"
            Options =
                Verb.option "--to" "LAYOUT" "how the weights are named: those that --from takes (required)"
                :: force
                :: ModelOptions.all
            Run =
                fun line ->
                    match line.Words with
                    | [ place; target ] -> convert line place target
                    | _ -> words "convert" "a MODEL and an OUT" line
        }
        {
            Name = "embed"
            Takes = "MODEL INPUT --to FILE"
            About =
                "unit vectors, float32, of a folder of pictures or a file of captions, one a line; exit code 1 where some were left out"
            Options =
                [
                    Verb.option
                        "--to"
                        "FILE"
                        "where to: .npy or .safetensors; the names go beside it, .names.txt (required)"
                    Verb.option
                        "--tokenizer"
                        "FOLDER"
                        "vocab.json and merges.txt (default: those beside the model, else CLIP's)"
                    Verb.option "--batch" "N" "embedded at once (default: 64 pictures, 256 captions)"
                    force
                ]
                @ ModelOptions.all
            Run =
                fun line ->
                    match line.Words with
                    | [ place; input ] -> embed line place input
                    | _ -> words "embed" "a MODEL and an INPUT" line
        }
    ]

    let private layouts () =
        printfn "layouts:"

        for struct (name, about) in CheckpointLayouts.All do
            printfn "  %-22s %s" name about

    /// Runs the command and returns the exit code: 2 when the command line is wrong.
    let run (arguments: string list) : int =
        try
            let code = Verb.run "./research model" verbs arguments

            if Verb.asksHelp arguments then
                layouts ()

            code
        with
        | :? FileNotFoundException
        | :? DirectoryNotFoundException
        | :? InvalidDataException
        | :? NotSupportedException as error ->
            eprintfn "%s" (Words.message error)
            2
        | :? ArgumentException as error ->
            eprintfn "%s" (Words.message error)
            eprintfn "./research model --help lists the commands"
            2
