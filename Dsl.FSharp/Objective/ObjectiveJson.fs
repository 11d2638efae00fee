namespace Research

/// An objective's form in config.json.
[<RequireQualifiedAccess>]
module ObjectiveJson =
    let private directions = [ "swapped", Swapped; "plain", Plain; "intra_modal", IntraModal ]
    let private samplings = [ "joint", Joint; "separate", Separate ]
    let private pools = [ "whole_batch", WholeBatch; "own_subset", OwnSubset ]
    let private distances = [ "cross_entropy", CrossEntropy; "kullback_leibler", KullbackLeibler ]

    let private word words value =
        words |> List.find (fun (_, known) -> known = value) |> fst |> Json.text

    let private hnNceFields (settings: HnNce) = [
        "alpha", Some(Json.number settings.Alpha)
        "beta", Some(Json.number settings.Beta)
        "weight_gradient", Some(Json.boolean settings.WeightGradient)
    ]

    let private teacher teacher =
        match teacher with
        | Shared -> Json.text "shared"
        | Ema momentum -> Json.object [ "ema", Some(Json.number momentum) ]
        | Frozen weights -> Json.object [ "frozen", Some(Json.text weights) ]

    let rec encode objective =
        let kind name fields =
            Json.object (("kind", Some(Json.text name)) :: fields)

        match objective with
        | InfoNce settings -> kind "infonce" [ "label_smoothing", Some(Json.number settings.LabelSmoothing) ]
        | Psd settings ->
            kind "psd" [
                "soft_fraction", Some(Schedule.encode settings.SoftFraction)
                "teacher", Some(teacher settings.Teacher)
                "direction", Some(word directions settings.Direction)
                "tau_ratio", Some(Json.number settings.TauRatio)
                "sampling", Some(word samplings settings.Sampling)
                "negatives", Some(word pools settings.Negatives)
                "hard_negatives", settings.HardNegatives |> Option.map (hnNceFields >> Json.object)
            ]
        | HnNce settings -> kind "hn_nce" (hnNceFields settings)
        | Dcl -> kind "dcl" []
        | Debiased settings ->
            kind "debiased" [
                "tau_plus", Some(Json.number settings.TauPlus)
                "beta", Some(Json.number settings.Beta)
                "weight_gradient", Some(Json.boolean settings.WeightGradient)
            ]
        | SigLip settings -> kind "siglip" [ "initial_bias", Some(Json.number settings.InitialBias) ]
        | MomentumDistillation settings ->
            kind "momentum_distillation" [
                "blend", Some(Schedule.encode settings.Blend)
                "teacher", Some(teacher settings.Teacher)
                "tau_ratio", Some(Json.number settings.TauRatio)
            ]
        | CyClip settings ->
            kind "cyclip" [
                "in_modal", Some(Json.number settings.InModal)
                "cross_modal", Some(Json.number settings.CrossModal)
            ]
        | FrozenDistillation settings ->
            kind "frozen_distillation" [
                "weights", Some(Json.text settings.Weights)
                "blend", Some(Schedule.encode settings.Blend)
                "temperature", settings.Temperature |> Option.map Json.number
                "distance", Some(word distances settings.Distance)
            ]
        | Sum parts ->
            kind "sum" [
                "parts",
                parts
                |> List.map (fun (weight, part) ->
                    Json.object [ "weight", Some(Json.number weight); "objective", Some(encode part) ])
                |> Json.array
                |> Some
            ]

    let private decodeTeacher (fields: JsonFields) =
        match fields.Node "teacher" with
        | :? System.Text.Json.Nodes.JsonObject ->
            let inner = fields.Object "teacher"

            let teacher =
                match inner.TryNumber "ema", inner.TryText "frozen" with
                | Some momentum, None -> Ema momentum
                | None, Some weights -> Frozen weights
                | _ -> inner.Fail "a teacher is \"shared\", {\"ema\": momentum} or {\"frozen\": weights}."

            inner.Done()
            teacher
        | _ -> fields.Choice("teacher", [ "shared", Shared ])

    let private decodeHnNce (fields: JsonFields) : HnNce = {
        Alpha = fields.Number "alpha"
        Beta = fields.Number "beta"
        WeightGradient = fields.Boolean "weight_gradient"
    }

    let private decodePsd (fields: JsonFields) : Psd = {
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
    }

    let rec decode (fields: JsonFields) : Objective =
        let read =
            fields.Choice(
                "kind",
                [
                    "infonce",
                    (fun () ->
                        InfoNce {
                            LabelSmoothing = fields.Number "label_smoothing"
                        })
                    "psd", (fun () -> Psd(decodePsd fields))
                    "hn_nce", (fun () -> HnNce(decodeHnNce fields))
                    "dcl", (fun () -> Dcl)
                    "debiased",
                    (fun () ->
                        Debiased {
                            TauPlus = fields.Number "tau_plus"
                            Beta = fields.Number "beta"
                            WeightGradient = fields.Boolean "weight_gradient"
                        })
                    "siglip",
                    (fun () ->
                        SigLip {
                            InitialBias = fields.Number "initial_bias"
                        })
                    "momentum_distillation",
                    (fun () ->
                        MomentumDistillation {
                            Blend = Schedule.decode (fields.Object "blend")
                            Teacher = decodeTeacher fields
                            TauRatio = fields.Number "tau_ratio"
                        })
                    "cyclip",
                    (fun () ->
                        CyClip {
                            InModal = fields.Number "in_modal"
                            CrossModal = fields.Number "cross_modal"
                        })
                    "frozen_distillation",
                    (fun () ->
                        FrozenDistillation {
                            Weights = fields.Text "weights"
                            Blend = Schedule.decode (fields.Object "blend")
                            Temperature = fields.TryNumber "temperature"
                            Distance = fields.Choice("distance", distances)
                        })
                    "sum", (fun () -> Sum(fields.Items "parts" |> List.map decodePart))
                ]
            )

        let objective = read ()
        fields.Done()
        objective

    and private decodePart (place, node) =
        let part = JsonFields(place, node)
        let weight = part.Number "weight"
        let objective = decode (part.Object "objective")
        part.Done()
        weight, objective
