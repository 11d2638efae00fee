namespace Research.Evaluation

open TorchSharp
open Research
open Research.Language
open Research.Randomness
open Research.Evaluation.Probes

/// Probes on a few pictures of each class, from the prompts and from zero.
[<RequireQualifiedAccess>]
module FewShotEvaluation =
    /// Pictures of each class: every doubling up to 16, the k of CLIP's and DiHT's curves [R]. 0 is zero-shot, measured beside.
    let shots = [ 1; 2; 4; 8; 16 ]

    /// Draws of the shots, whose mean is the figure: the spread over the draws is then below that over seeds, which draw anew [O].
    let draws = 3

    /// Steps of projected gradient [O]: few, so that a run's fits take a minute. On the emoji's 95 subgroups 300 steps add about 1.5 points at
    /// k = 16, from the prompts and from zero alike, and none at k = 1 and 4.
    let private steps = 100

    /// delta as a part of ||W0||_F: half decades, from staying at the prompts to no ball [O].
    let private radii = [ 0.0; 0.1; 0.3; 1.0; infinity ]

    /// delta_b: no bias, or any [O].
    let private biasRadii = [| 0.0; infinity |]

    /// The pull's strength, times scale / C: with 1, what one shot alone can move its class's row by is 1, the row's length [O].
    let private pulls = [ 0.01; 0.1; 1.0 ]

    /// L-BFGS steps of a pulled fit [O].
    let private pulledSteps = 50

    /// What a method learns from: the shots, validation, the zero-shot classifier and the factor on products.
    type Lesson = {
        Shots: ProbeSet
        Validation: ProbeSet
        Start: torch.Tensor
        Scale: float
    }

    type Method = {
        Name: string
        Title: string
        About: string
        /// Whether it is zero-shot where there is no shot.
        FromPrompts: bool
        Fit: Lesson -> LinearClassifier
    }

    let private unbounded (start: torch.Tensor) (lesson: Lesson) =
        FewShotProbe.Fit(lesson.Shots, start, lesson.Scale, FewShotOptions(Steps = steps)).Classifier

    let private inBall (lesson: Lesson) =
        use norm = lesson.Start.norm ()
        let length = norm.ToDouble()

        FewShotProbe
            .Choose(
                lesson.Shots,
                lesson.Validation,
                lesson.Start,
                lesson.Scale,
                [| for radius in radii -> radius * length |],
                biasRadii,
                steps
            )
            .Classifier

    let private pulled (lesson: Lesson) =
        let unit = lesson.Scale / float lesson.Shots.Classes

        LogisticRegression
            .Choose(
                lesson.Shots,
                lesson.Validation,
                [| for pull in pulls -> pull * unit |],
                lesson.Start,
                lesson.Scale,
                pulledSteps,
                1e-4
            )
            .Classifier

    /// A new method is a line here, and one in the list of words below.
    let methods: Method list = [
        {
            Name = "prompt"
            Title = "from prompts, in a ball"
            About = "DiHT's probe, from the zero-shot classifier within a ball whose size validation chooses"
            FromPrompts = true
            Fit = inBall
        }
        {
            Name = "free"
            Title = "from prompts, free"
            About = "the same steps from the zero-shot classifier without the ball"
            FromPrompts = true
            Fit = fun lesson -> unbounded lesson.Start lesson
        }
        {
            Name = "pulled"
            Title = "from prompts, L2 pull"
            About = "logistic regression with an L2 pull to the zero-shot classifier, whose strength validation chooses"
            FromPrompts = true
            Fit = pulled
        }
        {
            Name = "zero"
            Title = "from zero"
            About = "the same steps from zero, without prompts and without a ball"
            FromPrompts = false
            Fit = fun lesson -> unbounded (torch.zeros_like lesson.Start) lesson
        }
    ]

    let private script (classes: Classes) = $"few_shot {classes.Word}"

    let private key (classes: Classes) rest =
        $"{HeldOut.Test.Prefix}.few_shot.{classes.Word}.{rest}"

    let private named (classes: Classes) rest title about =
        let prefix, kind =
            match classes with
            | Classes.Subgroups -> "test.few_shot", ""
            | Classes.Groups -> "test.few_shot.groups", "groups "

        Metric.create $"{prefix}.{rest}" (key classes rest) $"{kind}{title}" MetricUnit.Percent Better.Higher about

    /// Zero-shot over the probes' classes, those of the training pictures.
    let zeroShot (classes: Classes) : Metric =
        named
            classes
            "zero_shot"
            "0-shot top-1"
            "zero-shot top-1 over the classes of the training pictures, which the probes tell apart"

    /// A method's top-1 with k shots.
    let metric (classes: Classes) (probe: Method) (k: int) : Metric =
        named classes $"{probe.Name}.k{k}" $"{k}-shot top-1 {probe.Title}" $"{probe.About}; mean over {draws} draws"

    /// On test alone: validation chooses balls and pulls.
    let metrics (classes: Classes) (side: HeldOut) : Metric list =
        match side with
        | HeldOut.Validation -> []
        | HeldOut.Test -> [
            zeroShot classes
            for probe in methods do
                for k in shots do
                    metric classes probe k
          ]

    let private remarkOnShots (classes: Classes) (subject: Subject) (task: ProbeTask) =
        let most = List.max shots

        let fewer =
            task.Train.Labels
            |> Seq.countBy id
            |> Seq.filter (fun (_, count) -> count < most)
            |> Seq.length

        if fewer > 0 then
            subject.Notice
                $"{script classes}: {fewer} of {task.Classes.Length} classes have fewer than {most} training pictures and give all that they have"

    let private measure (classes: Classes) (subject: Subject) = [
        use _ = torch.NewDisposeScope()
        let task = ProbeTask.make (script classes) classes subject
        remarkOnShots classes subject task
        let start = ZeroShotEvaluation.classifier subject task.Classes

        let bias =
            torch.zeros ([| int64 task.Classes.Length |], dtype = torch.ScalarType.Float64, device = start.device)

        let zero =
            LinearClassifier(start.``to`` torch.ScalarType.Float64, bias, subject.Scale)

        (zeroShot classes).Key, (ProbeTask.measure task zero).Top1

        for k in shots do
            let drawn = [
                for draw in 1..draws do
                    let seed = Seed.Derive(uint64 subject.Seed, "few-shot draw", int64 draw)
                    task.Train.At(Shots.Draw(task.Train.Labels, k, seed))
            ]

            for probe in methods do
                let top1 =
                    drawn
                    |> List.averageBy (fun shots ->
                        use _ = torch.NewDisposeScope()

                        probe.Fit {
                            Shots = shots
                            Validation = task.Validation
                            Start = start
                            Scale = subject.Scale
                        }
                        |> ProbeTask.measure task
                        |> _.Top1)

                (metric classes probe k).Key, top1
    ]

    let evaluation (classes: Classes) : Evaluation = {
        Word = $"few_shot.{classes.Word}"
        Script = script classes
        About =
            let ks = shots |> List.map string |> Words.list

            $"probes on k = {ks} training pictures of each of the corpus's {classes.Word}: DiHT's from the prompts in a ball, from the prompts free or pulled to them, and from zero: top-1 on test, mean over {draws} draws"
        Version = 1
        Metrics = metrics classes
        LearnsFrom = ProbeTask.learnsFrom
        Obstacle = ZeroShotEvaluation.obstacle classes
        Measure = measure classes
    }

/// A method's top-1 over the shots of each class: `test.few_shot.prompt.k4`.
[<Sealed>]
type FewShotCurve internal (classes: Classes, name: string) =
    let probe = FewShotEvaluation.methods |> List.find (fun probe -> probe.Name = name)

    let metric k =
        FewShotEvaluation.metric classes probe k

    /// With one picture of each class.
    member _.k1 = metric 1

    /// With two pictures of each class.
    member _.k2 = metric 2

    /// With four pictures of each class.
    member _.k4 = metric 4

    /// With eight pictures of each class.
    member _.k8 = metric 8

    /// With sixteen pictures of each class.
    member _.k16 = metric 16

/// The figures of few-shot probes: `test.few_shot.groups.prompt.k4`.
type FewShotFigures internal (classes: Classes) =
    let curve name = FewShotCurve(classes, name)

    member internal _.Classes = classes

    /// Zero-shot top-1 over the same classes: k = 0.
    member _.zero_shot = FewShotEvaluation.zeroShot classes

    /// DiHT's probe: from the zero-shot classifier within a ball whose size validation chooses.
    member _.prompt = curve "prompt"

    /// From the zero-shot classifier without the ball.
    member _.free = curve "free"

    /// Logistic regression with an L2 pull to the zero-shot classifier.
    member _.pulled = curve "pulled"

    /// From zero, without prompts and without a ball.
    member _.zero = curve "zero"

/// The figures of few_shot subgroups, and behind `groups` those of few_shot groups.
[<Sealed>]
type FewShotWord internal () =
    inherit FewShotFigures(Classes.Subgroups)

    /// The figures of few_shot groups: `test.few_shot.groups.prompt.k4`.
    member _.groups = FewShotFigures Classes.Groups

namespace Research

open Research.Evaluation

/// Few-shot probes in scripts: `evaluate [ few_shot subgroups ]`, `table [ test.few_shot.prompt.k4 ]`, `k_curve test.few_shot`.
[<AutoOpen>]
module FewShotWords =
    /// Probes on 1, 2, 4, 8 and 16 training pictures of each subgroup or group: DiHT's from the prompts, its baselines from the prompts and from zero.
    let few_shot (classes: Classes) = FewShotEvaluation.evaluation classes

    type HeldOut with

        /// The figures of few_shot, on test: `test.few_shot.prompt.k4`.
        member side.few_shot =
            ProbeTask.refuse side "few_shot"
            FewShotWord()
