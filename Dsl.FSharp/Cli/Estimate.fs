namespace Research

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes

/// How long one step of an experiment's shape takes, and what a run takes beside its steps.
type StepTime = {
    /// Seconds of a step.
    Step: float
    /// Seconds of loading and evaluation of a run.
    Overhead: float
    /// Where the figures come from, in words.
    Source: string
}

/// The time and the disk of runs that are to be made.
type Estimate = {
    Runs: int
    Steps: int64
    /// Wall-clock time on the given number of workers.
    Time: TimeSpan
    /// Bytes that checkpoints and logs take at most.
    Disk: int64
    /// Where the times come from, each once.
    Sources: string list
}

/// What a sweep will cost, before it starts: from the measured step times of earlier runs of the same shape, else from a short trial of each
/// shape, or, where even a slow core needs little time, from the number of operations.
[<RequireQualifiedAccess>]
module Estimate =
    /// What decides the time of a step, as text: equal shapes take equal times on one machine.
    let shape (experiment: Experiment) : string =
        let kind = (Objective.encode experiment.Objective)["kind"]
        let train = experiment.Train

        Json.object [
            "image", Some(Encoder.encode experiment.Image)
            "text", Some(Encoder.encode experiment.Text)
            "embed_dim", Option.map Json.integer experiment.EmbedDim
            "pixels", Some(Json.integer experiment.Data.Pixels)
            "context", Some(Json.integer experiment.Data.ContextLength)
            "full_vocabulary", Some(Json.boolean (experiment.Data.Vocabulary = Full))
            "objective", kind |> Option.ofObj |> Option.map _.DeepClone()
            "extra_passes", Some(Json.integer (Objective.extraPasses experiment.Objective))
            "batch", Some(Json.integer train.Batch)
            "micro_batch", Option.map Json.integer train.MicroBatch
            "precision", Some(Json.text (TrainSettings.precisionName train.Precision))
            "device", Some(Json.text train.Device)
            "threads", Some(Json.integer train.Threads)
        ]
        |> Json.canonical

    /// Rows of a compact vocabulary, which is known only once the captions are read.
    let private usualCompactVocabulary = 4000

    let private configOf (experiment: Experiment) =
        let vocabulary =
            match experiment.Data.Vocabulary with
            | Compact -> usualCompactVocabulary
            | Full -> 49408

        Model.config
            experiment.Image
            experiment.Text
            experiment.EmbedDim
            experiment.Data.Pixels
            experiment.Data.ContextLength
            vocabulary
            (vocabulary - 1)

    /// A core that does no more than this is slow.
    let private slowFlops = 1e10

    /// An upper bound of the time of a step, from its operations.
    let private byOperations (experiment: Experiment) : StepTime =
        let passes = 1.0 + float (Objective.extraPasses experiment.Objective) / 3.0

        {
            Step =
                passes * ModelSize.stepFlops (configOf experiment) experiment.Train.Batch
                / slowFlops
            Overhead = 5.0
            Source = "no earlier run of this shape; an upper bound from its operations at 10 GFLOP/s"
        }

    let private median (values: float list) =
        let sorted = List.sort values
        sorted[sorted.Length / 2]

    /// What a run's log and result say of its speed.
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

    /// The folders of earlier runs, newest first, in these results folders.
    let private earlier (resultFolders: string list) =
        resultFolders
        |> List.map Path.GetFullPath
        |> List.distinct
        |> List.filter Directory.Exists
        |> List.collect (fun folder ->
            Directory.GetFiles(
                folder,
                "metrics.jsonl",
                EnumerationOptions(MaxRecursionDepth = 3, RecurseSubdirectories = true)
            )
            |> List.ofArray)
        |> List.distinct
        |> List.sortByDescending File.GetLastWriteTimeUtc
        |> List.truncate 500
        |> List.choose (fun path -> Path.GetDirectoryName path |> Option.ofObj)

    /// At most so many runs tell the time of a shape.
    let private enough = 8

    /// Step times by shape from earlier runs on a machine of this kind. Damaged run folders are passed over.
    let measured (resultFolders: string list) (wanted: Set<string>) : Map<string, StepTime> =
        let found = Dictionary<string, (float * float) list>()

        for folder in earlier resultFolders do
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

    /// A trial that takes longer is stopped; the steps that it made tell the time.
    let private trialLimit = TimeSpan.FromSeconds 40.0

    /// Trains a few steps of each experiment in a folder that is deleted afterwards, `jobs` at a time, as the sweep will.
    let private trials
        (jobs: int)
        (fingerprint: Data -> string)
        (experiments: Experiment list)
        : Map<string, StepTime> =
        let root = Directory.CreateTempSubdirectory("research-trial-").FullName

        try
            let runs =
                experiments
                |> List.mapi (fun i experiment ->
                    let short = experiment |> adjust_train (for_steps trialSteps >> log_every 1)
                    let hash = ExperimentHash.compute (fingerprint short.Data) short
                    let folder = RunFolder.path root $"trial {i}" short.Seed hash

                    RunConfig.write
                        folder
                        {
                            Arm = $"trial {i}"
                            Axes = []
                            Seed = short.Seed
                            Hash = hash
                        }
                        (Experiment.encode short)

                    {
                        Folder = folder
                        Label = $"trial {i}"
                        Seed = short.Seed
                        Steps = int64 trialSteps
                        Hash = hash
                    })

            use limit = new Threading.CancellationTokenSource(trialLimit)
            let threads = string (experiments |> List.map _.Train.Threads |> List.max)

            Local.run
                {
                    LocalOptions.standard with
                        Jobs = min jobs runs.Length
                        Display = LocalDisplay.Quiet
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
                |> Option.map (fun (step, overhead) ->
                    shape experiment,
                    {
                        Step = step
                        Overhead = overhead
                        Source = $"measured in a trial of {trialSteps} steps"
                    }))
            |> Map.ofList
        finally
            Directory.Delete(root, true)

    /// Bytes of a checkpoint: weights and AdamW's two moments in fp32, and an average of the weights where the teacher is one.
    let private checkpoint (experiment: Experiment) =
        let copies = 3L + (if Objective.hasEma experiment.Objective then 1L else 0L)
        4L * copies * ModelSize.parameters (configOf experiment)

    /// Bytes of a finished run: the two checkpoints that are kept, and the log.
    let private bytes (experiment: Experiment) =
        let lines = int64 experiment.Train.Steps / int64 experiment.Train.LogEvery + 1L
        2L * checkpoint experiment + 400L * lines + 16384L

    let private total (jobs: int) (times: Experiment -> StepTime) (runs: (Experiment * int64) list) : Estimate =
        let seconds =
            runs
            |> List.map (fun (experiment, steps) ->
                let time = times experiment
                time.Overhead + time.Step * float steps)

        {
            Runs = runs.Length
            Steps = runs |> List.sumBy snd
            Time =
                match seconds with
                | [] -> TimeSpan.Zero
                | seconds ->
                    TimeSpan.FromSeconds(max (List.max seconds) (List.sum seconds / float (min jobs runs.Length)))
            Disk =
                // A checkpoint is written beside those that it replaces.
                (runs |> List.sumBy (fst >> bytes))
                + (runs
                   |> List.map (fst >> checkpoint)
                   |> List.sortDescending
                   |> List.truncate jobs
                   |> List.sum)
            Sources =
                runs
                |> List.map (fun (experiment, _) -> (times experiment).Source)
                |> List.distinct
        }

    /// So little is not worth a trial.
    let private worthATrial = TimeSpan.FromMinutes 3.0

    /// The cost of runs, each with the steps that are left of it. `mustMeasure` asks for a trial wherever no earlier run tells the time, as
    /// a budget does; otherwise a bound from the operations does where it is under three minutes.
    let make
        (resultFolders: string list)
        (fingerprint: Data -> string)
        (mustMeasure: bool)
        (jobs: int)
        (runs: (Experiment * int64) list)
        : Estimate =
        let shapes = runs |> List.map (fst >> shape) |> Set.ofList

        let known =
            if shapes.IsEmpty then
                Map.empty
            else
                measured resultFolders shapes

        let bound (experiment: Experiment) =
            known
            |> Map.tryFind (shape experiment)
            |> Option.defaultWith (fun () -> byOperations experiment)

        let rough = total jobs bound runs

        let unknown =
            runs
            |> List.map fst
            |> List.distinctBy shape
            |> List.filter (fun experiment -> not (known.ContainsKey(shape experiment)))

        if unknown.IsEmpty || (rough.Time < worthATrial && not mustMeasure) then
            rough
        else
            let tried = trials jobs fingerprint unknown

            let time (experiment: Experiment) =
                tried
                |> Map.tryFind (shape experiment)
                |> Option.defaultWith (fun () -> bound experiment)

            total jobs time runs

    /// A time as people say it.
    let words (time: TimeSpan) =
        if time.TotalSeconds < 90.0 then
            $"{time.TotalSeconds:F0} s"
        elif time.TotalMinutes < 90.0 then
            $"{time.TotalMinutes:F0} min"
        else
            $"{time.TotalHours:F1} h"

    /// Bytes as people say them.
    let size (bytes: int64) =
        if bytes < 1_000_000L then
            $"{max 1L (bytes / 1000L)} kB"
        elif bytes < 1_000_000_000L then
            $"{float bytes / 1e6:F0} MB"
        else
            $"{float bytes / 1e9:F1} GB"

    /// The estimate in one line.
    let describe (jobs: int) (estimate: Estimate) =
        let workers = if jobs = 1 then "one worker" else $"{jobs} workers"
        let sources = String.Join("; ", estimate.Sources)

        $"{estimate.Runs} runs to do, {estimate.Steps} steps on {workers}: about {words estimate.Time} ({sources}), {size estimate.Disk} of disk"

    /// What speaks against the start: more time than the budget, or more disk than there is.
    let problems (budget: TimeSpan option) (folder: string) (estimate: Estimate) : string list = [
        match budget with
        | Some budget when estimate.Time > budget ->
            let sources = String.Join("; ", estimate.Sources)

            $"budget: {estimate.Runs} runs would take about {words estimate.Time} ({sources}), more than the {words budget} allowed; raise the budget, or make fewer or shorter runs (--only, --seeds, steps)"
        | _ -> ()

        let free =
            let rec existing (folder: string) =
                if Directory.Exists folder then
                    folder
                else
                    match Path.GetDirectoryName folder with
                    | null
                    | "" -> "/"
                    | parent -> existing parent

            DriveInfo(existing (Path.GetFullPath folder)).AvailableFreeSpace

        if estimate.Runs > 0 && free < estimate.Disk then
            $"disk: the runs need about {size estimate.Disk}, but only {size free} are free in '{folder}'; free some, or choose another folder with --out"
    ]
