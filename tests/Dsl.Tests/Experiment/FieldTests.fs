module Research.Tests.FieldTests

open System
open System.IO
open FSharp.Reflection
open Xunit
open Research
open Research.Language
open Research.Runs
open Research.Commands
open Research.Evaluation

/// Every way to change one leaf of a value: (path, the whole value with that leaf changed). Found by reflection, so that a field that is
/// added later is covered without anybody's thinking of it.
let rec private changes (kind: Type) (value: objnull) : (string * objnull) list =
    let isGeneric (definition: Type) =
        kind.IsGenericType && kind.GetGenericTypeDefinition() = definition

    if kind = typeof<int> then
        [ "", box (unbox<int> value + 1) ]
    elif kind = typeof<float> then
        [ "", box (unbox<float> value * 0.96875 + 0.001) ]
    elif kind = typeof<bool> then
        [ "", box (not (unbox<bool> value)) ]
    elif kind = typeof<string> then
        [ "", box (string value + " changed") ]
    elif kind = typeof<Evaluation> then
        [
            for other in Evaluations.all do
                if other <> unbox value then
                    $":{other.Word}", box other
        ]
    elif FSharpType.IsTuple kind then
        let types = FSharpType.GetTupleElements kind
        let items = FSharpValue.GetTupleFields(nonNull value)

        [
            for i in 0 .. items.Length - 1 do
                for path, item in changes types[i] items[i] do
                    $"[{i}]{path}", box (FSharpValue.MakeTuple(Array.updateAt i item items, kind))
        ]
    elif FSharpType.IsRecord kind then
        let fields = FSharpType.GetRecordFields kind
        let items = FSharpValue.GetRecordFields(nonNull value)

        [
            for i in 0 .. items.Length - 1 do
                for path, item in changes fields[i].PropertyType items[i] do
                    $".{fields[i].Name}{path}", FSharpValue.MakeRecord(kind, Array.updateAt i item items)
        ]
    elif isGeneric typedefof<_ list> then
        let element = kind.GetGenericArguments()[0]

        let items =
            (nonNull value :?> Collections.IEnumerable) |> Seq.cast<objnull> |> Array.ofSeq

        let make (items: objnull[]) =
            let cases = FSharpType.GetUnionCases kind

            Array.foldBack
                (fun item tail -> FSharpValue.MakeUnion(cases[1], [| item; tail |]))
                items
                (FSharpValue.MakeUnion(cases[0], [||]))

        [
            for i in 0 .. items.Length - 1 do
                for path, item in changes element items[i] do
                    $"[{i}]{path}", make (Array.updateAt i item items)
            "[fewer]", make (items |> Array.truncate (items.Length - 1))
        ]
    elif FSharpType.IsUnion kind then
        let case, items = FSharpValue.GetUnionFields(value, kind)
        let fields = case.GetFields()

        [
            for i in 0 .. items.Length - 1 do
                for path, item in changes fields[i].PropertyType items[i] do
                    $".{case.Name}.{fields[i].Name}{path}", FSharpValue.MakeUnion(case, Array.updateAt i item items)
            // Another case where it needs no value.
            for other in FSharpType.GetUnionCases kind do
                if other.Tag <> case.Tag && other.GetFields().Length = 0 then
                    $":{other.Name}", FSharpValue.MakeUnion(other, [||])
        ]
    elif typeof<Schedule>.IsAssignableFrom kind then
        let schedule = nonNull value :?> Schedule

        [ "*", box (schedule.Times 0.96875); ":constant", box (constant 0.375) ]
    elif kind = typeof<ObjectivePart> then
        let part = nonNull value :?> ObjectivePart

        let settingsOf (part: ObjectivePart) =
            match part.Settings with
            | null -> []
            | settings -> changes (settings.GetType()) settings

        [
            for path, settings in settingsOf part do
                $"{{{part.Kind}}}{path}", box (part.With settings)
        ]
    elif kind = typeof<unit> then
        []
    else
        failwith $"{kind} is not known to the test: teach it to change one"

let private schedules: (string * Schedule) list = [
    "constant", constant 0.25
    "linear", linear 0.125 0.75
    "cosine", cosine 0.125 0.75
    "step", step [ 0.0, 0.25; 0.5, 0.75 ]
    "piecewise", piecewise [ 0.0, 0.25; 0.5, 0.75; 1.0, 0.5 ]
    "warm-up", warm_up 0.25 (linear 0.5 0.125)
]

/// Experiments that between them hold every case of every union, with every optional field present.
let private examples: Experiment list =
    let full: Experiment = {
        Experiment.defaults with
            Data = {
                Data.defaults with
                    Sources = [ "noto"; "twemoji" ]
                    Where = Some "id > 3"
                    Augmentation = [
                        random_resized_crop (0.25, 0.75) (0.5, 2.0)
                        flip 0.5
                        colour_jitter 0.4 0.3 0.2 0.1
                        rand_augment 2 9
                        random_grey 0.2
                    ]
                    Fraction = 0.5
                    ShuffledCaptions = 0.25
                    SwappedCaptions = 0.125
                    DroppedCaptions = 0.0625
                    Tokenizer = Some(TokenizerFolder.path ())
            }
            Image = {
                Encoder.preset "ViT-B-32" with
                    Width = Some 64
                    Layers = Some 2
                    Heads = Some 4
                    Patch = Some 8
            }
            Text = {
                Encoder.preset "ViT-B-32" with
                    Width = Some 64
                    Layers = Some 2
                    Heads = Some 4
            }
            EmbedDim = Some 48
            Train = {
                TrainSettings.defaults with
                    MicroBatch = Some 32
                    Processes = 2
                    EvaluateEvery = Some 50
                    MinLogitScale = Some 2.0
            }
            Evaluate = [ zero_shot subgroups; retrieval ]
    }

    [
        full
        {
            full with
                Evaluate = [ retrieval; zero_shot groups ]
        }
        {
            full with
                Evaluate = [ retrieval; retrieval_of_all; floored_ranks ]
        }
        yield!
            Objectives.examples
            |> List.map (fun objective ->
                let isCustom =
                    Objective.parts objective |> List.exists (fun part -> part.Kind = "custom")

                full
                |> ExperimentWords.objective objective
                |> processes (if isCustom then 1 else 2))
        for _, schedule in schedules do
            full |> objective (psd |> soft_fraction schedule)

            full |> lr_shape schedule
    ]

/// What no number depends on.
let private irrelevant (path: string) =
    path = ".Name" || path = ".Data.Corpus" || path = ".Train.CheckpointEvery"

/// The cases of all unions that an experiment can hold.
let rec private cases (seen: Set<string>) (kind: Type) : Set<string> =
    if seen.Contains(string kind) then
        seen
    else
        let seen = seen.Add(string kind)

        if kind = typeof<Evaluation> then
            Evaluations.all
            |> List.fold (fun seen evaluation -> seen.Add $"case Evaluation.{evaluation.Word}") seen
        elif kind.IsGenericType then
            kind.GetGenericArguments() |> Array.fold cases seen
        elif FSharpType.IsRecord kind then
            FSharpType.GetRecordFields kind
            |> Array.fold (fun seen field -> cases seen field.PropertyType) seen
        elif FSharpType.IsUnion kind then
            FSharpType.GetUnionCases kind
            |> Array.fold
                (fun seen case ->
                    case.GetFields()
                    |> Array.fold
                        (fun seen field -> cases seen field.PropertyType)
                        (seen.Add $"case {kind.Name}.{case.Name}"))
                seen
        else
            seen

let rec private casesOf (kind: Type) (value: objnull) : string list =
    if
        kind = typeof<string>
        || kind.IsPrimitive
        || typeof<Schedule>.IsAssignableFrom kind
    then
        []
    elif kind = typeof<ObjectivePart> then
        let part = nonNull value :?> ObjectivePart
        let settings = part.Settings

        $"kind {part.Kind}"
        :: (match settings with
            | null -> []
            | settings -> casesOf (settings.GetType()) settings)
    elif kind = typeof<Evaluation> then
        [ $"case Evaluation.{(unbox<Evaluation> value).Word}" ]
    elif FSharpType.IsTuple kind then
        Array.map2 casesOf (FSharpType.GetTupleElements kind) (FSharpValue.GetTupleFields(nonNull value))
        |> List.concat
    elif FSharpType.IsRecord kind then
        Array.map2
            (fun (field: Reflection.PropertyInfo) item -> casesOf field.PropertyType item)
            (FSharpType.GetRecordFields kind)
            (FSharpValue.GetRecordFields(nonNull value))
        |> List.concat
    else
        let case, items = FSharpValue.GetUnionFields(value, kind)

        let own =
            if kind.IsGenericType then
                []
            else
                [ $"case {kind.Name}.{case.Name}" ]

        own
        @ (Array.map2
            (fun (field: Reflection.PropertyInfo) item -> casesOf field.PropertyType item)
            (case.GetFields())
            items
           |> List.concat)

[<Fact>]
let ``the examples hold every case of every union`` () =
    let all =
        Objectives.examples
        |> List.collect Objective.parts
        |> List.choose (fun part -> Option.ofObj part.Settings)
        |> List.fold (fun seen settings -> cases seen (settings.GetType())) (cases Set.empty typeof<Experiment>)
        |> Set.filter _.StartsWith("case ")
        |> Set.union (Set.ofList [ for kind in Objectives.kinds -> $"kind {kind}" ])

    let held =
        (examples
         |> List.collect (fun experiment -> casesOf typeof<Experiment> experiment))
        @ (examples
           |> List.collect (fun experiment -> changes typeof<Experiment> experiment)
           |> List.collect (fun (_, changed) -> casesOf typeof<Experiment> changed))
        |> Set.ofList

    Assert.Empty(Set.difference all held)

[<Fact>]
let ``the hash changes with every field that a number depends on, and with no other`` () =
    let hash = ExperimentHash.compute "fingerprint"

    for example in examples do
        let before = hash example

        for path, changed in changes typeof<Experiment> example do
            let same = hash (unbox<Experiment> changed) = before
            let what = if same then "stays" else "changes"
            Assert.True((same = irrelevant path), $"{path}: the hash {what}")

[<Fact>]
let ``a teacher counts by its weights, not by where they stand`` () =
    let weights = Objectives.teacherWeights ()
    let elsewhere = weights + " moved"
    File.Copy(weights, elsewhere, overwrite = true)

    let hash place =
        ExperimentHash.compute "f" (Experiment.defaults |> objective (psd |> teacher (frozen place)))

    Assert.Equal(hash weights, hash elsewhere)
    Assert.NotEqual<string>(hash weights, hash (weights + " changed"))

[<Fact>]
let ``a tokenizer counts by what its files hold, not by where they stand`` () =
    let hash folder =
        ExperimentHash.compute "f" (Experiment.defaults |> (tokenizer_in folder))

    let folder = TokenizerFolder.path ()
    Assert.Equal(hash folder, hash (folder + " elsewhere"))
    Assert.NotEqual<string>(hash folder, hash (folder + " changed"))
    Assert.NotEqual<string>(hash folder, ExperimentHash.compute "f" Experiment.defaults)

[<Fact>]
let ``a tokenizer's folder without its files is refused`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () -> emoji |> tokenizer_in "/no/such" |> ignore)

    Assert.Contains("tokenizer_in \"/no/such\": the folder has no vocab.json", error.Message)

[<Fact>]
let ``a teacher without weights is refused with the remedy`` () =
    let error =
        Assert.Throws<FileNotFoundException>(fun () ->
            ExperimentHash.compute "f" (Experiment.defaults |> objective (frozen_distillation "/no/such"))
            |> ignore)

    Assert.Contains("'/no/such' holds no trained weights", error.Message)

[<Fact>]
let ``no two changes of one field have one hash`` () =
    let hash = ExperimentHash.compute "fingerprint"

    for example in examples do
        let hashes =
            changes typeof<Experiment> example
            |> List.filter (fun (path, _) -> not (irrelevant path))
            |> List.map (fun (path, changed) -> path, unbox<Experiment> changed)
            |> List.distinctBy snd
            |> List.map (fun (path, changed) -> path, hash changed)

        for _, same in hashes |> List.groupBy snd do
            let paths = same |> List.map fst |> String.concat ", "
            Assert.True(same.Length = 1, $"{paths} have one hash")

[<Fact>]
let ``every value that the examples hold survives the way to JSON and back`` () =
    for example in examples do
        Assert.Equal(example, Experiment.ofJson "test" (Experiment.toJson example))

[<Fact>]
let ``every changed field stands in the JSON`` () =
    for example in examples do
        let before = Json.canonical (Experiment.encode example)

        for path, changed in changes typeof<Experiment> example do
            let after = Json.canonical (Experiment.encode (unbox<Experiment> changed))
            Assert.True((before <> after), $"{path} is not written")

[<Fact>]
let ``the rows of committed results are read, each a run of its own`` () =
    let results = Path.Combine(Repository.root.Value, "results")

    for sweep in RunPool.sweeps results |> List.filter (SweepFolder.rows >> File.Exists) do
        let rows, faults = RunRow.read (SweepFolder.rows sweep)
        Assert.Empty faults
        Assert.NotEmpty rows
        Assert.Equal(rows.Length, (rows |> List.distinctBy (fun row -> row.Arm, row.Seed, row.Axes)).Length)
        Assert.All(rows, fun row -> Assert.True(row.State <> RunStatus.Done || row.Metrics.ContainsKey "train.loss"))

[<Fact>]
let ``a part's version makes the runs new that use the part, and no others`` () =
    let versions (experiment: Experiment) =
        Objective.parts experiment.Objective
        |> List.map (fun part -> $"objective.{part.Kind}", 2)

    let hash experiment =
        ExperimentHash.computeWith (versions experiment |> List.filter (fst >> (=) "objective.psd")) "f" experiment

    let old = ExperimentHash.computeWith [] "f"
    let basis = Experiment.defaults
    Assert.Equal(old basis, hash basis)
    Assert.NotEqual<string>(old (basis |> objective psd), hash (basis |> objective psd))
