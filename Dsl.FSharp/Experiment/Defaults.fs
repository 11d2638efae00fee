namespace Research

open Research.Evaluation

/// Why the defaults are what they are. The marks say whose choice it is: [P] the papers', [R] recalled from a paper and not re-read, [O] our own.
[<RequireQualifiedAccess>]
module Defaults =
    let private reasons =
        Map [
            "corpus.captions", "[O]"
            "corpus.augmentation", "pictures as they are"
            "corpus.shuffled_captions", "clean pairs"
            "corpus.swapped_captions", "clean pairs"
            "corpus.boilerplate_captions", "clean pairs"
            "corpus.dropped_captions", "clean pairs"
            "corpus.fraction", "all training pairs"
            "corpus.streamed", "in memory"
            "corpus.context_length", "[O] fits the longest emoji caption in use"
            "corpus.vocabulary", "[O] in a small run the full table would dominate"
            "corpus.evaluation_captions", "[O] nothing random in evaluation"
            "train.steps", "[O] under a minute on one core"
            "train.batch", "[O]"
            "train.learning_rate", "[O] learns on 32-pixel emoji"
            "train.lr_shape", "[R] CLIP: warm-up, then cosine"
            "train.beta1", "[R] CLIP"
            "train.beta2", "[R] CLIP, ViT"
            "train.weight_decay", "[O]"
            "train.clip_norm", "[O]"
            "train.precision", "[O] exact, and the fastest on CPUs without bf16"
            "objective.infonce.label_smoothing", "none [R] CLIP"
            "objective.psd.soft_fraction", "[O]; that it grows [P]"
            "objective.psd.teacher", "[P] the network itself"
            "objective.psd.direction", "[R]"
            "objective.psd.tau_ratio", "[O]"
            "objective.psd.sampling", "[O]"
            "objective.psd.negatives", "[O]"
            "objective.hn_nce.alpha", "[R]"
            "objective.hn_nce.beta", "[R]"
            "objective.hn_nce.weight_gradient", "[O]"
        ]

    /// The reason of the default at a path of the configuration, where one is recorded. Paths under `objective` carry the kind:
    /// `objective.psd.teacher`.
    let reason (path: string) : string option = Map.tryFind path reasons

    /// The experiment of which nothing is said.
    let experiment: Experiment = {
        Name = "experiment"
        Data = Data.defaults
        Image = Vit.tiny
        Text = Transformer.tiny
        EmbedDim = None
        Objective = InfoNce { LabelSmoothing = 0.0 }
        Train = TrainSettings.defaults
        Evaluate = [ retrieval; zero_shot subgroups ]
        Prompts = Experiment.plainPrompts
        EvaluateOn = [ validation; test ]
        Seed = 0
    }
