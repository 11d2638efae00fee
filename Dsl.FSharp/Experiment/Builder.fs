namespace Research

open Research.Evaluation

/// `experiment { corpus emoji; objective infoNCE; train (steps 600) }`
type ExperimentBuilder internal () =
    /// InfoNCE on emoji with the tiny encoders and the default training; retrieval and zero-shot on both held-out splits; seed 0.
    member _.Yield(()) : Experiment = {
        Defaults.experiment with
            Name = Defaults.experiment.Name
    }

    member builder.Zero() = builder.Yield(())

    member _.Run(experiment: Experiment) =
        match Experiment.problems experiment with
        | [] -> experiment
        | problems -> Mistake.fail ("experiment: " + System.String.Join("; ", problems))

    /// A name for people; no number depends on it.
    [<CustomOperation "name">]
    member _.Name(experiment: Experiment, name: string) = { experiment with Name = name }

    /// The pairs to learn from, such as `emoji |> pixels 32`.
    [<CustomOperation "corpus">]
    member _.Corpus(experiment: Experiment, data: Data) = { experiment with Data = data }

    /// The image encoder, such as `Vit.tiny`.
    [<CustomOperation "image">]
    member _.Image(experiment: Experiment, encoder: Encoder) = { experiment with Image = encoder }

    /// The text encoder, such as `Transformer.tiny`.
    [<CustomOperation "text">]
    member _.Text(experiment: Experiment, encoder: Encoder) = { experiment with Text = encoder }

    /// Width of the common embedding.
    [<CustomOperation "embed_dim">]
    member _.EmbedDim(experiment: Experiment, size: int) = { experiment with EmbedDim = Some size }

    /// What is minimised: `infoNCE`, `psd { ... }`, `hnNCE { ... }` or `dcl`.
    [<CustomOperation "objective">]
    member _.Objective(experiment: Experiment, objective: Objective) = {
        experiment with
            Objective = objective
    }

    /// How the model is fitted, such as `steps 600 |> batch 256 |> adamW 1e-3`.
    [<CustomOperation "train">]
    member _.Train(experiment: Experiment, training: TrainSettings) = { experiment with Train = training }

    /// What is measured at the end: `retrieval`, `zero_shot subgroups`.
    [<CustomOperation "evaluate">]
    member _.Evaluate(experiment: Experiment, evaluations: Evaluation list) = {
        experiment with
            Evaluate = evaluations
    }

    /// What zero-shot sets the classes' names into, such as `[ "a photo of a {}"; "a drawing of a {}" ]`.
    [<CustomOperation "prompts">]
    member _.Prompts(experiment: Experiment, templates: string list) = { experiment with Prompts = templates }

    /// The held-out splits to measure on.
    [<CustomOperation "evaluate_on">]
    member _.EvaluateOn(experiment: Experiment, splits: HeldOut list) = { experiment with EvaluateOn = splits }

    /// The seed of everything random; a sweep sets it for its repeats.
    [<CustomOperation "seed">]
    member _.Seed(experiment: Experiment, seed: int) = { experiment with Seed = seed }

/// The experiment's builder, and the same words as patches: functions from an experiment to an experiment.
[<AutoOpen>]
module ExperimentKeywords =
    /// Declares one training run and its evaluation.
    let experiment = ExperimentBuilder()

    /// Patch: what zero-shot sets the classes' names into, each with a "{}": the classifier is the mean over all. By default the plain name.
    /// Words that no training caption has are unknown to a Compact vocabulary.
    let prompts (templates: string list) (experiment: Experiment) = { experiment with Prompts = templates }

    /// Patch: learn from other data.
    let corpus data (experiment: Experiment) = { experiment with Data = data }

    /// Patch: change the data, such as `adjust_corpus (shuffled_captions 0.5)`.
    let adjust_corpus (change: Data -> Data) (experiment: Experiment) = {
        experiment with
            Data = change experiment.Data
    }

    /// Patch: another image encoder.
    let image encoder (experiment: Experiment) = { experiment with Image = encoder }

    /// Patch: another text encoder.
    let text encoder (experiment: Experiment) = { experiment with Text = encoder }

    /// Patch: another objective.
    let objective objective (experiment: Experiment) = {
        experiment with
            Objective = objective
    }

    /// Patch: another training.
    let train training (experiment: Experiment) = { experiment with Train = training }

    /// Patch: change the training, such as `adjust_train (batch 512)`.
    let adjust_train (change: TrainSettings -> TrainSettings) (experiment: Experiment) = {
        experiment with
            Train = change experiment.Train
    }

    let private adjust_objective keyword (change: Objective -> Objective option) (experiment: Experiment) =
        match change experiment.Objective with
        | Some changed ->
            Objective.problems changed |> Mistake.failAny

            { experiment with Objective = changed }
        | None -> Mistake.fail $"{keyword} does not apply to the objective {experiment.Objective.Label}"

    /// Patch: change PSD's settings, such as `adjust_psd (fun p -> { p with Sampling = Separate })`; the objective must be psd.
    let adjust_psd (change: Psd -> Psd) =
        adjust_objective "adjust_psd" (fun objective ->
            match objective with
            | Psd settings -> Some(Psd(change settings))
            | _ -> None)

    /// Patch: PSD's soft fraction, a schedule.
    let soft_fraction (schedule: Schedule) =
        adjust_objective "soft_fraction" (fun objective ->
            match objective with
            | Psd settings ->
                Some(
                    Psd {
                        settings with
                            SoftFraction = schedule
                    }
                )
            | _ -> None)

    /// Patch: the teacher of psd or momentum_distillation.
    let teacher (teacher: Teacher) =
        adjust_objective "teacher" (fun objective ->
            match objective with
            | Psd settings -> Some(Psd { settings with Teacher = teacher })
            | MomentumDistillation settings -> Some(MomentumDistillation { settings with Teacher = teacher })
            | _ -> None)

    /// Patch: the direction of PSD's targets.
    let direction (direction: Direction) =
        adjust_objective "direction" (fun objective ->
            match objective with
            | Psd settings -> Some(Psd { settings with Direction = direction })
            | _ -> None)

    /// Patch: the teacher's temperature over the student's, of psd or momentum_distillation.
    let tau_ratio (ratio: float) =
        adjust_objective "tau_ratio" (fun objective ->
            match objective with
            | Psd settings -> Some(Psd { settings with TauRatio = ratio })
            | MomentumDistillation settings -> Some(MomentumDistillation { settings with TauRatio = ratio })
            | _ -> None)

    /// Patch: the weight of the positive in hnNCE's denominator.
    let alpha (weight: float) =
        adjust_objective "alpha" (fun objective ->
            match objective with
            | HnNce settings -> Some(HnNce { settings with Alpha = weight })
            | _ -> None)

    /// Patch: the concentration on hard negatives of hnNCE or debiased.
    let beta (concentration: float) =
        adjust_objective "beta" (fun objective ->
            match objective with
            | HnNce settings -> Some(HnNce { settings with Beta = concentration })
            | Debiased settings -> Some(Debiased { settings with Beta = concentration })
            | _ -> None)

    /// Patch: PSD with this soft fraction on top of infoNCE, or of hnNCE, whose weights then hold for the aligned rows.
    let self_distilled (schedule: Schedule) =
        adjust_objective "self_distilled" (fun objective ->
            match objective with
            | InfoNce { LabelSmoothing = 0.0 } ->
                Some(
                    Psd {
                        Psd.defaults with
                            SoftFraction = schedule
                    }
                )
            | HnNce settings ->
                Some(
                    Psd {
                        Psd.defaults with
                            SoftFraction = schedule
                            HardNegatives = Some settings
                    }
                )
            | _ -> None)

    /// Patch: another peak learning rate of AdamW.
    let learning_rate (rate: float) = adjust_train (adamW rate)

    /// Patch: the part of the training pairs that is learned from.
    let data_fraction (part: float) = adjust_corpus (fraction part)

    /// Patch: random changes of the training pictures, such as `augmentation [ random_crop 0.5; flip 0.5 ]`, in place of those before.
    let augmentation (changes: Augment list) = adjust_corpus (augment changes)

    /// Patch: training pictures as they are.
    let no_augmentation = augmentation []

    /// Patch: the part of the training pairs whose captions are permuted among each other.
    let caption_noise (part: float) = adjust_corpus (shuffled_captions part)
