namespace Research

open System
open System.Collections.Generic
open System.IO
open System.IO.Enumeration
open Research.Training

/// What a script does when it is started: prepare, plan, run, report.
[<RequireQualifiedAccess>]
module Cli =
    let private overridden (options: CliOptions) (sweep: Sweep) =
        let sweep =
            match options.Seeds with
            | Some count -> { sweep with Seeds = [ 1..count ] }
            | None -> sweep

        match options.Device with
        | Some name -> {
            sweep with
                Variations =
                    sweep.Variations
                    @ [ Variation.Patch($"--device {name}", adjust_train (device name)) ]
          }
        | None -> sweep

    let private folderOf out (run: RunPlan) =
        RunFolder.path out run.Arm run.Seed run.Hash

    let private chosen (options: CliOptions) out (plan: SweepPlan) =
        match options.Only with
        | None -> plan.Runs
        | Some glob ->
            let fits (text: string | null) =
                FileSystemName.MatchesSimpleExpression(glob, string text)

            let runs =
                plan.Runs
                |> List.filter (fun run -> fits run.Arm || fits (Path.GetFileName(folderOf out run)))

            if runs.IsEmpty then
                raise (ArgumentException $"--only {glob} fits no run; the arms are {Words.list plan.Arms}")

            runs

    /// What can be known only with the corpus: unknown sources, a batch larger than the training pairs.
    let private checkData (plan: SweepPlan) =
        let counts = Dictionary<Data, int>()

        for run in plan.Runs do
            let data = run.Experiment.Data

            let key = {
                Data.defaults with
                    Corpus = data.Corpus
                    Pixels = data.Pixels
                    Sources = data.Sources
                    Where = data.Where
            }

            if not (counts.ContainsKey key) then
                use corpus = Execute.openCorpus data
                counts.Add(key, (RunData.entries corpus data Corpora.Split.Train).Count)

            let batch = run.Experiment.Train.Batch

            if counts[key] < batch then
                raise (
                    ArgumentException
                        $"arm \"{run.Arm}\": batch {batch} is larger than the corpus: {counts[key]} training pairs of '{data.Corpus}' fit its sources and condition"
                )

    let private checkDevices (plan: SweepPlan) =
        for device in plan.Runs |> List.map _.Experiment.Train.Device |> List.distinct do
            if device <> "cpu" then
                Devices.Resolve device |> ignore

    let private jobsOf (options: CliOptions) (runs: RunPlan list) =
        let threads = runs |> List.map _.Experiment.Train.Threads |> List.max
        let fitting = max 1 (Environment.ProcessorCount / threads)
        options.Jobs |> Option.defaultValue (min fitting runs.Length)

    let private showPlan (sweep: Sweep) out (runs: RunPlan list) jobs =
        printfn "%s: %d arms x %d seeds" sweep.Name (Sweep.arms sweep).Length sweep.Seeds.Length

        for run in runs do
            let folder = folderOf out run

            let state =
                if RunStore.isFinished folder run.Hash then
                    "done"
                else
                    "to do"

            let train = run.Experiment.Train

            printfn
                "  %-6s %s, seed %d: %d steps of %d pairs  [%s]"
                state
                run.Arm
                run.Seed
                train.Steps
                train.Batch
                (Path.GetFileName folder)

        printfn "%d runs on %d worker processes, results in %s" runs.Length jobs (Repository.shown out)

    let private delete (folder: string) =
        match
            Directory.Exists folder,
            (if Directory.Exists folder then
                 RunLease.Owner folder
             else
                 None)
        with
        | true, Some owner ->
            raise (
                IOException
                    $"--rerun: '{Repository.shown folder}' is being run by process {owner.Pid} on {owner.Host}; stop it first"
            )
        | true, None -> Directory.Delete(folder, true)
        | false, _ -> ()

    let private launch (options: CliOptions) out (runs: RunPlan list) jobs =
        let local =
            runs
            |> List.map (fun run ->
                let folder = folderOf out run

                if options.Rerun then
                    delete folder

                if not (RunStore.isFinished folder run.Hash) then
                    RunConfig.write
                        folder
                        {
                            Arm = run.Arm
                            Axes = run.Axes
                            Seed = run.Seed
                            Hash = run.Hash
                        }
                        (Experiment.encode run.Experiment)

                {
                    Folder = folder
                    Label = run.Arm
                    Seed = run.Seed
                    Steps = int64 run.Experiment.Train.Steps
                    Hash = run.Hash
                })

        let threads = string (runs |> List.map _.Experiment.Train.Threads |> List.max)

        Local.run
            {
                LocalOptions.standard with
                    Jobs = jobs
                    Environment =
                        fun _ -> [
                            for name in [ "OMP_NUM_THREADS"; "OPENBLAS_NUM_THREADS"; "MKL_NUM_THREADS" ] do
                                name, threads
                        ]
                    Display =
                        if options.Quiet then
                            LocalDisplay.Quiet
                        else
                            LocalDisplay.Auto
            }
            local

    /// The plan's runs that were ever started, in the plan's order.
    let private started out (plan: SweepPlan) =
        plan.Runs
        |> List.map (folderOf out)
        |> List.filter (RunFolder.config >> File.Exists)
        |> List.map RunStore.read

    /// What workers said beside their results, each once with the runs that it concerns.
    let private showNotices out (runs: RunPlan list) =
        runs
        |> List.collect (fun run -> WorkerNotice.read (folderOf out run) |> List.map (fun notice -> notice, run))
        |> List.groupBy fst
        |> List.iter (fun (notice, told) ->
            let runs =
                told |> List.map (fun (_, run) -> $"{run.Arm} seed {run.Seed}") |> Words.list

            printfn "notice: %s (%s)" notice runs)

    let private reportOn (options: CliOptions) out study plan =
        match started out plan with
        | runs when runs |> List.forall (fun run -> run.State <> RunStatus.Done) ->
            eprintfn "no finished run in %s: nothing to report" (Repository.shown out)
        | runs ->
            let paths = Report.write options.Quiet out study plan runs

            if not options.Quiet then
                let folder = Repository.shown out
                let names = paths |> List.map (fun path -> Path.GetFileName path |> nonNull)
                printfn "written to %s: %s" folder (Words.list names)

    let private execute (options: CliOptions) (study: Study) : int =
        let sweep = overridden options study.Sweep
        Sweep.problems sweep |> Mistake.failAny

        let out =
            match options.Out with
            | Some folder -> Path.GetFullPath folder
            | None -> Repository.results sweep.Name

        if not options.DryRun then
            RunFolder.ensureWritable out

        let plan = SweepPlan.make (Preparation.fingerprint options.Quiet) sweep
        let runs = chosen options out plan
        let jobs = jobsOf options runs

        if options.ReportOnly then
            reportOn options out study plan
            0
        else
            checkDevices plan
            checkData plan

            if options.DryRun then
                showPlan sweep out runs jobs
                0
            else
                let results = launch options out runs jobs
                reportOn options out study plan

                if not options.Quiet then
                    showNotices out runs

                let ended (outcome: LocalOutcome) =
                    match outcome with
                    | LocalOutcome.Done
                    | LocalOutcome.Skipped -> true
                    | LocalOutcome.Failed _
                    | LocalOutcome.Stopped -> false

                if results |> List.exists (fun result -> result.Outcome = LocalOutcome.Stopped) then
                    eprintfn "stopped: the same command goes on from the checkpoints"

                if results |> List.forall (fun result -> ended result.Outcome) then
                    0
                else
                    1

    /// Does what the command line says and returns the exit code: 0 all done, 1 a run failed or was stopped, 2 usage.
    /// `arguments` are `fsi.CommandLineArgs`: the script's path first.
    let run (arguments: string[]) (study: Study) : int =
        let script =
            match arguments with
            | [||] -> "script"
            | arguments -> Path.GetFileName arguments[0] |> string

        let fail code (line: string) =
            eprintfn "%s: %s" script line
            code

        try
            match CliOptions.parse script (arguments |> List.ofArray |> List.skip (min 1 arguments.Length)) with
            | CliRequest.Help text ->
                printf "%s" text
                0
            | CliRequest.Wrong line -> fail 2 line
            | CliRequest.Run options -> execute options study
        with
        | :? ArgumentException
        | :? UnauthorizedAccessException
        | :? InvalidDataException
        | :? FileNotFoundException
        | :? DirectoryNotFoundException as error -> fail 2 (Words.message error)
        | error -> fail 1 (Words.message error)

/// The last line of a script: `|> main fsi.CommandLineArgs`.
[<AutoOpen>]
module MainKeyword =
    /// Does what the command line says and ends the process with its exit code.
    let main (arguments: string[]) (study: Study) : unit = exit (Cli.run arguments study)
