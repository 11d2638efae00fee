module Research.Tests.Generators

open FsCheck.FSharp
open Research
open Research.Language
open Research.Evaluation

let private number low high =
    Gen.choose (0, 1_000_000)
    |> Gen.map (fun i -> low + (high - low) * float i / 1e6)

let private unit = number 0.0 1.0

let private optional gen =
    Gen.oneof [ Gen.constant None; Gen.map Some gen ]

let schedule: FsCheck.Gen<Schedule> =
    let knots =
        gen {
            let! inner = Gen.listOfLength 2 (Gen.choose (1, 99))
            let! values = Gen.listOfLength 4 unit

            let places =
                inner |> List.distinct |> List.sort |> List.map (fun i -> float i / 100.0)

            return List.zip (0.0 :: places @ [ 1.0 ]) (List.take (places.Length + 2) values)
        }

    let simple =
        Gen.oneof [
            Gen.map constant unit
            Gen.map2 linear unit unit
            Gen.map2 cosine unit unit
            Gen.map step knots
            Gen.map piecewise knots
        ]

    Gen.oneof [ simple; Gen.map2 warm_up (number 0.0 0.99) simple ]

let private hnNce: FsCheck.Gen<HnNce> =
    gen {
        let! alpha = unit
        let! beta = number 0.0 4.0
        let! flows = Gen.elements [ true; false ]

        return {
            Alpha = alpha
            Beta = beta
            WeightGradient = flows
        }
    }

let objective =
    let psd =
        gen {
            let! soft = schedule

            let! teacher =
                Gen.oneof [
                    Gen.constant Shared
                    Gen.map2 (fun m w -> Ema(m, w)) (number 0.1 0.999) (Gen.elements [ true; false ])
                ]

            let! direction = Gen.elements [ Swapped; Plain; IntraModal ]
            let! ratio = number 0.1 0.9
            let! sampling = Gen.elements [ Joint; Separate ]
            let! negatives = Gen.elements [ WholeBatch; OwnSubset ]
            let! hard = optional hnNce

            return
                Objective.make Psd.kind {
                    SoftFraction = soft
                    Teacher = teacher
                    Direction = direction
                    TauRatio = ratio
                    Sampling = sampling
                    Negatives = negatives
                    HardNegatives = if negatives = OwnSubset then None else hard
                }
        }

    let blended =
        gen {
            let! blend = schedule
            let! momentum = number 0.1 0.999
            let! ratio = number 0.1 2.0

            return
                Objective.make MomentumDistillation.kind {
                    Blend = blend
                    Teacher = Ema(momentum, false)
                    TauRatio = ratio
                }
        }

    let plain =
        Gen.oneof [
            Gen.map (fun weight -> infonce |> label_smoothing weight) (number 0.0 0.9)
            psd
            Gen.map (Objective.make HnNce.kind) hnNce
            Gen.constant dcl
            Gen.map2 (fun a b -> cyclip |> in_modal a |> cross_modal b) unit unit
            Gen.map (fun bias -> siglip |> initial_bias bias) (number -20.0 0.0)
            Gen.map2
                (fun prior concentration -> debiased |> tau_plus prior |> beta concentration)
                (number 0.0 0.9)
                (number 0.0 3.0)
            blended
        ]

    let sum =
        Gen.map2 (fun weight part -> infonce |> plus weight part) (number 0.1 2.0) plain

    Gen.frequency [ 5, plain; 1, sum ]

let private augment: FsCheck.Gen<Augment list> =
    let crop =
        gen {
            let! least = number 0.01 1.0
            let! most = number least 1.0
            let! narrowest = number 0.25 1.0
            let! widest = number 1.0 4.0
            return Augment.Crop((least, most), (narrowest, widest))
        }

    let jitter =
        gen {
            let! brightness = unit
            let! contrast = unit
            let! saturation = number 0.0 2.0
            let! hue = number 0.0 0.5
            return Augment.ColourJitter(brightness, contrast, saturation, hue)
        }

    let stage =
        Gen.oneof [
            Gen.map Augment.Flip unit
            jitter
            Gen.map2
                (fun operations magnitude -> Augment.RandAugment(operations, magnitude))
                (Gen.choose (0, 4))
                (Gen.choose (0, 30))
            Gen.map Augment.Grey unit
        ]

    gen {
        let! crop = optional crop
        let! count = Gen.choose (0, 3)
        let! stages = Gen.listOfLength count stage
        return Option.toList crop @ stages
    }

let private data =
    gen {
        let! sources = Gen.subListOf [ "noto"; "twemoji"; "openmoji" ]
        let! condition = optional (Gen.constant "subgroup <> 'flag'")
        let! pixels = Gen.map ((*) 8) (Gen.choose (1, 8))

        let! augment = augment

        let! captions =
            Gen.oneof [
                Gen.elements [ Label; AllTags; AnyCaption ]
                Gen.map RandomTags (Gen.choose (0, 5))
            ]

        let! evaluation = Gen.elements [ Label; AllTags; EveryCaption ]
        let! shuffled = unit
        let! swapped = Gen.oneof [ Gen.constant 0.0; number 0.0 (1.0 - shuffled) ]

        let! boilerplate =
            Gen.oneof [ Gen.constant 0.0; number 0.0 (1.0 - shuffled - swapped) ]

        let! dropped =
            Gen.oneof [ Gen.constant 0.0; number 0.0 (1.0 - shuffled - swapped - boilerplate) ]

        let! part = Gen.oneof [ Gen.constant 1.0; number 0.01 0.99 ]
        let! context = Gen.choose (3, 77)
        let! tokenizer = Gen.elements [ None; Some(TokenizerFolder.path ()) ]
        let! vocabulary = Gen.elements [ Compact; Full ]
        let! streamed = Gen.elements [ false; true ]

        return {
            Corpus = "emoji"
            Sources = sources
            Where = condition
            Pixels = pixels
            Augmentation = augment
            Captions = captions
            EvaluationCaptions = evaluation
            ShuffledCaptions = shuffled
            SwappedCaptions = swapped
            BoilerplateCaptions = boilerplate
            DroppedCaptions = dropped
            Fraction = part
            ContextLength = context
            Vocabulary = vocabulary
            Tokenizer = tokenizer
            Streamed = streamed
        }
    }

let private training =
    gen {
        let! steps = Gen.choose (1, 100_000)
        let! batch = Gen.choose (2, 65_536)
        let! micro = optional (Gen.choose (1, batch))
        let! rate = number 1e-6 1.0
        let! shape = schedule
        let! first = number 0.0 0.99
        let! second = number 0.0 0.999
        let! decay = unit
        let! clip = optional (number 0.1 10.0)
        let! positions = Gen.elements [ false; true ]
        let! epsilon = number 1e-10 1e-3
        let! least = optional (number 0.5 14.0)
        let! most = number 15.0 200.0
        let! precision = Gen.elements [ Fp32; Bf16 ]
        let! device = Gen.elements [ "cpu"; "cuda"; "cuda:1" ]

        let! processes =
            [ 2..8 ]
            |> List.filter (fun count -> batch % count = 0 && device <> "cuda:1")
            |> List.append [ 1 ]
            |> Gen.elements

        let! threads = Gen.choose (1, 64)
        let! log = Gen.choose (1, 100)
        let! evaluation = optional (Gen.choose (1, 1000))
        let! checkpoint = Gen.choose (1, 1000)

        return {
            TrainSettings.defaults with
                Steps = steps
                Batch = batch
                MicroBatch = micro
                LearningRate = rate
                LearningRateShape = shape
                Beta1 = first
                Beta2 = second
                WeightDecay = decay
                DecayPositions = positions
                Epsilon = epsilon
                ClipNorm = clip
                MinLogitScale = least
                MaxLogitScale = most
                Precision = precision
                Device = device
                Threads = threads
                Processes = processes
                LogEvery = log
                EvaluateEvery = evaluation
                CheckpointEvery = checkpoint
        }
    }

/// Any experiment that the builders accept, with every optional part now present and now absent.
let anyExperiment =
    gen {
        let! name = Gen.elements [ "a"; "ü \"quoted\" \\ 名"; "" ]
        let! data = data
        let! width = optional (Gen.map ((*) 24) (Gen.choose (1, 8)))
        let! layers = optional (Gen.choose (1, 12))
        let! dim = optional (Gen.choose (1, 512))
        let! objective = objective
        let! training = training

        let! evaluate =
            Gen.elements [
                [ retrieval ]
                [ zero_shot subgroups; retrieval ]
                [ zero_shot groups; zero_shot subgroups ]
                [ retrieval_of_all; retrieval ]
            ]

        let! prompts =
            Gen.elements [ [ "{}" ]; [ "a photo of a {}" ]; [ "{}"; "a drawing of {}, \"large\"" ] ]

        let! splits = Gen.elements [ [ validation ]; [ validation; test ]; [ test ] ]
        let! seed = Gen.choose (0, 1_000_000)
        let basis = experiment { () }

        return {
            basis with
                Name = name
                Data = data
                Image = {
                    basis.Image with
                        Width = width
                        Layers = layers
                }
                Text = { basis.Text with Width = width }
                EmbedDim = dim
                Objective = objective
                Train = training
                Evaluate = evaluate
                Prompts = prompts
                EvaluateOn = splits
                Seed = seed
        }
    }
    // Such as a batch whose soft fraction leaves one row alone.
    |> Gen.filter (Experiment.problems >> List.isEmpty)
