namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Launch

/// A sweep whose worker is a shell script; `$1` is the run folder.
type internal ScriptedSweep(script: string) =
    let scratch = new Scratch()

    let script =
        "set -u\nfinish() { printf '{\"metrics\":{\"m\":1},\"steps\":10,\"seconds\":1}' > \"$1/final.json\"; }\n"
        + script

    member val Output = new StringWriter()
    member _.Scratch = scratch

    member this.Options = {
        LocalOptions.standard with
            Command = fun folder -> [ "/bin/sh"; "-c"; script; "worker"; folder ]
            Display = ProgressDisplay.Plain
            Output = this.Output
            Grace = TimeSpan.FromSeconds 10.0
    }

    member _.Runs count = [
        for seed in 1..count ->
            let hash = $"0000000{seed}"

            {
                Folder = RunFolders.planned (scratch.File "sweep") "arm" seed hash
                Label = "arm"
                Seed = seed
                Steps = 10L
                Hash = hash
                Promised = []
            }
    ]

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()
