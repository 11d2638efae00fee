namespace Research.Cli

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Worker
open Research.Launch
open Research.Reports
open Research.Estimates
open Research.Commands

/// The steps of a started script: check, plan, estimate, run, report.
[<RequireQualifiedAccess>]
module ScriptMain =
    /// The context of one start of a script.
    type private Start = {
        Options: CliOptions
        Study: Study
        Sweep: Sweep
        Out: string
        Fingerprint: Data -> string
    }

    let private printJson (node: Text.Json.Nodes.JsonNode) = printf "%s" (Json.render node)

    /// The later rungs of a halving are not planned yet: they are assumed to cost as much as the first, step for step.
    let private laterRungs (sweep: Sweep) (plan: SweepPlan) : (Experiment * int64) list =
        match sweep.Halving with
        | None -> []
        | Some halving ->
            let counts = Halving.counts halving plan.Arms.Length

            [
                for count, steps in List.zip counts.Tail halving.Rungs.Tail do
                    for seed in plan.Seeds do
                        for arm in List.truncate count plan.Arms do
                            let run = plan.Runs |> List.find (fun run -> run.Arm = arm && run.Seed = seed)

                            {
                                run.Experiment with
                                    Train = {
                                        run.Experiment.Train with
                                            Steps = steps
                                    }
                            },
                            int64 steps
            ]

    let private estimate (start: Start) plan runs jobs trials =
        let left = Launching.remaining start.Options start.Out runs

        let all =
            if left.IsEmpty then
                left
            else
                left @ laterRungs start.Sweep plan

        let pools = [ RunFolder.pool start.Out; RunFolder.poolOf (Repository.results "") ]

        let whole =
            Estimate.make Research.CacheFolder.Root pools start.Fingerprint trials jobs all

        {
            whole with
                Disk = max 0L (whole.Disk - Launching.bytesThere start.Options start.Out runs)
        }

    /// The records of the plans' started or published runs, in plan order, and notices about them.
    let private recordsOf (start: Start) (plans: SweepPlan list) =
        plans
        |> List.collect _.Runs
        |> List.map PlannedRun.identity
        |> SweepFolder.records start.Out start.Options.ReportOnly

    /// The workers' notices besides their results: each once, with the runs it concerns.
    let private showNotices out (runs: RunPlan list) =
        runs
        |> List.collect (fun run ->
            WorkerNotice.read (PlanView.folderOf out run)
            |> List.map (fun notice -> notice, run))
        |> List.groupBy fst
        |> List.iter (fun (notice, told) ->
            let runs =
                told |> List.map (fun (_, run) -> $"{run.Arm} seed {run.Seed}") |> Words.list

            printfn "notice: %s (%s)" notice runs)

    /// Reports on the last of these plans; the sweep's rows are those of all plans.
    let private reportOn (start: Start) (more: string list) (plans: SweepPlan list) =
        let silent = start.Options.Quiet || start.Options.Json
        let plan = plans.Head
        let records, notices = recordsOf start (List.rev plans)

        let isOfPlan (record: RunRecord) =
            plan.Runs
            |> List.exists (fun run -> run.Arm = record.Arm && run.Axes = record.Axes && run.Seed = record.Seed)

        let tell lines =
            if not start.Options.Quiet then
                for line in List.distinct lines do
                    eprintfn "notice: %s" line

        tell notices

        match records |> List.filter isOfPlan with
        | runs when runs |> List.forall (fun run -> run.State <> RunStatus.Done) ->
            eprintfn "no finished run of %s: nothing to report" (Repository.shown start.Out)
        | runs ->
            let written = Report.write silent start.Out start.Study plan runs
            let rows, damage = SweepFolder.write start.Out records
            tell damage

            let page =
                SweepPage.write start.Out start.Study (Report.table start.Study plan runs)

            if not silent then
                let folder = Repository.shown start.Out

                let names =
                    page :: written @ rows @ more
                    |> List.map (fun path -> Path.GetFileName path |> nonNull)

                printfn "written to %s: %s" folder (Words.list names)

    let private ended (result: LaunchResult) =
        match result.Outcome with
        | LaunchOutcome.Done
        | LaunchOutcome.Skipped
        | LaunchOutcome.Submitted _ -> true
        | LaunchOutcome.Failed _
        | LaunchOutcome.Stopped -> false

    /// Runs a plan and returns whether all went well.
    let private make (start: Start) (named: RunPlan list) (runs: RunPlan list) =
        let results =
            Launching.run start.Options start.Out named runs (StartChecks.jobs start.Options runs)

        if results |> List.exists (fun result -> result.Outcome = LaunchOutcome.Stopped) then
            eprintfn "stopped: the same command continues from the checkpoints"

        List.forall ended results

    /// Makes the runs and reports on them; `act` is false if only the report is wanted.
    let private carryOut (start: Start) (first: SweepPlan) (act: bool) : int =
        let options = start.Options
        let mutable good = true

        let plans, more =
            match start.Sweep.Halving with
            | Some halving ->
                let rungs =
                    Rungs.climb
                        start.Fingerprint
                        start.Sweep
                        halving
                        (fun plan -> fst (recordsOf start [ plan ]))
                        (fun (plans: SweepPlan list) ->
                            if act && good then
                                good <- make start (plans |> List.collect _.Runs) plans.Head.Runs)

                rungs |> List.map _.Plan, [ Rungs.write start.Out halving rungs ]
            | None ->
                let runs = StartChecks.chosen options first

                if act then
                    good <- make start first.Runs runs

                [ first ], []

        let last = plans.Head

        if not options.Detach then
            reportOn start more plans

        let code = if good then 0 else 1

        if options.Json then
            printJson (PlanView.results last start.Out last.Runs code)
        elif act && not options.Quiet then
            showNotices start.Out last.Runs

        code

    let private dryRun (start: Start) plan (runs: RunPlan list) jobs =
        let estimate = estimate start plan runs jobs Trials.Never

        if start.Options.Json then
            printJson (PlanView.plan plan start.Out runs (Some estimate))
        else
            PlanView.print start.Sweep plan start.Out runs

            for finding in StartChecks.findings plan do
                printfn "notice: %s" finding

            if estimate.Runs > 0 then
                printfn "%s" (Estimate.describe jobs estimate)

            for problem in
                Launching.problems start.Options start.Out runs
                @ Estimate.problems start.Sweep.Budget start.Out estimate do
                printfn "would not start: %s" problem

            printfn "%d runs on %d worker processes, results in %s" runs.Length jobs (Repository.shown start.Out)

        0

    let private begin' (start: Start) plan (runs: RunPlan list) jobs =
        RunFolder.ensureWritable (RunFolder.pool start.Out)
        RunFolder.ensureWritable start.Out

        let trials =
            if start.Sweep.Budget.IsSome then
                Trials.Always
            else
                Trials.WhereWorthIt

        let estimate = estimate start plan runs jobs trials

        Launching.problems start.Options start.Out runs
        @ Estimate.problems start.Sweep.Budget start.Out estimate
        |> UserError.failAny

        if not start.Options.Quiet then
            for finding in StartChecks.findings plan do
                eprintfn "notice: %s" finding

            if estimate.Runs > 0 then
                eprintfn "%s" (Estimate.describe jobs estimate)

        carryOut start plan true

    let private execute (options: CliOptions) (study: Study) : int =
        let sweep = StartChecks.overridden options study.Sweep
        Sweep.problems sweep |> UserError.failAny
        StartChecks.metrics study sweep

        if sweep.Halving.IsSome && options.Only.IsSome then
            UserError.fail "--only cannot be used with halving, which compares all arms"

        if sweep.Halving.IsSome && options.Detach then
            UserError.fail "--detach cannot be used with halving: the next rung starts when this one has ended"

        if options.Explain then
            if options.Json then
                printJson (PlanView.explanation sweep)
            else
                PlanView.explain sweep

            0
        else
            let silent = options.Quiet || options.Json

            let start = {
                Options = options
                Study = study
                Sweep = sweep
                Out =
                    match options.Out with
                    | Some folder -> Path.GetFullPath folder
                    | None -> Repository.results sweep.Name
                Fingerprint =
                    if options.ReportOnly then
                        CorpusPreparation.fingerprintHere
                    else
                        CorpusPreparation.fingerprint silent
            }

            let plan = SweepPlan.make start.Fingerprint sweep
            let runs = StartChecks.chosen options plan

            if options.List then
                if options.Json then
                    printJson (PlanView.plan plan start.Out runs None)
                else
                    PlanView.list start.Out runs

                0
            elif options.ReportOnly then
                carryOut start plan false
            else
                if options.Slurm.IsNone then
                    StartChecks.devices options plan // a cluster's nodes may have other devices than this machine

                StartChecks.data plan
                let jobs = StartChecks.jobs options runs

                if options.DryRun then
                    dryRun start plan runs jobs
                else
                    begin' start plan runs jobs

    /// Obeys the command line and returns the exit code: 0 all done, 1 a run failed or was stopped, 2 usage.
    /// `arguments` begin with the script's path, like `fsi.CommandLineArgs`.
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

namespace Research

open Research.Cli
open Research.Reports

/// The last line of a script: `|> main`.
[<AutoOpen>]
module MainWord =
    /// Obeys the command line and ends the process with its exit code.
    let main (study: Study) : 'result =
        Research.Language.Printed.guard true

        match Script.task () with
        | Some code -> exit code
        | None -> exit (ScriptMain.run (Script.arguments ()) study)
