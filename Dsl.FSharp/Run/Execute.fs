namespace Research.Runs

open Research
open Research.Language

open System
open System.Threading
open System.Threading.Tasks
open Research.Corpora
open Research.Encoders
open Research.Objectives
open Research.Text
open Research.Training
open Research.Engine
open Research.Evaluation

/// How a run ended.
[<RequireQualifiedAccess>]
type ExecuteOutcome =
    /// All steps are done; the final metrics.
    | Finished of steps: int64 * seconds: float * metrics: Map<string, float>
    /// Stopped on request after this many steps, with a checkpoint.
    | Stopped of steps: int64 * seconds: float

/// Turns an experiment into a trained and measured model.
[<RequireQualifiedAccess>]
module Execute =
    /// The metrics of a logged step under their names in metrics.jsonl.
    let stepMetrics (metrics: StepMetrics) : (string * float) list = [
        "train.loss", metrics.Loss
        "train.mean_loss", metrics.MeanLoss
        "train.learning_rate", metrics.LearningRate
        "train.logit_scale", metrics.LogitScale
        "train.gradient_norm", metrics.GradientNorm
        for diagnostic in metrics.Diagnostics |> Seq.sortBy _.Key do
            $"train.{diagnostic.Key}", diagnostic.Value
        "images_per_second", metrics.ImagesPerSecond
    ]

    // Whether captions are corrupted at random, so that a line with the number of each kind is useful; shuffled ones are exact in number.
    let private isMixed (data: Data) =
        data.SwappedCaptions > 0.0
        || data.BoilerplateCaptions > 0.0
        || data.DroppedCaptions > 0.0

    /// Training gives a notice when it waited for pictures for more than this share of its time.
    let private slow = 0.1

    // The training pairs: in memory, or streamed while the model trains.
    let private trainingData (experiment: Experiment) (corpus: Corpus) options notice : _ * ITrainingData =
        let data = experiment.Data

        if data.Streamed then
            let tokenizer = RunData.streamedTokenizer corpus data experiment.Seed

            let pairs =
                corpus.Stream(
                    Nullable Split.Train,
                    RunData.sources data,
                    Option.toObj data.Where,
                    RunData.streamedPart data experiment.Seed
                )

            RunData.remarkOnLength data tokenizer pairs notice

            tokenizer,
            new CorpusStreamData(
                corpus,
                data.Pixels,
                tokenizer,
                options,
                sources = RunData.sources data,
                where = Option.toObj data.Where,
                part = RunData.streamedPart data experiment.Seed
            )
        else
            let table = RunData.training corpus data experiment.Seed notice
            let tokenizer = RunData.tokenizer data table
            RunData.remarkOnLength data tokenizer table.Entries notice
            let training = CorpusTrainingData(table, tokenizer, options)

            if isMixed data then
                notice (string training.Captions)

            tokenizer, training

    // Builds the trainer with all its parts, and disposes of it after `work`.
    let private withTrainer
        (experiment: Experiment)
        (corpus: Corpus)
        (collective: ICollective)
        (notice: string -> unit)
        (work: Trainer -> DualEncoder -> ITokenizer -> ITrainingData -> 'result)
        : 'result =
        // The engine loads while the data do; its errors appear below.
        let engine = Task.Run(fun () -> NativeEngine.Require())
        let seed = uint64 experiment.Seed

        let options =
            CorpusTrainingOptions(
                BatchSize = experiment.Train.Batch,
                Seed = seed,
                Captions = Data.trainingCaptions experiment.Data,
                ContextLength = experiment.Data.ContextLength,
                Augmentation = Data.augmentation experiment.Data,
                Corruption = Data.corruption experiment.Data
            )

        let tokenizer, data = trainingData experiment corpus options notice

        use _ = {
            new IDisposable with
                member _.Dispose() =
                    match data with
                    | :? CorpusStreamData as streamed -> streamed.Dispose()
                    | _ -> ()
        }

        let config =
            Experiment.modelConfig experiment tokenizer.VocabularySize tokenizer.EndOfText

        engine.GetAwaiter().GetResult()
        let objective = Objective.toCore experiment.Objective
        use model = Trainer.Initialise(config, seed, objective)
        WarmStarts.apply experiment model tokenizer notice

        use teacher = Teachers.load experiment config

        use trainer =
            new Trainer(
                model,
                objective,
                data,
                TrainSettings.toCore experiment.Seed experiment.Train,
                teacher.Model,
                collective
            )

        work trainer model tokenizer data

    /// The final metrics on the experiment's held-out splits.
    let private measure experiment corpus tokenizer model notice onEvaluation = [
        for split in experiment.EvaluateOn do
            onEvaluation []
            let metrics = Evaluate.run experiment corpus tokenizer model split notice
            onEvaluation metrics
            yield! metrics
    ]

    /// Measures a model that is not trained: from its starting weights, or random ones.
    let private untrained (experiment: Experiment) (corpus: Corpus) notice onEvaluation =
        let clock = Diagnostics.Stopwatch.StartNew()
        let tokenizer = RunData.streamedTokenizer corpus experiment.Data experiment.Seed
        NativeEngine.Require()

        let config =
            Experiment.modelConfig experiment tokenizer.VocabularySize tokenizer.EndOfText

        use model = Trainer.Initialise(config, uint64 experiment.Seed)
        WarmStarts.apply experiment model tokenizer notice
        let measured = measure experiment corpus tokenizer model notice onEvaluation
        ExecuteOutcome.Finished(0L, clock.Elapsed.TotalSeconds, Map.ofList measured)

    /// Trains beside the process of rank 0, which evaluates and writes the files. Returns whether training reached its last step.
    let assist (experiment: Experiment) (corpus: Corpus) (checkpoints: string) collective (stop: CancellationToken) =
        experiment.Train.Steps = 0
        || withTrainer experiment corpus collective ignore (fun trainer _ _ _ ->
            trainer.Run(checkpoints, null, stop).Completed)

    /// Trains, resuming from the checkpoint folder, and evaluates on the experiment's held-out splits.
    /// `collective` connects the processes that train together, with this one as the first. `sink` receives training events;
    /// `onValidation` the step and the validation metrics during training; `onEvaluation` is called without metrics when the evaluation
    /// of a split begins, and with them when it ends.
    let run
        (experiment: Experiment)
        (corpus: Corpus)
        (checkpoints: string)
        (collective: ICollective)
        (sink: TrainingEvent -> unit)
        (onValidation: int64 -> (string * float) list -> unit)
        (onEvaluation: (string * float) list -> unit)
        (stop: CancellationToken)
        : ExecuteOutcome =
        let notice line = sink (TrainingNotice line)

        if experiment.Train.Steps = 0 then
            untrained experiment corpus notice onEvaluation
        else
            withTrainer experiment corpus collective notice
            <| fun trainer model tokenizer data ->
                let hear (event: TrainingEvent) =
                    match event with
                    | :? EvaluationDue as due ->
                        Evaluate.run experiment corpus tokenizer due.Model HeldOut.Validation notice
                        |> onValidation due.Step
                    | event -> sink event

                let trained = trainer.Run(checkpoints, Action<TrainingEvent> hear, stop)

                match data with
                | :? CorpusStreamData as streamed ->
                    notice streamed.Times

                    if isMixed experiment.Data then
                        notice streamed.WrongCaptions

                    if streamed.Skipped.Total > 0 then
                        notice $"pairs that could not be read were replaced: {streamed.Skipped}"
                | :? CorpusTrainingData as inMemory ->
                    match inMemory.AugmentationTimes with
                    | null -> ()
                    | times when inMemory.AugmentationWait.TotalSeconds > slow * trained.Seconds ->
                        notice $"{times} of {trained.Seconds:F1} s: more cores would help"
                    | times -> sink (TrainingRemark times)
                | _ -> ()

                if not trained.Completed then
                    ExecuteOutcome.Stopped(trained.Step, trained.Seconds)
                else
                    let clock = Diagnostics.Stopwatch.StartNew()

                    let measured = measure experiment corpus tokenizer model notice onEvaluation

                    ExecuteOutcome.Finished(
                        trained.Step,
                        trained.Seconds + clock.Elapsed.TotalSeconds,
                        Map.ofList (("train.loss", trained.MeanLoss) :: measured)
                    )
