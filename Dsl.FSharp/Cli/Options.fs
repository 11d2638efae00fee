namespace Research.Cli

open System
open Argu
open Research.Language
open Research.Runs

/// The options of a script's command line.
[<RequireQualifiedAccess>]
type CliArgument =
    | Dry_Run
    | Explain
    | List
    | Only of GLOB: string
    | Jobs of N: int
    | Device of NAME: string
    | Devices of NAMES: string
    | Seeds of SEEDS: string
    | Resume
    | Rerun
    | Rerun_Evaluation
    | Fail_Fast
    | Keep_Going
    | Slurm of PARTITION: string option
    | Detach
    | Time_Limit of HOURS: float
    | Sbatch of OPTION: string
    | Tensorboard
    | Report_Only
    | Budget of HOURS: float
    | Out of FOLDER: string
    | Quiet
    | Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Dry_Run -> "print the runs, the estimated time and the disk they need, and stop."
            | Explain ->
                "print every value of every arm with its source (default, preset, base, axis, patch), and stop."
            | List -> "print the runs, their states and folders, and stop."
            | Only _ ->
                "only the runs whose arm, or arm-sSEED-HASH, matches, e.g. 'PSD*' or '*-s1-*'; the report still covers all."
            | Jobs _ -> "worker processes in parallel (default: cores divided by a run's threads, or one per device)."
            | Device _ -> "train on cpu, cuda or cuda:N instead of the script's device."
            | Devices _ -> "assign these GPUs to the workers in turn, e.g. cuda:0,cuda:1."
            | Seeds _ ->
                "repeat every arm with the seeds 1 to N, or with a list such as 3,5,8, instead of the script's."
            | Resume -> "reuse finished runs and continue interrupted ones (the default)."
            | Rerun ->
                "delete the runs, even finished ones, and make them again; sweeps that share them get the new ones."
            | Rerun_Evaluation -> "evaluate finished runs again, from their checkpoints, without training."
            | Fail_Fast -> "stop the other runs, with checkpoints, as soon as one fails."
            | Keep_Going -> "finish all other runs when one fails (the default)."
            | Slurm _ -> "run as a Slurm job array, in this partition or the cluster's default one."
            | Detach -> "with --slurm: submit and exit; --report-only collects later."
            | Time_Limit _ ->
                "with --slurm: a task's time limit; a run that needs longer goes back into the queue and continues from its checkpoint."
            | Sbatch _ -> "with --slurm: a further sbatch option, without its dashes, e.g. account=physics; repeatable."
            | Tensorboard -> "also write TensorBoard event files, into each run's folder."
            | Report_Only -> "make the report from the finished runs, without running."
            | Budget _ -> "refuse to start when the estimated time exceeds this many hours."
            | Out _ ->
                "the sweep's folder (default: results/<sweep> of the repository); the runs go into the pool .runs beside it."
            | Quiet -> "print errors only."
            | Json -> "print the output as one JSON document on standard output."

/// A script's parsed command line.
type CliOptions = {
    DryRun: bool
    Explain: bool
    List: bool
    Only: string option
    Jobs: int option
    Device: string option
    /// Empty unless --devices was given.
    Devices: string list
    Seeds: int list option
    Rerun: bool
    RerunEvaluation: bool
    FailFast: bool
    /// Some None for --slurm without a partition.
    Slurm: string option option
    Detach: bool
    TimeLimit: TimeSpan option
    /// Further options of sbatch, without their dashes.
    Sbatch: string list
    TensorBoard: bool
    ReportOnly: bool
    Budget: TimeSpan option
    Out: string option
    Quiet: bool
    Json: bool
}

/// The request of a command line.
[<RequireQualifiedAccess>]
type CliRequest =
    | Run of CliOptions
    /// The text to print.
    | Help of string
    /// One line that says what is wrong.
    | Wrong of string

[<RequireQualifiedAccess>]
module CliOptions =
    let private firstLine (text: string) =
        let line = (text.Split '\n')[0] |> _.Trim()

        if line.StartsWith("ERROR: ", StringComparison.Ordinal) then
            line.Substring 7
        else
            line

    /// Pairs of options that contradict each other.
    let private exclusive (options: CliOptions) (keepGoing: bool) (resume: bool) = [
        if options.Rerun && options.ReportOnly then
            "--rerun and --report-only"
        if options.Rerun && resume then
            "--rerun and --resume"
        if options.Rerun && options.RerunEvaluation then
            "--rerun and --rerun-evaluation"
        if options.RerunEvaluation && options.ReportOnly then
            "--rerun-evaluation and --report-only"
        if options.FailFast && keepGoing then
            "--fail-fast and --keep-going"
        if options.Quiet && options.Json then
            "--quiet and --json"
        if options.Device.IsSome && not options.Devices.IsEmpty then
            "--device and --devices"
        if options.Slurm.IsSome && options.Jobs.IsSome then
            "--slurm and --jobs"
        if options.Slurm.IsSome && options.ReportOnly then
            "--slurm and --report-only"
    ]

    let private problem (options: CliOptions) keepGoing resume =
        match options with
        | { Jobs = Some jobs } when jobs < 1 -> Some $"--jobs is {jobs}, but must be at least 1"
        | { Seeds = Some [] } -> Some "--seeds is 0, but must be at least 1"
        | { Budget = Some budget } when budget <= TimeSpan.Zero -> Some "--budget must be a positive number of hours"
        | { Detach = true; Slurm = None } -> Some "--detach works only with --slurm"
        | { TimeLimit = Some _; Slurm = None } -> Some "--time-limit works only with --slurm"
        | { Sbatch = _ :: _; Slurm = None } -> Some "--sbatch works only with --slurm"
        | { TimeLimit = Some limit } when limit <= TimeSpan.Zero ->
            Some "--time-limit must be a positive number of hours"
        | _ ->
            exclusive options keepGoing resume
            |> List.tryHead
            |> Option.map (fun pair -> $"{pair} exclude each other")

    /// No arguments.
    let none = {
        DryRun = false
        Explain = false
        List = false
        Only = None
        Jobs = None
        Device = None
        Devices = []
        Seeds = None
        Rerun = false
        RerunEvaluation = false
        FailFast = false
        Slurm = None
        Detach = false
        TimeLimit = None
        Sbatch = []
        TensorBoard = false
        ReportOnly = false
        Budget = None
        Out = None
        Quiet = false
        Json = false
    }

    let private wrong line = raise (ArgumentException line)

    /// "3" means the seeds 1 to 3; "3," and "3,5,8" mean those seeds.
    let private seedsOf (text: string) =
        let whole (word: string) =
            match Int32.TryParse word with
            | true, seed when seed >= 0 -> seed
            | _ -> wrong $"--seeds is \"{text}\", but a number of seeds or a list such as 3,5,8 is expected"

        if text.Contains ',' then
            text.Split(',', StringSplitOptions.RemoveEmptyEntries)
            |> Array.map whole
            |> List.ofArray
        else
            [ 1 .. whole text ]

    let private namesOf (text: string) =
        match
            text.Split(',', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
            |> List.ofArray
        with
        | [] -> wrong "--devices is empty; a list such as cuda:0,cuda:1 is expected"
        | names -> names

    let private hoursOf (option: string) (hours: float) =
        if Double.IsFinite hours && hours < 1e6 then
            TimeSpan.FromHours hours
        else
            wrong $"{option} must be a positive number of hours"

    let private ofResults (found: ParseResults<CliArgument>) : CliOptions = {
        DryRun = found.Contains CliArgument.Dry_Run
        Explain = found.Contains CliArgument.Explain
        List = found.Contains CliArgument.List
        Only = found.TryGetResult CliArgument.Only
        Jobs = found.TryGetResult CliArgument.Jobs
        Device = found.TryGetResult CliArgument.Device
        Devices =
            found.TryGetResult CliArgument.Devices
            |> Option.map namesOf
            |> Option.defaultValue []
        Seeds = found.TryGetResult CliArgument.Seeds |> Option.map seedsOf
        Rerun = found.Contains CliArgument.Rerun
        RerunEvaluation = found.Contains CliArgument.Rerun_Evaluation
        FailFast = found.Contains CliArgument.Fail_Fast
        Slurm = found.TryGetResult CliArgument.Slurm
        Detach = found.Contains CliArgument.Detach
        TimeLimit = found.TryGetResult CliArgument.Time_Limit |> Option.map (hoursOf "--time-limit")
        Sbatch = found.GetResults CliArgument.Sbatch |> List.map _.TrimStart('-')
        TensorBoard = found.Contains CliArgument.Tensorboard
        ReportOnly = found.Contains CliArgument.Report_Only
        Budget = found.TryGetResult CliArgument.Budget |> Option.map (hoursOf "--budget")
        Out = found.TryGetResult CliArgument.Out
        Quiet = found.Contains CliArgument.Quiet
        Json = found.Contains CliArgument.Json
    }

    let private read (script: string) (arguments: string list) : CliRequest =
        let parser = ArgumentParser.Create<CliArgument>(programName = script)

        try
            let found = parser.Parse(Array.ofList arguments)
            let options = ofResults found

            match problem options (found.Contains CliArgument.Keep_Going) (found.Contains CliArgument.Resume) with
            | Some line -> CliRequest.Wrong line
            | None -> CliRequest.Run options
        with
        | :? ArguParseException as error ->
            if error.ErrorCode = ErrorCode.HelpText then
                CliRequest.Help error.Message
            else
                CliRequest.Wrong $"{firstLine error.Message} (--help lists the options)"
        | :? ArgumentException as error -> CliRequest.Wrong error.Message

    /// Reads the arguments after the script's name.
    let parse (script: string) (arguments: string list) : CliRequest =
        if arguments.IsEmpty then
            CliRequest.Run none // Argu's parser takes a quarter of a second to build
        else
            read script arguments
