namespace Research.Estimates

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Research.Encoders
open Research.Language
open Research.Runs
open Research.Launch

/// The time of one step of an experiment's shape, and of a run besides its steps.
type StepTime = {
    /// Seconds of a step.
    Step: float
    /// Seconds of loading and evaluation per run.
    Overhead: float
    /// The source of the figures, in words.
    Source: string
}

/// The time of a step of an experiment: from the logs of earlier runs of the same shape, from a short trial, or from the number of operations.
[<RequireQualifiedAccess>]
module StepTimes =
    /// What determines the time of a step, as text: equal shapes take equal times on one machine.
    let shape (experiment: Experiment) : string =
        let kind = (Objective.encode experiment.Objective)["kind"]
        let train = experiment.Train

        Json.object [
            "image", Some(Settings.encode Encoder.settings experiment.Image)
            "text", Some(Settings.encode Encoder.settings experiment.Text)
            "embed_dim", Option.map Json.integer experiment.EmbedDim
            "pixels", Some(Json.integer experiment.Data.Pixels)
            "augmentation",
            (match experiment.Data.Augmentation |> List.map Augment.kind |> List.distinct with
             | [] -> None
             | parts -> parts |> List.sort |> List.map Json.text |> Json.array |> Some)
            "context", Some(Json.integer experiment.Data.ContextLength)
            "full_vocabulary", Some(Json.boolean (experiment.Data.Vocabulary = Full))
            "tokenizer", Option.map Json.text experiment.Data.Tokenizer
            "objective", kind |> Option.ofObj |> Option.map _.DeepClone()
            "extra_passes", Some(Json.integer (Objective.extraPasses experiment.Objective))
            "batch", Some(Json.integer train.Batch)
            "micro_batch", Option.map Json.integer train.MicroBatch
            "precision", Some(Json.text (TrainSettings.precisionName train.Precision))
            "device", Some(Json.text train.Device)
            "threads", Some(Json.integer train.Threads)
            "processes", Some(Json.integer train.Processes)
        ]
        |> Json.canonical

    /// Rows of a compact vocabulary, which is known only once the captions are read.
    let private usualCompactVocabulary = 4000

    let internal configOf (experiment: Experiment) =
        let vocabulary =
            match experiment.Data.Vocabulary with
            | Compact -> usualCompactVocabulary
            | Full -> 49408

        Experiment.modelConfig experiment vocabulary (vocabulary - 1)

    /// The speed of a slow core.
    let private slowFlops = 1e10

    /// An upper bound on the time of a step, from its operations.
    let byOperations (experiment: Experiment) : StepTime =
        let passes = 1.0 + float (Objective.extraPasses experiment.Objective) / 3.0

        {
            Step =
                passes * ModelSize.StepFlops(configOf experiment, experiment.Train.Batch)
                / slowFlops
            Overhead = 5.0
            Source = "no earlier run of this shape; an upper bound from its operations at 10 GFLOP/s"
        }

    let private median (values: float list) =
        let sorted = List.sort values
        sorted[sorted.Length / 2]

    /// A run's speed, from its log and result.
    let private measuredOf (folder: string) (batch: int) : (float * float) option =
        let speeds =
            MetricsLog.read folder
            |> List.choose (fun point -> Map.tryFind "images_per_second" point.Values)
            |> List.filter (fun speed -> speed > 0.0)

        match speeds with
        | [] -> None
        | speeds ->
            let step = float batch / median speeds

            let overhead =
                match FinalMetrics.tryRead folder with
                | Some final -> max 0.0 (final.Seconds - step * float final.Steps)
                | None -> 5.0

            Some(step, overhead)

    /// Processor and cores of the machine that a run was made on.
    let private machineOf (folder: string) =
        let path = RunFolder.environment folder

        if not (File.Exists path) then
            None
        else
            match JsonNode.Parse(File.ReadAllText path) with
            | :? JsonObject as fields ->
                match fields["machine"] with
                | :? JsonObject as machine -> Some(string machine["processor"], string machine["cores"])
                | _ -> None
            | _ -> None

    let private here =
        lazy (RunEnvironment.processor () |> Option.defaultValue "", string Environment.ProcessorCount)

    /// The folders of earlier runs, newest first, in these pools.
    let private earlier (pools: string list) =
        pools
        |> List.map Path.GetFullPath
        |> List.distinct
        |> List.filter Directory.Exists
        |> List.collect (Directory.GetDirectories >> List.ofArray)
        |> List.filter (RunFolder.metrics >> File.Exists)
        |> List.sortByDescending (RunFolder.metrics >> File.GetLastWriteTimeUtc)
        |> List.truncate 500

    /// The most runs used for the time of a shape.
    let private enough = 8

    /// Step times by shape from earlier runs on a machine of this kind. Damaged run folders are skipped.
    let measured (pools: string list) (wanted: Set<string>) : Map<string, StepTime> =
        let found = Dictionary<string, (float * float) list>()

        for folder in earlier pools do
            try
                let _, node = RunConfig.read folder
                let experiment = Experiment.decode (JsonFields(folder, node))
                let shape = shape experiment

                let known =
                    match found.TryGetValue shape with
                    | true, known -> known
                    | false, _ -> []

                if
                    wanted.Contains shape
                    && known.Length < enough
                    && machineOf folder = Some here.Value
                then
                    match measuredOf folder experiment.Train.Batch with
                    | Some time -> found[shape] <- time :: known
                    | None -> ()
            with
            | :? IOException
            | :? InvalidDataException
            | :? ArgumentException
            | :? System.Text.Json.JsonException
            | :? UnauthorizedAccessException -> ()

        found
        |> Seq.map (fun entry ->
            entry.Key,
            {
                Step = median (List.map fst entry.Value)
                Overhead = median (List.map snd entry.Value)
                Source = "measured in earlier runs of the same shape on this kind of machine"
            })
        |> Map.ofSeq

    /// Steps of a trial.
    let private trialSteps = 12

    /// A trial that takes longer is stopped; the time comes from the steps that it made.
    let private trialLimit = TimeSpan.FromSeconds 40.0

    let private ofTrial (step: float, overhead: float) = {
        Step = step
        Overhead = overhead
        Source = $"measured in a trial of {trialSteps} steps"
    }

    /// The measurements of these shapes from earlier trials on this machine.
    let remembered (cache: string) (shapes: Set<string>) : Map<string, StepTime> =
        shapes
        |> Seq.choose (fun shape -> TrialTimes.tryRead cache shape |> Option.map (fun time -> shape, ofTrial time))
        |> Map.ofSeq

    /// Trains a few steps of each experiment in a folder that is deleted afterwards, `jobs` at a time, as the sweep will, and stores the times
    /// in the cache folder.
    let trials
        (cache: string)
        (jobs: int)
        (fingerprint: Data -> string)
        (experiments: Experiment list)
        : Map<string, StepTime> =
        let root = TemporaryFolder.create "research-trial-"

        try
            let runs =
                experiments
                |> List.mapi (fun i experiment ->
                    let short = {
                        experiment with
                            Train = {
                                experiment.Train with
                                    Steps = trialSteps
                                    LogEvery = 1
                            }
                    }

                    let hash = ExperimentHash.compute (fingerprint short.Data) short
                    let folder = Path.Combine(root, $"trial-{i}")
                    RunConfig.write folder { Seed = short.Seed; Hash = hash } (Experiment.encode short)

                    {
                        Folder = folder
                        Label = $"trial {i}"
                        Seed = short.Seed
                        Steps = int64 trialSteps
                        Hash = hash
                        Promised = Research.Evaluation.Evaluation.promisedKeys short
                    })

            use limit = new Threading.CancellationTokenSource(trialLimit)
            let threads = string (experiments |> List.map _.Train.Threads |> List.max)

            Local.run
                {
                    LocalOptions.standard with
                        Jobs = min jobs runs.Length
                        Display = ProgressDisplay.Quiet
                        Retries = 0
                        Grace = TimeSpan.FromSeconds 2.0
                        Output = TextWriter.Null
                        Environment =
                            fun _ -> [
                                for name in [ "OMP_NUM_THREADS"; "OPENBLAS_NUM_THREADS"; "MKL_NUM_THREADS" ] do
                                    name, threads
                            ]
                        Stop = limit.Token
                }
                runs
            |> ignore

            List.zip experiments runs
            |> List.choose (fun (experiment, run) ->
                measuredOf run.Folder experiment.Train.Batch
                |> Option.map (fun time ->
                    let shape = shape experiment
                    TrialTimes.write cache shape time
                    shape, ofTrial time))
            |> Map.ofList
        finally
            Directory.Delete(root, true)
