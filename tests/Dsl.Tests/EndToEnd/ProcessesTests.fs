namespace Research.Tests

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open Research
open Research.Language
open Research.Runs
open Research.Worker
open Research.Launch
open Xunit

/// The processes of this machine, by their parents.
module private Children =
    [<DllImport("libc")>]
    extern int kill(int pid, int signal)

    /// The field after the command's name, which may hold anything, is the state; then comes the parent.
    let private parentOf (stat: string) =
        int (stat.Substring(stat.LastIndexOf ')' + 2).Split ' ').[1]

    let of' (parent: int) : int list = [
        for folder in Directory.GetDirectories "/proc" do
            match Int32.TryParse(Path.GetFileName folder) with
            | true, pid ->
                let isChild =
                    try
                        parentOf (File.ReadAllText(Path.Combine(folder, "stat"))) = parent
                    with :? IOException ->
                        false // it has just ended

                if isChild then
                    pid
            | _ -> ()
    ]

    let lives (pid: int) =
        try
            use child = Process.GetProcessById pid
            not child.HasExited
        with :? ArgumentException ->
            false

/// Runs whose model several processes train together.
[<Collection("engine")>]
type ProcessesTests(shapes: ShapesFolder) =
    let study (change: Data -> Data) (training: TrainSettings) =
        SmallRuns.study shapes change training
        |> objective (psd |> soft_fraction (cosine 0 0.8) |> teacher (ema 0.9))

    let short = SmallRuns.short
    let planned = SmallRuns.planned shapes

    let longer = steps 150 |> batch 16 |> log_every 5 |> checkpoint_every 20

    interface IClassFixture<ShapesFolder>

    [<Fact>]
    member _.``several processes train as one does, on whatever data``() =
        for name, data in
            [
                "memory", augment [ random_crop 0.4; flip 0.5 ]
                "streamed", streamed >> augment [ flip 0.5 ]
            ] do
            let run processes =
                let folder =
                    planned $"{name}-{processes}" (study data (short |> TrainWords.processes processes))

                Toolkit.finished folder |> ignore
                folder

            let one = run 1

            for count in [ 2; 4 ] do
                let several = run count
                Assert.Equal(12, (Toolkit.losses several).Length)

                for expected, actual in List.zip (Toolkit.losses one) (Toolkit.losses several) do
                    Assert.Equal(expected, actual, 1e-4 * abs expected)

                let names folder =
                    (FinalMetrics.tryRead folder |> Option.get).Metrics.Keys |> List.ofSeq

                Assert.Equal<string list>(names one, names several)

    [<Fact>]
    member _.``a run of which a process or the worker is killed goes on exactly, and leaves no process``() =
        let experiment = study id (longer |> processes 2)
        let calm = planned "calm" experiment
        Toolkit.finished calm |> ignore
        let wild = planned "wild" experiment
        let mutable members = []

        let disturbed (harm: Process -> unit) least =
            let mutable harmed = false

            let ended =
                Toolkit.worker wild (fun child step ->
                    if step >= least && not harmed then
                        harmed <- true
                        members <- members @ Children.of' child.Id
                        harm child)

            Assert.True(harmed)
            Assert.False(File.Exists(RunFolder.final wild))
            ended

        let fallen =
            disturbed
                (fun child ->
                    for pid in Children.of' child.Id do
                        Children.kill (pid, 9) |> ignore)
                30L

        Assert.Equal(WorkerContract.memberCrashed, fallen.Code)
        Assert.Contains("process 1 of the run's 2 was killed by signal 9", List.last fallen.ErrorLines)
        Assert.Equal(RunStatus.Interrupted, (RunState.read wild).Status)

        Assert.Equal(137, (disturbed _.Kill() 60L).Code)

        let stopped =
            disturbed (fun child -> Children.kill (child.Id, int 15) |> ignore) 90L

        Assert.True((stopped.Code = WorkerContract.stopped), stopped.Errors)
        Assert.True(members.Length >= 3, $"{members.Length} members were seen")

        Assert.True(
            Waiting.until 20.0 (fun () -> not (List.exists Children.lives members)),
            "a member outlived its worker"
        )

        Toolkit.finished wild |> ignore
        Toolkit.sameBits calm wild

    [<Fact>]
    member _.``a launcher starts a run again of which a process was killed``() =
        let experiment = study id (longer |> processes 2)
        use corpus = Corpora.Corpus.Open shapes.Corpus
        let out = shapes.Scratch.File "launched"

        let runs =
            sweep "processes" experiment { seeds 1 }
            |> SweepPlan.make (fun _ -> corpus.Fingerprint)
            |> _.Runs
            |> List.map (PreparedRun.prepare out)

        let running =
            Threading.Tasks.Task.Run(fun () ->
                Local.run
                    {
                        LocalOptions.standard with
                            Command = fun folder -> [ "dotnet"; Toolkit.library; "worker"; "--run"; folder ]
                            Display = ProgressDisplay.Quiet
                    }
                    runs)

        let folder = runs.Head.Folder

        let underway () =
            MetricsLog.tryLast folder |> Option.exists (fun point -> point.Step >= 30L)

        Assert.True(Waiting.until 120.0 (fun () -> running.IsCompleted || underway ()))

        match RunLease.Owner folder with
        | Some owner ->
            for pid in Children.of' owner.Pid do
                Children.kill (pid, 9) |> ignore
        | None -> Assert.Fail "no worker has the run"

        let result = running.Result |> List.exactlyOne
        Assert.Equal(LaunchOutcome.Done, result.Outcome)
        Assert.Equal(2, result.Attempts)

    [<Fact>]
    member _.``what ends one process is what the run says``() =
        let folder =
            planned "diverging" (study id (short |> processes 2 |> adamw 1e30 |> no_clipping))

        let ended = Toolkit.worker folder (fun _ _ -> ())
        Assert.Equal(1, ended.Code)
        let last = List.last ended.ErrorLines
        Assert.Contains("Step ", last)
        Assert.DoesNotContain("lost rank", last)

    [<Fact>]
    member _.``a member that nobody started says so``() =
        let folder = planned "alone" (study id (short |> processes 2))

        let ended =
            Toolkit.dotnet [ Toolkit.library; "worker"; "--member"; folder ] (fun _ _ -> ())

        Assert.Equal(2, ended.Code)
        Assert.Contains("RANK and WORLD_SIZE are not set", ended.Errors)
