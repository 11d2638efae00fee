[<Xunit.Collection("engine")>]
module Research.Tests.DamagedRunTests

open System
open System.IO
open Research
open Research.Runs
open Research.Worker
open Research.Launch
open Xunit

let private damage (path: string) (change: string -> string) =
    File.WriteAllText(path, change (File.ReadAllText path))

[<Fact>]
let ``a run whose files were damaged goes on from its checkpoint, and says what is lost`` () =
    use sweep =
        new TinySweep(1, fun train -> { train with Steps = 150 } |> log_every 5 |> checkpoint_every 20)

    let calm = (sweep.Runs(sweep.Folder "calm")).Head
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ calm ]).Head.Outcome)
    let wild = (sweep.Runs(sweep.Folder "wild")).Head

    let killed =
        Toolkit.worker wild.Folder (fun child step ->
            if step >= 70L && not child.HasExited then
                child.Kill())

    Assert.Equal(137, killed.Code)
    let half (text: string) = text.Substring(0, text.Length / 2)

    // A power cut: NULs behind the log, a bad sector within it, and the small files cut short.
    damage (RunFolder.metrics wild.Folder) (fun text ->
        let lines = text.Split '\n'
        lines[3] <- lines[3].Replace("train.loss", "train.\000oss").Replace("\"step\":15", "\"step\":#5")
        String.Join('\n', lines) + String('\000', 4096))

    damage (RunFolder.config wild.Folder) half
    damage (RunFolder.environment wild.Folder) half
    damage (RunFolder.state wild.Folder) half

    let again = (sweep.Runs(sweep.Folder "wild")).Head
    let result = (Local.run sweep.Options [ again ]).Head
    Assert.Equal(LaunchOutcome.Done, result.Outcome)
    Assert.Equal(File.ReadAllText(RunFolder.config calm.Folder), File.ReadAllText(RunFolder.config wild.Folder))
    Assert.Equal(Toolkit.finalMetrics calm.Folder, Toolkit.finalMetrics wild.Folder)
    let expected = Toolkit.metricLines calm.Folder
    Assert.Equal<string[]>(Array.append expected[..2] expected[4..], Toolkit.metricLines wild.Folder)
    Assert.Equal(None, snd (RunEnvironment.read wild.Folder))

    let notices = WorkerNotice.read wild.Folder
    Assert.Contains(notices, fun notice -> notice.EndsWith "so the curve has a hole between the steps 10 and 20")
    Assert.Contains(notices, fun notice -> notice.Contains "environment.json was damaged and is rewritten")
    Assert.Contains(notices, fun notice -> notice.Contains "continuing from the checkpoints: ")
    Assert.Equal(3, notices.Length)
    // One checkpoint is enough for a finished run.
    Assert.Single(Directory.GetDirectories(RunFolder.checkpoint wild.Folder))
    |> ignore

[<Fact>]
let ``a finished run whose final metrics are damaged is evaluated again, not trained`` () =
    use sweep =
        new TinySweep(1, fun train -> { train with Steps = 30 } |> log_every 5 |> checkpoint_every 10)

    let run = (sweep.Runs(sweep.Folder "out")).Head
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)

    let final, log =
        Toolkit.finalMetrics run.Folder, File.ReadAllText(RunFolder.metrics run.Folder)

    damage (RunFolder.final run.Folder) (fun text -> text.Substring(0, 60))
    Assert.Equal(LaunchOutcome.Done, (Local.run sweep.Options [ run ]).Head.Outcome)
    Assert.Equal(final, Toolkit.finalMetrics run.Folder)
    Assert.Equal(log, File.ReadAllText(RunFolder.metrics run.Folder))
