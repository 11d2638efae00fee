[<Xunit.Collection("engine")>]
module Research.Tests.FullDiskTests

open System
open System.Diagnostics
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Xunit

/// A test that mounts a small file system of its own; skipped where this user may not.
[<AttributeUsage(AttributeTargets.Method)>]
type SmallDiskTheoryAttribute() as this =
    inherit TheoryAttribute()

    static let allowed =
        lazy
            (try
                use child =
                    Process.Start(
                        ProcessStartInfo(
                            "unshare",
                            [ "-Urm"; "mount"; "-t"; "tmpfs"; "none"; "/mnt" ],
                            RedirectStandardError = true
                        )
                    )
                    |> Unchecked.nonNull

                child.WaitForExit()
                child.ExitCode = 0
             with :? ComponentModel.Win32Exception ->
                 false)

    do
        if not allowed.Value then
            this.Skip <- "this user may not mount a file system of its own (unshare -Urm)"

[<SmallDiskTheory>]
[<InlineData("checkpoint")>]
[<InlineData(".")>]
let ``a full disk ends the run in one line, and the run goes on when there is room`` (place: string) =
    use sweep = new TinySweep(1, id)
    let run = (sweep.Runs(sweep.Folder "out")).Head

    // The folder, or its checkpoints, on a disk of 200 kB that only the worker sees.
    let script =
        """
        config=$(cat "$2/config.json")
        mkdir -p "$2/$3"
        mount -t tmpfs -o size=200k none "$2/$3"
        [ "$3" = . ] && printf '%s' "$config" > "$2/config.json"
        exec dotnet "$1" worker --run "$2" """

    let small = {
        sweep.Options with
            Command = fun folder -> [ "unshare"; "-Urm"; "sh"; "-c"; script; "sh"; Toolkit.library; folder; place ]
    }

    let result = (Local.run small [ run ]).Head

    match result.Outcome with
    | LaunchOutcome.Failed(1, error) ->
        Assert.Contains("No space left on device", error)
        Assert.Contains(run.Folder, error)
    | other -> failwith $"{other}"

    Assert.Equal(1, result.Attempts)
    Assert.Equal(RunStatus.Failed, (RunState.read run.Folder).Status)
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)
    let other = (sweep.Runs(sweep.Folder "undisturbed")).Head
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ other ]).Head.Outcome)
    Assert.Equal<string[]>(Toolkit.metricLines other.Folder, Toolkit.metricLines run.Folder)
    Assert.Equal(Toolkit.finalMetrics other.Folder, Toolkit.finalMetrics run.Folder)
