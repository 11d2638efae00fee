namespace Research

/// Checks of an objective, its form in config.json, and the core objective that it stands for.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =
    let infoNceProblems (settings: InfoNce) = [
        if not (settings.LabelSmoothing >= 0.0 && settings.LabelSmoothing < 1.0) then
            $"label_smoothing {Words.number settings.LabelSmoothing} is outside the allowed range [0, 1)"
    ]

    let hnNceProblems (settings: HnNce) = [
        if not (settings.Alpha >= 0.0 && settings.Alpha <= 1.0) then
            $"hnNCE: alpha {Words.number settings.Alpha} is outside the allowed range [0, 1]"
        if not (settings.Beta >= 0.0 && System.Double.IsFinite settings.Beta) then
            $"hnNCE: beta {Words.number settings.Beta} must be a finite number of at least 0"
    ]

    let psdProblems (settings: Psd) = [
        yield! Schedule.problemsWithin "psd: soft_fraction" 0.0 1.0 settings.SoftFraction
        match settings.Teacher with
        | Ema momentum when not (momentum > 0.0 && momentum < 1.0) ->
            $"psd: teacher (Ema {Words.number momentum}) has a momentum outside (0, 1)"
        | _ -> ()
        if not (settings.TauRatio > 0.0 && System.Double.IsFinite settings.TauRatio) then
            $"psd: tau_ratio {Words.number settings.TauRatio} must be a positive number"
        if
            settings.Teacher = Shared
            && settings.Direction = Plain
            && settings.TauRatio = 1.0
        then
            "psd: direction Plain with teacher Shared and tau_ratio 1 has exactly zero gradient in the soft part; choose direction Swapped or IntraModal, teacher (Ema m), or another tau_ratio"
        match settings.HardNegatives with
        | Some weights ->
            yield!
                hnNceProblems weights
                |> List.map (fun problem -> $"psd: hard_negatives: {problem}")

            if settings.Negatives = OwnSubset then
                "psd: hard_negatives are weighed over the whole batch; they do not go with negatives OwnSubset"
        | None -> ()
    ]

    let problems objective =
        match objective with
        | InfoNce settings -> infoNceProblems settings
        | Psd settings -> psdProblems settings
        | HnNce settings -> hnNceProblems settings
        | Dcl -> []

    /// An objective of this kind of which nothing is said.
    let defaults objective =
        match objective with
        | InfoNce _ -> InfoNce { LabelSmoothing = 0.0 }
        | Psd _ -> Psd Psd.defaults
        | HnNce _ -> HnNce HnNce.defaults
        | Dcl -> Dcl

    let private teacherOf objective =
        match objective with
        | Psd settings -> Some settings.Teacher
        | InfoNce _
        | HnNce _
        | Dcl -> None

    /// Whether training keeps a moving average of the weights.
    let hasEma objective =
        match teacherOf objective with
        | Some(Ema _) -> true
        | _ -> false

    /// Forward passes of a step beside the network's own.
    let extraPasses objective =
        match teacherOf objective with
        | Some(Ema _) -> 1
        | _ -> 0

    let private directions = [ "swapped", Swapped; "plain", Plain; "intra_modal", IntraModal ]
    let private samplings = [ "joint", Joint; "separate", Separate ]
    let private pools = [ "whole_batch", WholeBatch; "own_subset", OwnSubset ]

    let private word words value =
        words |> List.find (fun (_, known) -> known = value) |> fst |> Json.text

    let private hnNceFields (settings: HnNce) = [
        "alpha", Some(Json.number settings.Alpha)
        "beta", Some(Json.number settings.Beta)
        "weight_gradient", Some(Json.boolean settings.WeightGradient)
    ]

    let encode objective =
        let kind name fields =
            Json.object (("kind", Some(Json.text name)) :: fields)

        match objective with
        | InfoNce settings -> kind "infonce" [ "label_smoothing", Some(Json.number settings.LabelSmoothing) ]
        | Psd settings ->
            kind "psd" [
                "soft_fraction", Some(Schedule.encode settings.SoftFraction)
                "teacher",
                Some(
                    match settings.Teacher with
                    | Shared -> Json.text "shared"
                    | Ema momentum -> Json.object [ "ema", Some(Json.number momentum) ]
                )
                "direction", Some(word directions settings.Direction)
                "tau_ratio", Some(Json.number settings.TauRatio)
                "sampling", Some(word samplings settings.Sampling)
                "negatives", Some(word pools settings.Negatives)
                "hard_negatives", settings.HardNegatives |> Option.map (hnNceFields >> Json.object)
            ]
        | HnNce settings -> kind "hn_nce" (hnNceFields settings)
        | Dcl -> kind "dcl" []

    let private decodeTeacher (fields: JsonFields) =
        match fields.Node "teacher" with
        | :? System.Text.Json.Nodes.JsonObject ->
            let inner = fields.Object "teacher"
            let teacher = Ema(inner.Number "ema")
            inner.Done()
            teacher
        | _ -> fields.Choice("teacher", [ "shared", Shared ])

    let private decodeHnNce (fields: JsonFields) : HnNce = {
        Alpha = fields.Number "alpha"
        Beta = fields.Number "beta"
        WeightGradient = fields.Boolean "weight_gradient"
    }

    let decode (fields: JsonFields) =
        let read =
            fields.Choice(
                "kind",
                [
                    "infonce",
                    (fun () ->
                        InfoNce {
                            LabelSmoothing = fields.Number "label_smoothing"
                        })
                    "psd",
                    (fun () ->
                        Psd {
                            SoftFraction = Schedule.decode (fields.Object "soft_fraction")
                            Teacher = decodeTeacher fields
                            Direction = fields.Choice("direction", directions)
                            TauRatio = fields.Number "tau_ratio"
                            Sampling = fields.Choice("sampling", samplings)
                            Negatives = fields.Choice("negatives", pools)
                            HardNegatives =
                                fields.TryObject "hard_negatives"
                                |> Option.map (fun inner ->
                                    let weights = decodeHnNce inner
                                    inner.Done()
                                    weights)
                        })
                    "hn_nce", (fun () -> HnNce(decodeHnNce fields))
                    "dcl", (fun () -> Dcl)
                ]
            )

        let objective = read ()
        fields.Done()
        objective

    let private hnNceOptions (settings: HnNce) =
        Objectives.HnNceOptions(
            Alpha = settings.Alpha,
            Beta = settings.Beta,
            GradientThroughWeights = settings.WeightGradient
        )

    let private psdOptions (settings: Psd) =
        let hardNegatives: Objectives.HnNceOptions | null =
            match settings.HardNegatives with
            | Some weights -> hnNceOptions weights
            | None -> null

        Objectives.PsdOptions(
            SoftFraction = Schedule.toCore settings.SoftFraction,
            Teacher =
                (match settings.Teacher with
                 | Shared -> Objectives.TeacherSource.Shared
                 | Ema momentum -> Objectives.TeacherSource.Ema momentum),
            Direction =
                (match settings.Direction with
                 | Swapped -> Objectives.TargetDirection.Swapped
                 | Plain -> Objectives.TargetDirection.Plain
                 | IntraModal -> Objectives.TargetDirection.IntraModal),
            TeacherTemperatureRatio = settings.TauRatio,
            Sampling =
                (match settings.Sampling with
                 | Joint -> Objectives.SubsetSampling.Joint
                 | Separate -> Objectives.SubsetSampling.Separate),
            Negatives =
                (match settings.Negatives with
                 | WholeBatch -> Objectives.NegativePool.WholeBatch
                 | OwnSubset -> Objectives.NegativePool.OwnSubset),
            HardNegatives = hardNegatives
        )

    /// The core's objective, which training asks for losses.
    let toCore objective : Objectives.IObjective =
        match objective with
        | InfoNce settings -> Objectives.InfoNce settings.LabelSmoothing
        | Psd settings -> Objectives.Psd(psdOptions settings)
        | HnNce settings -> Objectives.HnNce(hnNceOptions settings)
        | Dcl -> Objectives.HnNce.Decoupled()
