namespace Research

/// The arithmetic of the forward pass. Weights, moments and losses are fp32 in both.
type Precision =
    | Fp32
    | Bf16

/// How the model is fitted.
type TrainSettings = {
    /// Optimiser steps.
    Steps: int
    /// Pairs per step.
    Batch: int
    /// Pairs encoded at a time, to bound the memory of activations; None encodes the whole batch at once.
    MicroBatch: int option
    /// The peak learning rate of AdamW.
    LearningRate: float
    /// The learning rate over training as a factor on its peak.
    LearningRateShape: Schedule
    /// AdamW's decay rates of the two moments.
    Betas: float * float
    /// AdamW's decoupled weight decay of matrices; biases, norms and the logit scale are never decayed.
    WeightDecay: float
    /// Gradients are scaled down to at most this norm; None leaves them as they are.
    ClipNorm: float option
    Precision: Precision
    /// "cpu", "cuda" or "cuda:N".
    Device: string
    /// Threads of the engine in one process.
    Threads: int
    /// Processes of one machine that train the model together, each on its part of every batch; None is one.
    Processes: int option
    /// A metrics line every so many steps.
    LogEvery: int
    /// The validation split is measured every so many steps, into the log; None measures at the end only. What is trained does not depend on it.
    EvaluateEvery: int option
    /// A checkpoint every so many steps; what is trained does not depend on it.
    CheckpointEvery: int
}

[<RequireQualifiedAccess>]
module TrainSettings =
    /// 400 steps of 128 pairs; AdamW (.9, .98), peak 2e-3 with 10 % warm-up and cosine to 0, weight decay .1, clip 1; fp32 on one CPU thread.
    let defaults = {
        Steps = 400
        Batch = 128
        MicroBatch = None
        LearningRate = 2e-3
        LearningRateShape = WarmUp(0.1, Cosine(1.0, 0.0))
        Betas = 0.9, 0.98
        WeightDecay = 0.1
        ClipNorm = Some 1.0
        Precision = Fp32
        Device = "cpu"
        Threads = 1
        Processes = None
        LogEvery = 10
        EvaluateEvery = None
        CheckpointEvery = 100
    }

    let private device (name: string) =
        name = "cpu"
        || name = "cuda"
        || name.StartsWith("cuda:", System.StringComparison.Ordinal)
           && name.Length > 5
           && Seq.forall System.Char.IsAsciiDigit name[5..]

    let private atLeastOne keyword value =
        if value < 1 then
            [ $"{keyword} {value} must be at least 1" ]
        else
            []

    let problems (training: TrainSettings) = [
        yield! atLeastOne "steps" training.Steps
        if training.Batch < 2 then
            $"batch {training.Batch} must be at least 2: a contrastive loss compares pairs"
        match training.MicroBatch with
        | Some size when size < 1 || size > training.Batch ->
            $"micro_batch {size} must lie between 1 and the batch of {training.Batch}"
        | _ -> ()
        if not (training.LearningRate > 0.0 && System.Double.IsFinite training.LearningRate) then
            $"adamW {Words.number training.LearningRate}: the learning rate must be a positive number"
        yield! Schedule.problemsWithin "lr_shape" 0.0 1e6 training.LearningRateShape
        for beta in [ fst training.Betas; snd training.Betas ] do
            if not (beta >= 0.0 && beta < 1.0) then
                $"betas {Words.number beta} is outside the allowed range [0, 1)"
        if not (training.WeightDecay >= 0.0 && System.Double.IsFinite training.WeightDecay) then
            $"weight_decay {Words.number training.WeightDecay} must be a finite number of at least 0"
        match training.ClipNorm with
        | Some norm when not (norm > 0.0 && System.Double.IsFinite norm) ->
            $"clip_norm {Words.number norm} must be a positive number"
        | _ -> ()
        if not (device training.Device) then
            $"device \"{training.Device}\" is unknown; allowed are cpu, cuda and cuda:N"
        yield! atLeastOne "threads" training.Threads
        match training.Processes with
        | Some count when count < 1 -> yield! atLeastOne "processes" count
        | Some count when training.Batch % count <> 0 ->
            $"batch {training.Batch} does not divide evenly over processes {count}"
        | Some count when
            count > 1
            && training.Device.StartsWith("cuda:", System.StringComparison.Ordinal)
            ->
            $"device \"{training.Device}\" is one GPU for processes {count}: name \"cuda\", of which each process takes one"
        | _ -> ()
        yield! atLeastOne "log_every" training.LogEvery
        yield!
            training.EvaluateEvery
            |> Option.map (atLeastOne "evaluate_every")
            |> Option.defaultValue []
        yield! atLeastOne "checkpoint_every" training.CheckpointEvery
    ]

    /// Processes of a run.
    let processCount (training: TrainSettings) =
        training.Processes |> Option.defaultValue 1

    /// Processors that a run keeps busy.
    let processors (training: TrainSettings) =
        training.Threads * processCount training

    let private precisions = [ "fp32", Fp32; "bf16", Bf16 ]

    let precisionName precision =
        precisions |> List.find (fun (_, known) -> known = precision) |> fst

    let encode (training: TrainSettings) =
        Json.object [
            "steps", Some(Json.integer training.Steps)
            "batch", Some(Json.integer training.Batch)
            "micro_batch", Option.map Json.integer training.MicroBatch
            "learning_rate", Some(Json.number training.LearningRate)
            "lr_shape", Some(Schedule.encode training.LearningRateShape)
            "beta1", Some(Json.number (fst training.Betas))
            "beta2", Some(Json.number (snd training.Betas))
            "weight_decay", Some(Json.number training.WeightDecay)
            "clip_norm", Option.map Json.number training.ClipNorm
            "precision", Some(Json.text (precisionName training.Precision))
            "device", Some(Json.text training.Device)
            "threads", Some(Json.integer training.Threads)
            "processes", Option.map Json.integer training.Processes
            "log_every", Some(Json.integer training.LogEvery)
            "evaluate_every", Option.map Json.integer training.EvaluateEvery
            "checkpoint_every", Some(Json.integer training.CheckpointEvery)
        ]

    let decode (fields: JsonFields) =
        let training = {
            Steps = fields.Integer "steps"
            Batch = fields.Integer "batch"
            MicroBatch = fields.TryInteger "micro_batch"
            LearningRate = fields.Number "learning_rate"
            LearningRateShape = Schedule.decode (fields.Object "lr_shape")
            Betas = fields.Number "beta1", fields.Number "beta2"
            WeightDecay = fields.Number "weight_decay"
            ClipNorm = fields.TryNumber "clip_norm"
            Precision = fields.Choice("precision", precisions)
            Device = fields.Text "device"
            Threads = fields.Integer "threads"
            Processes = fields.TryInteger "processes"
            LogEvery = fields.Integer "log_every"
            EvaluateEvery = fields.TryInteger "evaluate_every"
            CheckpointEvery = fields.Integer "checkpoint_every"
        }

        fields.Done()
        training

    /// The core's options of a run with this seed.
    let toCore (seed: int) (training: TrainSettings) : Research.Training.TrainerOptions =
        let warmUp, shape =
            match training.LearningRateShape with
            | WarmUp(fraction, after) -> fraction, after
            | shape -> 0.0, shape

        Research.Training.TrainerOptions(
            Steps = int64 training.Steps,
            BatchSize = training.Batch,
            MicroBatch = Option.toNullable training.MicroBatch,
            Seed = uint64 seed,
            LearningRate = training.LearningRate,
            WarmupFraction = warmUp,
            LearningRateDecay = Schedule.toCore shape,
            WeightDecay = training.WeightDecay,
            Beta1 = fst training.Betas,
            Beta2 = snd training.Betas,
            GradientClip = Option.toNullable training.ClipNorm,
            Precision =
                (match training.Precision with
                 | Fp32 -> Research.Training.Precision.Fp32
                 | Bf16 -> Research.Training.Precision.Bf16),
            Device = training.Device,
            CheckpointEvery = int64 training.CheckpointEvery,
            LogEvery = int64 training.LogEvery,
            EvaluateEvery = int64 (training.EvaluateEvery |> Option.defaultValue 0),
            Threads = training.Threads
        )

/// The training's names in scripts: `train (steps 600 |> batch 256 |> adamW 1e-3)`.
[<AutoOpen>]
module TrainingKeywords =
    let private valid training =
        TrainSettings.problems training |> Mistake.failAny
        training

    /// The defaults with so many optimiser steps.
    let steps count =
        valid {
            TrainSettings.defaults with
                Steps = count
        }

    /// Another number of optimiser steps, in a patch: `adjust_train (for_steps 100)`.
    let for_steps count (training: TrainSettings) = valid { training with Steps = count }

    /// Pairs per step.
    let batch pairs (training: TrainSettings) = valid { training with Batch = pairs }

    /// Pairs encoded at a time: the same gradient in less memory, for a second forward pass. Batch norm, as in the stem of small images,
    /// takes its statistics over a micro-batch.
    let micro_batch pairs (training: TrainSettings) =
        valid {
            training with
                MicroBatch = Some pairs
        }

    /// AdamW with this peak learning rate.
    let adamW rate (training: TrainSettings) =
        valid { training with LearningRate = rate }

    /// The learning rate over training as a factor on its peak; by default `warm_up 0.1 (cosine 1 0)`.
    let lr_shape shape (training: TrainSettings) =
        valid {
            training with
                LearningRateShape = shape
        }

    /// AdamW's decay rates of the two moments.
    let betas first second (training: TrainSettings) =
        valid {
            training with
                Betas = (first, second)
        }

    /// AdamW's decoupled weight decay.
    let weight_decay decay (training: TrainSettings) =
        valid { training with WeightDecay = decay }

    /// Scale gradients down to at most this norm.
    let clip_norm norm (training: TrainSettings) =
        valid { training with ClipNorm = Some norm }

    /// Leave gradients as they are.
    let no_clipping (training: TrainSettings) = { training with ClipNorm = None }

    /// Fp32, or Bf16 for the products of the forward pass.
    let precision kind (training: TrainSettings) = { training with Precision = kind }

    /// "cpu", "cuda" or "cuda:N".
    let device name (training: TrainSettings) = valid { training with Device = name }

    /// Threads of the engine in one process.
    let threads count (training: TrainSettings) = valid { training with Threads = count }

    /// So many processes of one machine train the model together: each encodes its part of every batch, and every pair is contrasted with
    /// the whole batch. On "cuda" each has a GPU of its own. The result is that of one process up to rounding; only batch norm, as in the
    /// stem of small images, takes its statistics over a process's part.
    let processes count (training: TrainSettings) =
        valid {
            training with
                Processes = if count = 1 then None else Some count
        }

    /// A metrics line every so many steps.
    let log_every steps (training: TrainSettings) =
        valid { training with LogEvery = steps }

    /// Measure the validation split every so many steps, for curves such as "val.retrieval.r10".
    let evaluate_every steps (training: TrainSettings) =
        valid {
            training with
                EvaluateEvery = Some steps
        }

    /// A checkpoint every so many steps.
    let checkpoint_every steps (training: TrainSettings) =
        valid {
            training with
                CheckpointEvery = steps
        }
