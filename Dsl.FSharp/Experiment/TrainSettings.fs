namespace Research.Language

/// The arithmetic of the forward pass. Weights, moments and losses are fp32 in both.
type Precision =
    | Fp32
    | Bf16

/// How the model is fitted.
type TrainSettings = {
    /// Optimiser steps; 0 measures the model as it starts.
    Steps: int
    /// Pairs per step.
    Batch: int
    /// Pairs encoded at a time, to bound the memory of activations; None encodes the whole batch at once.
    MicroBatch: int option
    /// The peak learning rate of AdamW.
    LearningRate: float
    /// The learning rate over training as a factor on its peak.
    LearningRateShape: Schedule
    /// AdamW's decay rate of the first moment.
    Beta1: float
    /// AdamW's decay rate of the second moment.
    Beta2: float
    /// AdamW's decoupled weight decay of matrices; biases, norms and the logit scale are never decayed.
    WeightDecay: float
    /// Whether weight decay applies to position embeddings too.
    DecayPositions: bool
    /// What AdamW adds to the root of the second moment.
    Epsilon: float
    /// Gradients are scaled down to at most this norm; None leaves them as they are.
    ClipNorm: float option
    /// What the logit scale 1 / tau is held above after every step; None for no lower limit.
    MinLogitScale: float option
    /// What the logit scale 1 / tau is held below after every step.
    MaxLogitScale: float
    /// How the image encoder is trained: locks and learning rates of its own.
    ImageTower: Tower
    /// How the text encoder is trained.
    TextTower: Tower
    Precision: Precision
    /// "cpu", "cuda" or "cuda:N".
    Device: string
    /// Threads of the engine in one process.
    Threads: int
    /// Processes of one machine that train the model together, each on its part of every batch.
    Processes: int
    /// Steps between two lines of metrics.
    LogEvery: int
    /// Steps between two measurements of the validation split, which go into the log; None measures only at the end. Training does not depend on it.
    EvaluateEvery: int option
    /// Steps between two checkpoints; training does not depend on it.
    CheckpointEvery: int
} with

    interface IHas<TrainSettings, TrainSettings> with
        member training.Change change = change training

    /// Processors that a run keeps busy.
    member training.Processors = training.Threads * training.Processes

[<RequireQualifiedAccess>]
module TrainSettings =
    /// 400 steps of 128 pairs; AdamW (.9, .98), peak 2e-3 with 10 % warm-up and cosine to 0, weight decay .1, epsilon 1e-8, clip 1, logit scale up to 100; fp32 on one CPU thread.
    let defaults = {
        Steps = 400
        Batch = 128
        MicroBatch = None
        LearningRate = 2e-3
        LearningRateShape = Schedule.Warmup(0.1, Schedule.Cosine(1.0, 0.0))
        Beta1 = 0.9
        Beta2 = 0.98
        WeightDecay = 0.1
        DecayPositions = false
        Epsilon = 1e-8
        ClipNorm = Some 1.0
        MinLogitScale = None
        MaxLogitScale = 100.0
        ImageTower = Tower.trained
        TextTower = Tower.trained
        Precision = Fp32
        Device = "cpu"
        Threads = 1
        Processes = 1
        LogEvery = 10
        EvaluateEvery = None
        CheckpointEvery = 100
    }

    let private isDevice (name: string) =
        name = "cpu"
        || name = "cuda"
        || name.StartsWith("cuda:", System.StringComparison.Ordinal)
           && name.Length > 5
           && Seq.forall System.Char.IsAsciiDigit name[5..]

    let private devices = {
        Value.text with
            Allowed = "cpu, cuda, cuda:N"
            Problems =
                fun key name ->
                    if isDevice name then
                        []
                    else
                        [ $"{key} \"{name}\" is unknown; allowed are cpu, cuda and cuda:N" ]
    }

    let private together (training: TrainSettings) = [
        match training.MicroBatch with
        | Some size when size > training.Batch ->
            $"micro_batch {size} must lie between 1 and the batch of {training.Batch}"
        | _ -> ()
        match training.MinLogitScale with
        | Some least when least > training.MaxLogitScale ->
            $"min_logit_scale {Words.number least} lies above max_logit_scale {Words.number training.MaxLogitScale}"
        | _ -> ()
        if training.Batch % training.Processes <> 0 then
            $"batch {training.Batch} does not divide evenly over processes {training.Processes}"
        elif
            training.Processes > 1
            && training.Device.StartsWith("cuda:", System.StringComparison.Ordinal)
        then
            $"device \"{training.Device}\" is one GPU for processes {training.Processes}: write \"cuda\", so that each process takes its own"
    ]

    let private setting key = Setting.make defaults key
    let private count = Value.whole 1 System.Int32.MaxValue
    let private positive = Value.number "(0, inf)"
    let private rate = Value.number "[0, 1)"
    let private precisions = Value.oneOf [ "fp32", Fp32; "bf16", Bf16 ]

    // A contrastive loss compares pairs.
    let private pairs = Value.whole 2 System.Int32.MaxValue

    let settings: Settings<TrainSettings> = {
        Defaults = defaults
        Together = together
        Items = [
            setting "steps" (Value.whole 0 System.Int32.MaxValue) _.Steps (fun v t -> { t with Steps = v })
            |> Setting.because "[O] under a minute on one core"
            setting "batch" pairs _.Batch (fun v t -> { t with Batch = v })
            |> Setting.unit "pairs"
            |> Setting.because "[O]"
            setting "micro_batch" (Value.optional "the batch" count) _.MicroBatch (fun v t -> { t with MicroBatch = v })
            |> Setting.unit "pairs"
            setting "learning_rate" positive _.LearningRate (fun v t -> { t with LearningRate = v })
            |> Setting.word "adamw"
            |> Setting.because "[O] learns on 32-pixel emoji"
            setting "lr_shape" (Schedule.value 0.0 1e6) _.LearningRateShape (fun v t -> {
                t with
                    LearningRateShape = v
            })
            |> Setting.because "[R] CLIP: warm-up, then cosine"
            setting "beta1" rate _.Beta1 (fun v t -> { t with Beta1 = v })
            |> Setting.word "betas"
            |> Setting.because "[R] CLIP"
            setting "beta2" rate _.Beta2 (fun v t -> { t with Beta2 = v })
            |> Setting.word "betas"
            |> Setting.because "[R] CLIP, ViT"
            setting "weight_decay" (Value.number "[0, inf)") _.WeightDecay (fun v t -> { t with WeightDecay = v })
            |> Setting.because "[O]"
            setting "decay_positions" Value.flag _.DecayPositions (fun v t -> { t with DecayPositions = v })
            |> Setting.because "[O] as biases and norms; open_clip decays them [R]"
            setting "epsilon" positive _.Epsilon (fun v t -> { t with Epsilon = v })
            |> Setting.because "[R] Adam; open_clip's too, but 1e-6 for its ViTs"
            setting "clip_norm" (Value.optional "none" positive) _.ClipNorm (fun v t -> { t with ClipNorm = v })
            |> Setting.because "[O]"
            setting "min_logit_scale" (Value.optional "none" positive) _.MinLogitScale (fun v t -> {
                t with
                    MinLogitScale = v
            })
            |> Setting.because "[O] no lower limit; open_clip's is 1 [R]"
            setting "max_logit_scale" positive _.MaxLogitScale (fun v t -> { t with MaxLogitScale = v })
            |> Setting.because "[R] CLIP; open_clip's too"
            Settings.part defaults "image_tower" Tower.settings _.ImageTower (fun v t -> { t with ImageTower = v })
            |> Setting.named
            Settings.part defaults "text_tower" Tower.settings _.TextTower (fun v t -> { t with TextTower = v })
            |> Setting.named
            setting "precision" precisions _.Precision (fun v t -> { t with Precision = v })
            |> Setting.because "[O] exact, and the fastest on CPUs without bf16"
            setting "device" devices _.Device (fun v t -> { t with Device = v })
            setting "threads" count _.Threads (fun v t -> { t with Threads = v })
            setting "processes" count _.Processes (fun v t -> { t with Processes = v })
            setting "log_every" count _.LogEvery (fun v t -> { t with LogEvery = v })
            |> Setting.unit "steps"
            setting "evaluate_every" (Value.optional "the end" count) _.EvaluateEvery (fun v t -> {
                t with
                    EvaluateEvery = v
            })
            |> Setting.unit "steps"
            setting "checkpoint_every" count _.CheckpointEvery (fun v t -> { t with CheckpointEvery = v })
            |> Setting.unit "steps"
            |> Setting.unhashed
        ]
    }

    let precisionName (precision: Precision) = precisions.Text precision

    /// The core's options of a run with this seed.
    let toCore (seed: int) (training: TrainSettings) : Research.Training.TrainerOptions =
        let warmUp, shape =
            match training.LearningRateShape with
            | :? Research.Schedules.WarmupSchedule as warmUp -> warmUp.Fraction, warmUp.After
            | shape -> 0.0, shape

        Research.Training.TrainerOptions(
            Steps = int64 training.Steps,
            BatchSize = training.Batch,
            MicroBatch = Option.toNullable training.MicroBatch,
            Seed = uint64 seed,
            LearningRate = training.LearningRate,
            WarmupFraction = warmUp,
            LearningRateDecay = shape,
            WeightDecay = training.WeightDecay,
            DecayPositions = training.DecayPositions,
            Epsilon = training.Epsilon,
            Image = Tower.toCore training.Steps training.ImageTower,
            Text = Tower.toCore training.Steps training.TextTower,
            MinimalLogitScale = Option.toNullable training.MinLogitScale,
            Beta1 = training.Beta1,
            Beta2 = training.Beta2,
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

namespace Research

open Research.Language

/// How the model is fitted: `train (steps 600 |> batch 256 |> adamw 1e-3)`. Each word is also a patch of an experiment.
[<AutoOpen>]
module TrainWords =
    let private set key value target =
        Part.change (Settings.set TrainSettings.settings key value) target

    /// Pairs per step, at least 2: `train (steps 500 |> batch 256)`.
    let batch (pairs: int) target = set "batch" pairs target

    /// Pairs encoded at a time: the same gradient in less memory, at the cost of a second forward pass. Batch norm, as in the stem for small images,
    /// takes its statistics over a micro-batch.
    /// `train (steps 500 |> batch 4096 |> micro_batch 256)`
    let micro_batch (pairs: int) target = set "micro_batch" (Some pairs) target

    /// AdamW with this peak learning rate: `adamw 2e-3`.
    let adamw (rate: float) target = set "learning_rate" rate target

    /// The learning rate over training as a factor on its peak: `lr_shape (warm_up 0.1 (cosine 1 0))`.
    let lr_shape (shape: Schedule) target = set "lr_shape" shape target

    /// AdamW's decay rates of the two moments: `betas 0.9 0.98`.
    let betas (first: float) (second: float) target =
        target |> set "beta1" first |> set "beta2" second

    /// AdamW's decoupled weight decay of matrices; biases, norms and the logit scale are never decayed: `train (steps 500 |> weight_decay 0.2)`.
    let weight_decay (decay: float) target = set "weight_decay" decay target

    /// Whether weight decay applies to position embeddings too, as in open_clip: `train (steps 500 |> decay_positions true)`.
    let decay_positions (decays: bool) target = set "decay_positions" decays target

    /// What AdamW adds to the root of the second moment: `train (steps 500 |> epsilon 1e-6)`, as open_clip has it for ViTs.
    let epsilon (value: float) target = set "epsilon" value target

    /// Hold the logit scale, 1 / tau, at this or above after every step, as open_clip does at 1: `train (steps 500 |> min_logit_scale 1.0)`.
    let min_logit_scale (least: float) target =
        set "min_logit_scale" (Some least) target

    /// Hold the logit scale, 1 / tau, at this or below after every step: `train (steps 500 |> max_logit_scale 100.0)`.
    let max_logit_scale (most: float) target = set "max_logit_scale" most target

    /// Scale gradients down to at most this norm: `train (steps 500 |> clip_norm 1.0)`.
    let clip_norm (norm: float) target = set "clip_norm" (Some norm) target

    /// Leave gradients as they are.
    let no_clipping target =
        set "clip_norm" (None: float option) target

    /// Train the image encoder otherwise than the text encoder; locked from trained weights it is LiT: `image_tower locked`.
    let image_tower (tower: Tower) target = set "image_tower" tower target

    /// Train the text encoder otherwise than the image encoder: `text_tower (locked |> unlocked_groups 1)`.
    let text_tower (tower: Tower) target = set "text_tower" tower target

    /// Exact arithmetic in 32 bits.
    let fp32 = Fp32

    /// The products of the forward pass in bfloat16; weights, moments and losses stay fp32.
    let bf16 = Bf16

    /// The arithmetic of the forward pass: fp32 or bf16.
    /// `train (steps 500 |> precision bf16)`
    let precision (kind: Precision) target = set "precision" kind target

    /// "cpu", "cuda" or "cuda:N".
    /// `train (steps 500 |> device "cuda")`
    let device (name: string) target = set "device" name target

    /// Threads of the engine in one process: `train (steps 500 |> threads 2)`.
    let threads (count: int) target = set "threads" count target

    /// This many processes on one machine train the model together: each encodes its part of every batch, and every pair is contrasted with
    /// the whole batch. On "cuda" each has a GPU of its own. The result is that of one process up to rounding; only batch norm, as in the
    /// stem for small images, takes its statistics over one process's part.
    /// `train (steps 500 |> processes 2)`
    let processes (count: int) target = set "processes" count target

    /// Steps between two lines of metrics: `train (steps 500 |> log_every 5)`.
    let log_every (steps: int) target = set "log_every" steps target

    /// Measure the validation split each time this many steps have passed, for curves such as validation.r10: `train (steps 500 |> evaluate_every 100)`.
    let evaluate_every (steps: int) target =
        set "evaluate_every" (Some steps) target

    /// Steps between two checkpoints; training does not depend on it: `train (steps 500 |> checkpoint_every 50)`.
    let checkpoint_every (steps: int) target = set "checkpoint_every" steps target
