namespace Research.Language

/// Whose embeddings make the soft targets.
type Teacher =
    /// The network itself, without gradient.
    | Shared
    /// An exponential moving average of the network, with this momentum; warmed up, it has less in early steps.
    | Ema of momentum: float * warmUp: bool
    /// A model that was trained before: a run folder with its checkpoint, or the file or folder of any public CLIP checkpoint
    /// (`./research model inspect` tells whether it loads); weights that do not say their configuration must be of the trained model's.
    | Frozen of weights: string

    override teacher.ToString() =
        match teacher with
        | Shared -> "shared"
        | Ema(momentum, false) -> $"EMA {Words.number momentum}"
        | Ema(momentum, true) -> $"EMA {Words.number momentum}, warmed up"
        | Frozen weights -> $"frozen {System.IO.Path.GetFileName(weights.TrimEnd '/')}"

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Teacher =
    let private momentum = Value.number "(0, 1)"

    let private encode teacher =
        match teacher with
        | Shared -> Json.text "shared"
        | Ema(momentum, warmUp) ->
            Json.object [
                "ema", Some(Json.number momentum)
                "warm_up", (if warmUp then Some(Json.boolean true) else None)
            ]
        | Frozen weights -> Json.object [ "frozen", Some(Json.text weights) ]

    let private decode (at: JsonAt) =
        if at.IsObject then
            let fields = JsonFields(at.Place, at.Node)

            let teacher =
                match fields.TryNumber "ema", fields.TryText "frozen" with
                | Some momentum, None -> Ema(momentum, fields.Has "warm_up" && fields.Boolean "warm_up")
                | None, Some weights -> Frozen weights
                | _ -> fields.Fail "a teacher is \"shared\", {\"ema\": momentum} or {\"frozen\": weights}."

            fields.Done()
            teacher
        elif at.IsText && at.Text = "shared" then
            Shared
        else
            at.Fail "must be \"shared\", {\"ema\": momentum} or {\"frozen\": weights}."

    let value: Value<Teacher> = {
        Allowed = "shared, ema m, warmed_ema m, frozen \"FOLDER\""
        Encode = encode
        Decode = decode
        Text = string
        Problems =
            fun key teacher ->
                match teacher with
                | Shared -> []
                | Ema(m, _) -> momentum.Problems $"{key}: ema" m
                | Frozen weights when System.String.IsNullOrWhiteSpace weights -> [
                    $"{key}: frozen \"\" names no run folder or file"
                  ]
                | Frozen _ -> []
    }

    /// A teacher's contribution to the identity of a run's numbers: the weights of a frozen one, whatever their place.
    let identity teacher =
        match teacher with
        | Frozen weights -> encode (Frozen(WeightFiles.identity weights))
        | other -> encode other

    let toCore teacher =
        match teacher with
        | Shared -> Research.Objectives.TeacherSource.Shared
        | Ema(momentum, warmUp) -> Research.Objectives.TeacherSource.Ema(momentum, warmUp)
        | Frozen _ -> Research.Objectives.TeacherSource.Frozen

namespace Research

open Research.Language

/// Teachers: `teacher (ema 0.995)`.
[<AutoOpen>]
module TeacherWords =
    /// The network itself, without gradient.
    let shared = Shared

    /// An exponential moving average of the network, with this momentum: `psd |> teacher (ema 0.995)`.
    let ema (momentum: float) = Ema(momentum, false)

    /// The same, but with a smaller momentum in early steps, min(momentum, (1 + t) / (10 + t)), so that the initial weights are forgotten sooner.
    /// `psd |> teacher (warmed_ema 0.995)`
    let warmed_ema (momentum: float) = Ema(momentum, true)

    /// A model that was trained before: a run folder with its checkpoint, or the file or folder of any public CLIP checkpoint
    /// (`./research model inspect` tells whether it loads); weights that do not say their configuration must be of the trained model's.
    /// `psd |> teacher (frozen "results/.runs/0123456789abcdef")`
    let frozen (weights: string) = Frozen weights
