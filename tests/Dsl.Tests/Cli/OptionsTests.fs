module Research.Tests.OptionsTests

open System
open Xunit
open Research
open Research.Language
open Research.Cli

let private read (line: string) =
    match CliOptions.parse "x.fsx" (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray) with
    | CliRequest.Run options -> options
    | CliRequest.Wrong line -> failwith line
    | CliRequest.Help _ -> failwith "help"

let private wrong (line: string) =
    match CliOptions.parse "x.fsx" (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray) with
    | CliRequest.Wrong line -> line
    | other -> failwith $"{other}"

[<Fact>]
let ``no option is the default of each`` () =
    Assert.Equal(CliOptions.none, read "")
    Assert.Equal(CliOptions.none, read "--resume")
    Assert.Equal(CliOptions.none, read "--keep-going")

[<Fact>]
let ``every option is read`` () =
    let all =
        read
            "--dry-run --explain --list --only PSD* --jobs 3 --device cpu --seeds 4 --fail-fast --budget 1.5 --out x --json"

    Assert.True(all.DryRun && all.Explain && all.List && all.FailFast && all.Json)
    Assert.Equal(Some "PSD*", all.Only)
    Assert.Equal(Some 3, all.Jobs)
    Assert.Equal(Some [ 1; 2; 3; 4 ], all.Seeds)
    Assert.Equal(Some(TimeSpan.FromMinutes 90.0), all.Budget)
    Assert.Equal(Some "x", all.Out)
    Assert.Equal(Some [ 3; 5; 8 ], (read "--seeds 3,5,8").Seeds)
    Assert.Equal<string list>([ "cuda:0"; "cuda:1" ], (read "--devices cuda:0,cuda:1").Devices)
    Assert.Equal(Some None, (read "--slurm").Slurm)
    Assert.Equal(Some(Some "gpu"), (read "--slurm gpu --detach").Slurm)
    Assert.True((read "--slurm gpu --detach").Detach)
    Assert.True((read "--rerun").Rerun)
    Assert.True((read "--rerun-evaluation").RerunEvaluation)
    Assert.True((read "--report-only --quiet").ReportOnly)

[<Theory>]
[<InlineData("--jobs 0", "--jobs is 0")>]
[<InlineData("--seeds 0", "--seeds is 0")>]
[<InlineData("--seeds three", "--seeds is \"three\", but a number of seeds or a list such as 3,5,8 is expected")>]
[<InlineData("--rerun --report-only", "--rerun and --report-only exclude each other")>]
[<InlineData("--rerun --resume", "--rerun and --resume exclude each other")>]
[<InlineData("--rerun --rerun-evaluation", "--rerun and --rerun-evaluation exclude each other")>]
[<InlineData("--rerun-evaluation --report-only", "--rerun-evaluation and --report-only exclude each other")>]
[<InlineData("--fail-fast --keep-going", "--fail-fast and --keep-going exclude each other")>]
[<InlineData("--quiet --json", "--quiet and --json exclude each other")>]
[<InlineData("--detach", "--detach works only with --slurm")>]
[<InlineData("--budget -1", "--budget must be a positive number of hours")>]
[<InlineData("--device cpu --devices cuda:0", "--device and --devices exclude each other")>]
[<InlineData("--frobnicate", "unrecognized argument: '--frobnicate'. (--help lists the options)")>]
let ``a wrong command line is one line that names the option`` (line: string, expected: string) =
    Assert.StartsWith(expected, wrong line)
    Assert.DoesNotContain("\n", wrong line)
