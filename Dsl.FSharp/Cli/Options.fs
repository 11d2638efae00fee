namespace Research

open System
open Argu

/// What a script's command line can say.
[<RequireQualifiedAccess>]
type CliArgument =
    | Dry_Run
    | Jobs of N: int
    | Seeds of N: int
    | Only of GLOB: string
    | Device of NAME: string
    | Out of FOLDER: string
    | Rerun
    | Report_Only
    | Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Dry_Run -> "print the runs and stop."
            | Jobs _ -> "worker processes side by side (default: cores over threads of a run)."
            | Seeds _ -> "repeat every arm with the seeds 1 to N instead of the script's."
            | Only _ ->
                "only the runs whose arm or folder matches, e.g. 'PSD*' or '*-s1-*'; the report still covers all."
            | Device _ -> "train on cpu, cuda or cuda:N instead of the script's device."
            | Out _ -> "results folder (default: results/<sweep> of the repository)."
            | Rerun -> "delete the runs, also finished ones, and make them again."
            | Report_Only -> "make the report from what is finished, without running."
            | Quiet -> "print errors only."

/// The command line of a script, read.
type CliOptions = {
    DryRun: bool
    Jobs: int option
    Seeds: int option
    Only: string option
    Device: string option
    Out: string option
    Rerun: bool
    ReportOnly: bool
    Quiet: bool
}

/// What the command line asks for.
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

    let private problem (options: CliOptions) =
        match options with
        | { Jobs = Some jobs } when jobs < 1 -> Some $"--jobs is {jobs}, but at least one worker is needed"
        | { Seeds = Some seeds } when seeds < 1 -> Some $"--seeds is {seeds}, but at least one seed is needed"
        | { Rerun = true; ReportOnly = true } -> Some "--rerun and --report-only exclude each other"
        | _ -> None

    /// No argument at all.
    let none = {
        DryRun = false
        Jobs = None
        Seeds = None
        Only = None
        Device = None
        Out = None
        Rerun = false
        ReportOnly = false
        Quiet = false
    }

    let private read (script: string) (arguments: string list) : CliRequest =
        let parser = ArgumentParser.Create<CliArgument>(programName = script)

        try
            let found = parser.Parse(Array.ofList arguments)

            let options = {
                DryRun = found.Contains CliArgument.Dry_Run
                Jobs = found.TryGetResult CliArgument.Jobs
                Seeds = found.TryGetResult CliArgument.Seeds
                Only = found.TryGetResult CliArgument.Only
                Device = found.TryGetResult CliArgument.Device
                Out = found.TryGetResult CliArgument.Out
                Rerun = found.Contains CliArgument.Rerun
                ReportOnly = found.Contains CliArgument.Report_Only
                Quiet = found.Contains CliArgument.Quiet
            }

            match problem options with
            | Some line -> CliRequest.Wrong line
            | None -> CliRequest.Run options
        with :? ArguParseException as error ->
            if error.ErrorCode = ErrorCode.HelpText then
                CliRequest.Help error.Message
            else
                CliRequest.Wrong $"{firstLine error.Message} (--help lists the options)"

    /// Reads the arguments after the script's name.
    let parse (script: string) (arguments: string list) : CliRequest =
        if arguments.IsEmpty then
            CliRequest.Run none // building Argu's parser takes a quarter of a second
        else
            read script arguments
