namespace Research.Worker

open Research.Language

open System
open System.Globalization
open System.IO
open Research.Runs
open Research.Training
open Research.Training.Processes

/// A worker's notices besides its result, such as pictures that were left out: marked lines in the run's log.
[<RequireQualifiedAccess>]
module WorkerNotice =
    [<Literal>]
    let mark = "notice: "

    /// The notices in a run's log, each once.
    let read (folder: string) : string list =
        let path = RunFolder.log folder

        if File.Exists path then
            File.ReadLines path
            |> Seq.filter _.StartsWith(mark, StringComparison.Ordinal)
            |> Seq.map _.Substring(mark.Length)
            |> Seq.distinct
            |> List.ofSeq
        else
            []

/// The process that makes one run: `worker --run FOLDER`. Its contract with the launcher is `WorkerContract`.
[<RequireQualifiedAccess>]
module RunWorker =
    let private say (line: string) =
        // When the launcher dies the pipe closes; the parent watch then stops the run cleanly.
        try
            Console.Out.WriteLine line
            Console.Out.Flush()
        with :? IOException ->
            ()

    let private notice (line: string) = eprintfn "%s%s" WorkerNotice.mark line

    /// The seconds of earlier attempts that the checkpoint covers.
    module private Clock =
        let private path folder =
            Path.Combine(RunFolder.checkpoint folder, "seconds.txt")

        let read folder =
            match
                if File.Exists(path folder) then
                    Double.TryParse(File.ReadAllText(path folder), CultureInfo.InvariantCulture)
                else
                    false, 0.0
            with
            | true, seconds -> seconds
            | false, _ -> 0.0

        let write folder (seconds: float) =
            AtomicFile.write (path folder) (seconds.ToString("R", CultureInfo.InvariantCulture))

    let private engine (experiment: Experiment) =
        Research.Engine.EngineReport.Facts()
        |> Seq.map (fun fact -> fact.Key, fact.Value)
        |> Seq.append [
            "run device", experiment.Train.Device
            "run precision", TrainSettings.precisionName experiment.Train.Precision
        ]
        |> Map.ofSeq

    let private readConfig (folder: string) =
        let key, node = RunConfig.read folder
        let experiment = Experiment.decode (JsonFields(RunFolder.config folder, node))

        if key.Seed <> experiment.Seed then
            raise (
                InvalidDataException
                    $"{RunFolder.config folder}: \"seed\" is {key.Seed}, but the experiment's is {experiment.Seed}."
            )

        key, experiment

    let private work (folder: string) (experiment: Experiment) (corpus: Research.Corpora.Corpus) (lease: RunLease) =
        let stop, signals = StopSignals.workerToken ()
        use _ = signals
        let before = Clock.read folder
        let clock = Diagnostics.Stopwatch.StartNew()

        use board = new TensorBoard.OnRequest(folder)

        let sink (event: TrainingEvent) =
            match event with
            | :? TrainingStarted as started ->
                // Steps that an interrupted attempt logged after its last checkpoint are logged again.
                MetricsLog.truncate folder started.Step |> Option.iter notice

                snd (RunEnvironment.read folder)
                |> Option.iter (fun damage -> notice $"environment.json was damaged and is rewritten ({damage})")

                if
                    started.Step >= int64 experiment.Train.Steps
                    && File.Exists(RunFolder.environment folder)
                then
                    RunEnvironment.addEvaluation folder (engine experiment)
                else
                    RunEnvironment.write folder (engine experiment) experiment.Seed

                board.Start()
            | :? StepCompleted as completed ->
                let metrics = completed.Metrics
                let values = Execute.stepMetrics metrics
                MetricsLog.append folder metrics.Step values
                board.Add(metrics.Step, values)

                say (WorkerEvent.step metrics.Step (int64 experiment.Train.Steps) metrics.Loss metrics.ImagesPerSecond)
            | :? CheckpointWritten -> Clock.write folder (before + clock.Elapsed.TotalSeconds)
            | :? TrainingNotice as told -> notice told.Text
            | :? TrainingRemark as remark -> eprintfn "%s" remark.Text
            | _ -> ()

        let onValidation step metrics =
            MetricsLog.append folder step metrics
            board.Add(step, metrics)
            say (WorkerEvent.eval step metrics)

        let onEvaluation metrics =
            say (WorkerEvent.eval (int64 experiment.Train.Steps) metrics)

        let train () =
            use processes = RunProcesses.start folder experiment.Train stop

            try
                Execute.run
                    experiment
                    corpus
                    (RunFolder.checkpoint folder)
                    processes.Collective
                    sink
                    onValidation
                    onEvaluation
                    stop
                |> Ok
            with :? IOException as error ->
                match processes.Failure() with
                | Some(code, line) when code = 1 || code = 2 -> raise (InvalidOperationException(line, error))
                | Some(_, line) -> Error line
                | None -> reraise ()

        match
            try
                train ()
            with :? OperationCanceledException when stop.IsCancellationRequested ->
                Ok(ExecuteOutcome.Stopped(0L, 0.0)) // before all processes had met
        with
        | Error line ->
            eprintfn "%s" line
            lease.Finish RunStatus.Interrupted
            WorkerContract.memberCrashed
        | Ok(ExecuteOutcome.Finished(steps, _, metrics)) ->
            FinalMetrics.write folder {
                Metrics = metrics
                Steps = steps
                Seconds = before + clock.Elapsed.TotalSeconds
            }

            board.Add(steps, Map.toSeq metrics)
            RunStore.keepNewestCheckpoint folder
            lease.Finish RunStatus.Done
            say WorkerEvent.finished
            0
        | Ok(ExecuteOutcome.Stopped _) ->
            lease.Finish RunStatus.Interrupted
            WorkerContract.stopped

    /// The exit code of an error: 2 for a wrong configuration, 1 for anything else.
    let private codeOf (error: exn) =
        match error with
        | :? ArgumentException
        | :? InvalidDataException
        | :? DirectoryNotFoundException
        | :? FileNotFoundException -> 2
        | _ -> 1

    /// Prints the error that ends the worker and returns the exit code.
    let private fail code (error: exn) =
        eprintfn "%s" (Words.message error)
        code

    /// Records that the run failed. If even that cannot be written (a full disk), the first error is reported.
    let private giveUp (lease: RunLease) (error: exn) =
        try
            lease.Finish(RunStatus.Failed, Words.message error)
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()

    let private release (lease: RunLease) =
        try
            (lease :> IDisposable).Dispose()
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()

    let private workOn (folder: string) (key: RunKey) (experiment: Experiment) (lease: RunLease) =
        try
            match lease.Damage with
            | Some damage -> notice $"continuing from the checkpoints: {damage}"
            | None -> ()

            use corpus = RunData.openCorpus experiment.Data
            let hash = ExperimentHash.compute corpus.Fingerprint experiment

            if hash <> key.Hash then
                raise (
                    InvalidDataException
                        $"{RunFolder.config folder}: the hash does not match: the corpus '{experiment.Data.Corpus}' or the code changed since the run was planned. Start the script again."
                )

            work folder experiment corpus lease
        with error ->
            giveUp lease error
            fail (codeOf error) error

    /// Trains and evaluates a folder's run unless it is finished, and returns the exit code: 0 done, 1 failed, 2 bad configuration,
    /// 75 stopped with a checkpoint, 76 held by another process.
    let run (folder: string) : int =
        try
            let folder = Path.GetFullPath folder
            let key, experiment = readConfig folder
            RunFolder.ensureWritable folder

            let promised = Research.Evaluation.Evaluation.promisedKeys experiment

            if RunStore.isFinished folder key.Hash promised then
                0
            else
                match RunLease.TryAcquire folder with
                | Error message ->
                    eprintfn "%s" message
                    WorkerContract.held
                | Ok lease ->
                    try
                        if lease.WasDone && (RunStore.lacking folder promised).IsEmpty then // by another worker, since the check above
                            lease.Finish RunStatus.Done
                            0
                        else
                            workOn folder key experiment lease
                    finally
                        release lease
        with error ->
            fail (codeOf error) error

    // A further process of a run with several processes: `worker --member FOLDER`, started by the run's worker. The contract is `MemberProcess`'s.

    let private join stop =
        match ProcessGroupOptions.FromEnvironment(Nullable RunProcesses.patience) with
        | null ->
            raise (
                ArgumentException
                    "worker --member: RANK and WORLD_SIZE are not set: a run's worker starts its further processes itself."
            )
        | options -> ProcessGroup.Join(options, stop)

    /// Trains beside the run's worker and returns the exit code: 0 done, 1 failed, 2 bad configuration, 75 stopped.
    let runMember (folder: string) : int =
        try
            let folder = Path.GetFullPath folder
            let _, experiment = readConfig folder
            let stop, signals = StopSignals.workerToken ()
            use _ = signals

            try
                use group = join stop // first, so that rank 0 does not wait for the corpus to load
                use corpus = RunData.openCorpus experiment.Data

                if Execute.assist experiment corpus (RunFolder.checkpoint folder) group stop then
                    0
                else
                    WorkerContract.stopped
            with :? OperationCanceledException when stop.IsCancellationRequested ->
                WorkerContract.stopped
        with error ->
            fail (codeOf error) error
