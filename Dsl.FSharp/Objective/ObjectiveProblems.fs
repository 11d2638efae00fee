namespace Research

open System

/// What is wrong with an objective's settings, in words that name the keyword.
[<RequireQualifiedAccess>]
module ObjectiveProblems =
    let private atLeastZero keyword value = [
        if not (value >= 0.0 && Double.IsFinite value) then
            $"{keyword} {Words.number value} must be a finite number of at least 0"
    ]

    let private positive keyword value = [
        if not (value > 0.0 && Double.IsFinite value) then
            $"{keyword} {Words.number value} must be a positive number"
    ]

    let private teacher keyword teacher = [
        match teacher with
        | Ema momentum when not (momentum > 0.0 && momentum < 1.0) ->
            $"{keyword}: teacher (Ema {Words.number momentum}) has a momentum outside (0, 1)"
        | Frozen weights when String.IsNullOrWhiteSpace weights ->
            $"{keyword}: teacher (Frozen \"\") names no run folder or file"
        | _ -> ()
    ]

    let infoNce (settings: InfoNce) = [
        if not (settings.LabelSmoothing >= 0.0 && settings.LabelSmoothing < 1.0) then
            $"label_smoothing {Words.number settings.LabelSmoothing} is outside the allowed range [0, 1)"
    ]

    let hnNce (settings: HnNce) = [
        if not (settings.Alpha >= 0.0 && settings.Alpha <= 1.0) then
            $"hnNCE: alpha {Words.number settings.Alpha} is outside the allowed range [0, 1]"
        yield! atLeastZero "hnNCE: beta" settings.Beta
    ]

    let psd (settings: Psd) = [
        yield! Schedule.problemsWithin "psd: soft_fraction" 0.0 1.0 settings.SoftFraction
        yield! teacher "psd" settings.Teacher
        yield! positive "psd: tau_ratio" settings.TauRatio
        if
            settings.Teacher = Shared
            && settings.Direction = Plain
            && settings.TauRatio = 1.0
        then
            "psd: direction Plain with teacher Shared and tau_ratio 1 has exactly zero gradient in the soft part; choose direction Swapped or IntraModal, teacher (Ema m), or another tau_ratio"
        match settings.HardNegatives with
        | Some weights ->
            yield! hnNce weights |> List.map (fun problem -> $"psd: hard_negatives: {problem}")

            if settings.Negatives = OwnSubset then
                "psd: hard_negatives are weighed over the whole batch; they do not go with negatives OwnSubset"
        | None -> ()
    ]

    let debiased (settings: Debiased) = [
        if not (settings.TauPlus >= 0.0 && settings.TauPlus < 1.0) then
            $"debiased: tau_plus {Words.number settings.TauPlus} is outside the allowed range [0, 1)"
        yield! atLeastZero "debiased: beta" settings.Beta
    ]

    let sigLip (settings: SigLip) = [
        if not (Double.IsFinite settings.InitialBias) then
            $"initial_bias {Words.number settings.InitialBias} must be a finite number"
    ]

    let momentumDistillation (settings: MomentumDistillation) = [
        yield! Schedule.problemsWithin "momentum_distillation: blend" 0.0 1.0 settings.Blend
        yield! teacher "momentum_distillation" settings.Teacher
        if settings.Teacher = Shared then
            "momentum_distillation: teacher Shared has exactly zero gradient in the soft part; choose teacher (Ema m) or (Frozen folder)"
        yield! positive "momentum_distillation: tau_ratio" settings.TauRatio
    ]

    let cyClip (settings: CyClip) =
        atLeastZero "cyCLIP: in_modal" settings.InModal
        @ atLeastZero "cyCLIP: cross_modal" settings.CrossModal

    let frozenDistillation (settings: FrozenDistillation) = [
        if String.IsNullOrWhiteSpace settings.Weights then
            "frozen_distillation \"\" names no run folder or file"
        yield! Schedule.problemsWithin "frozen_distillation: blend" 0.0 1.0 settings.Blend
        yield!
            settings.Temperature
            |> Option.toList
            |> List.collect (positive "frozen_distillation: temperature")
    ]

    /// The teacher that a batch has for this objective, if it has one.
    let rec teacherOf objective : Teacher option =
        match objective with
        | Psd settings -> Some settings.Teacher
        | MomentumDistillation settings -> Some settings.Teacher
        | FrozenDistillation settings -> Some(Frozen settings.Weights)
        | Sum parts -> parts |> List.tryPick (snd >> teacherOf)
        | InfoNce _
        | HnNce _
        | Dcl
        | Debiased _
        | SigLip _
        | CyClip _ -> None

    let rec private leaves objective =
        match objective with
        | Sum parts -> parts |> List.collect (snd >> leaves)
        | one -> [ one ]

    /// One batch has one teacher, one partition and one initial temperature.
    let private together (parts: (float * Objective) list) = [
        let all = parts |> List.collect (snd >> leaves)

        match all |> List.choose teacherOf |> List.distinct with
        | first :: second :: _ ->
            $"weighted: its parts have different teachers, {first} and {second}, but a batch has one"
        | _ -> ()

        let partitions =
            all
            |> List.choose (fun part ->
                match part with
                | Psd settings -> Some(settings.SoftFraction, settings.Sampling)
                | _ -> None)
            |> List.distinct

        if partitions.Length > 1 then
            "weighted: its psd parts draw different unaligned subsets, but a batch has one; give them the same soft_fraction and sampling"

        let sigmoid =
            all
            |> List.filter (fun part ->
                match part with
                | SigLip _ -> true
                | _ -> false)

        if sigmoid.Length > 1 then
            "weighted: sigLIP stands in it twice"
    ]

    /// Everything that is wrong.
    let rec all objective : string list =
        match objective with
        | InfoNce settings -> infoNce settings
        | Psd settings -> psd settings
        | HnNce settings -> hnNce settings
        | Dcl -> []
        | Debiased settings -> debiased settings
        | SigLip settings -> sigLip settings
        | MomentumDistillation settings -> momentumDistillation settings
        | CyClip settings -> cyClip settings
        | FrozenDistillation settings -> frozenDistillation settings
        | Sum parts -> [
            if parts.IsEmpty then
                "weighted: the list is empty"
            for weight, part in parts do
                if weight = 0.0 || not (Double.IsFinite weight) then
                    $"weighted: the weight {Words.number weight} of {part.Label} must be a finite number other than 0"

                yield! all part
            yield! together parts
          ]
