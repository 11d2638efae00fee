namespace Research

/// An objective's checks, its form in config.json, and the core objective that it stands for.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =
    /// What is wrong with it, in words that name the keyword.
    let problems objective = ObjectiveProblems.all objective

    let encode objective = ObjectiveJson.encode objective

    let decode fields = ObjectiveJson.decode fields

    /// An objective of this kind of which nothing is said but what has no default.
    let rec defaults objective =
        match objective with
        | InfoNce _ -> InfoNce { LabelSmoothing = 0.0 }
        | Psd _ -> Psd Psd.defaults
        | HnNce _ -> HnNce HnNce.defaults
        | Dcl -> Dcl
        | Debiased _ -> Debiased Debiased.defaults
        | SigLip _ -> SigLip { InitialBias = -10.0 }
        | MomentumDistillation _ -> MomentumDistillation MomentumDistillation.defaults
        | CyClip _ -> CyClip CyClip.defaults
        | FrozenDistillation settings -> FrozenDistillation(FrozenDistillation.defaults settings.Weights)
        | Sum parts -> Sum(parts |> List.map (fun (weight, part) -> weight, defaults part))

    /// Whether training keeps a moving average of the weights.
    let hasEma objective =
        match ObjectiveProblems.teacherOf objective with
        | Some(Ema _) -> true
        | _ -> false

    /// The weights of a teacher that was trained before: a run folder or a file.
    let frozenWeights objective : string option =
        match ObjectiveProblems.teacherOf objective with
        | Some(Frozen weights) -> Some weights
        | _ -> None

    /// Forward passes of a step beside the network's own.
    let extraPasses objective =
        match ObjectiveProblems.teacherOf objective with
        | Some(Ema _)
        | Some(Frozen _) -> 1
        | _ -> 0

    /// The objective with another path for the weights of a frozen teacher.
    let rec withWeights (change: string -> string) objective =
        let teacher teacher =
            match teacher with
            | Frozen weights -> Frozen(change weights)
            | other -> other

        match objective with
        | Psd settings ->
            Psd {
                settings with
                    Teacher = teacher settings.Teacher
            }
        | MomentumDistillation settings ->
            MomentumDistillation {
                settings with
                    Teacher = teacher settings.Teacher
            }
        | FrozenDistillation settings ->
            FrozenDistillation {
                settings with
                    Weights = change settings.Weights
            }
        | Sum parts -> Sum(parts |> List.map (fun (weight, part) -> weight, withWeights change part))
        | other -> other

    let private teacher teacher =
        match teacher with
        | Shared -> Objectives.TeacherSource.Shared
        | Ema momentum -> Objectives.TeacherSource.Ema momentum
        | Frozen _ -> Objectives.TeacherSource.Frozen

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
            Teacher = teacher settings.Teacher,
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
    let rec toCore objective : Objectives.IObjective =
        match objective with
        | InfoNce settings -> Objectives.InfoNce settings.LabelSmoothing
        | Psd settings -> Objectives.Psd(psdOptions settings)
        | HnNce settings -> Objectives.HnNce(hnNceOptions settings)
        | Dcl -> Objectives.HnNce.Decoupled()
        | Debiased settings ->
            Objectives.DebiasedNce(
                Objectives.DebiasedNceOptions(
                    PositivePrior = settings.TauPlus,
                    Beta = settings.Beta,
                    GradientThroughWeights = settings.WeightGradient
                )
            )
        | SigLip settings -> new Objectives.SigLip(settings.InitialBias)
        | MomentumDistillation settings ->
            Objectives.MomentumDistillation(
                Objectives.MomentumDistillationOptions(
                    Blend = Schedule.toCore settings.Blend,
                    Teacher = teacher settings.Teacher,
                    TeacherTemperatureRatio = settings.TauRatio
                )
            )
        | CyClip settings -> Objectives.CyClip(settings.InModal, settings.CrossModal)
        | FrozenDistillation settings ->
            Objectives.FrozenDistillation(
                Objectives.FrozenDistillationOptions(
                    Blend = Schedule.toCore settings.Blend,
                    TeacherTemperature = Option.toNullable settings.Temperature,
                    Distance =
                        match settings.Distance with
                        | CrossEntropy -> Objectives.TargetDistance.CrossEntropy
                        | KullbackLeibler -> Objectives.TargetDistance.KullbackLeibler
                )
            )
        | Sum parts ->
            let parts =
                parts
                |> List.map (fun (weight, part) -> struct (weight, toCore part))
                |> Array.ofList

            new Objectives.WeightedSum(parts)
