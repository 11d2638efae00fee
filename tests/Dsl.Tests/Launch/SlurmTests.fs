namespace Research.Tests

open System
open System.IO
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Xunit

/// The cluster of the tests below, started by the first that needs it.
type SharedCluster() =
    let cluster = lazy (new SlurmCluster())
    member _.Value = cluster.Value

    interface IDisposable with
        member _.Dispose() =
            if cluster.IsValueCreated then
                (cluster.Value :> IDisposable).Dispose()

[<Collection("engine")>]
type SlurmTests(cluster: SharedCluster) =
    /// Steps enough to come upon a task in the middle.
    let sweep () =
        new TinySweep(1, fun train -> { train with Steps = 240 } |> log_every 4 |> checkpoint_every 20)

    let inCluster (action: unit -> unit) =
        let before =
            cluster.Value.Environment
            |> List.map (fun (name, value) ->
                let before = Environment.GetEnvironmentVariable name
                Environment.SetEnvironmentVariable(name, value)
                name, before)

        try
            action ()
        finally
            for name, value in before do
                Environment.SetEnvironmentVariable(name, value)

    let call program arguments =
        cluster.Value.Call(program, arguments) |> ignore

    let output = new StringWriter()

    let options = {
        SlurmOptions.standard with
            Poll = TimeSpan.FromSeconds 0.5
            Display = ProgressDisplay.Plain
            Output = output
    }

    let lastStep (run: PreparedRun) =
        MetricsLog.tryLast run.Folder |> Option.map _.Step |> Option.defaultValue 0L

    /// Waits until so many of the runs are in the midst of their training.
    let underway count (runs: PreparedRun list) (running: Task) =
        let midst () =
            runs |> List.filter (fun run -> lastStep run >= 24L) |> List.length

        Assert.True(Waiting.until 120.0 (fun () -> running.IsCompleted || midst () >= count), output.ToString())
        Assert.False(running.IsCompleted, output.ToString())

    let jobsOf folder =
        Directory.GetDirectories(SlurmIndex.jobs folder)

    let outcomes (results: LaunchResult list) = results |> List.map _.Outcome

    interface IClassFixture<SharedCluster>

    [<SlurmFact>]
    member _.``a job array whose task is preempted gives the table of local workers``() =
        use sweep = sweep ()
        let local = sweep.Folder "local"
        let slurm = sweep.Folder "slurm"
        let expected = Local.run sweep.Options (sweep.Runs local)
        Assert.All(expected, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))

        inCluster (fun () ->
            let runs = sweep.Runs slurm
            let running = Task.Run(fun () -> Slurm.run options slurm runs)
            underway 2 runs running
            call "sbatch" [ "--partition=high"; "--ntasks=1"; "--output=/dev/null"; "--wrap=sleep 1" ]
            let results = running.Result
            Assert.True(results |> List.forall (fun result -> result.Outcome = LaunchOutcome.Done), output.ToString())
            let attempts = runs |> List.map (fun run -> (RunState.read run.Folder).Attempts)
            Assert.Equal<int list>([ 1; 1; 2 ], List.sort attempts)

            for before, after in List.zip expected results do
                Assert.Equal<string[]>(Toolkit.metricLines before.Run.Folder, Toolkit.metricLines after.Run.Folder)
                Assert.Equal(Toolkit.finalMetrics before.Run.Folder, Toolkit.finalMetrics after.Run.Folder)

            Assert.Equal(sweep.Table local, sweep.Table slurm)

            // Again: nothing is submitted.
            let again = Slurm.run options slurm (sweep.Runs slurm)
            Assert.All(again, fun result -> Assert.Equal(LaunchOutcome.Skipped, result.Outcome))
            Assert.Single(jobsOf slurm) |> ignore)

    [<SlurmFact>]
    member _.``runs of two processes go through the queue and give what local workers give``() =
        use sweep = new TinySweep(1, processes 2)
        let local = sweep.Folder "local"
        let slurm = sweep.Folder "slurm"

        let expected =
            Local.run { sweep.Options with Jobs = 1 } (sweep.Runs local |> List.truncate 2)

        Assert.All(expected, fun result -> Assert.Equal(LaunchOutcome.Done, result.Outcome))

        inCluster (fun () ->
            let results =
                Slurm.run { options with Processes = 2 } slurm (sweep.Runs slurm |> List.truncate 2)

            Assert.True(results |> List.forall (fun result -> result.Outcome = LaunchOutcome.Done), output.ToString())

            for before, after in List.zip expected results do
                Assert.Equal<string[]>(Toolkit.metricLines before.Run.Folder, Toolkit.metricLines after.Run.Folder)
                Assert.Equal(Toolkit.finalMetrics before.Run.Folder, Toolkit.finalMetrics after.Run.Folder))

    [<SlurmFact>]
    member _.``a detached job is waited for and not submitted again, and goes on after its time limit's warning``() =
        use sweep = sweep ()
        let folder = sweep.Folder "detached"

        inCluster (fun () ->
            let runs = sweep.Runs folder |> List.truncate 1

            let job =
                match Slurm.run { options with Detach = true } folder runs |> outcomes with
                | [ LaunchOutcome.Submitted job ] -> job
                | other -> failwith $"{other}"

            let running = Task.Run(fun () -> Slurm.run options folder runs)
            underway 1 runs running
            // What Slurm sends before a limit; to wait for a real one would take a minute.
            call "scancel" [ "--signal=USR1"; $"{job}_0" ]
            Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Done ], outcomes running.Result)
            Assert.Single(jobsOf folder) |> ignore
            Assert.Equal(2, (RunState.read runs.Head.Folder).Attempts)

            Assert.Equal<int64 list>(1L :: [ 4L..4L..240L ], MetricsLog.read runs.Head.Folder |> List.map _.Step))

    [<SlurmFact>]
    member _.``a cancelled task stops with a checkpoint and stays out of the queue, until the next start``() =
        use sweep = sweep ()
        let folder = sweep.Folder "cancelled"

        inCluster (fun () ->
            let runs = sweep.Runs folder |> List.truncate 1
            let running = Task.Run(fun () -> Slurm.run options folder runs)
            underway 1 runs running
            call "scancel" [ "--name"; jobsOf folder |> Array.exactlyOne |> Path.GetFileName |> string ]
            Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Stopped ], outcomes running.Result)
            Assert.Equal(RunStatus.Interrupted, (RunState.read runs.Head.Folder).Status)
            Assert.Equal<LaunchOutcome list>([ LaunchOutcome.Done ], Slurm.run options folder runs |> outcomes)
            Assert.Equal(2, (jobsOf folder).Length))

    [<SlurmFact>]
    member _.``halving's rungs are a job array each, and keep the arms that local workers keep``() =
        use scratch = new Scratch()
        let shapes = scratch.File "shapes"
        Shapes.build shapes

        let body =
            $"""
sweep "tournament" (experiment {{
        corpus (corpus_in "{shapes}" |> pixels 16 |> context_length 8)
        image (Vit.tiny |> width 24 |> layers 1)
        text (Transformer.tiny |> width 24 |> layers 1)
        embed_dim 16
        train (steps 4 |> batch 16)
    }}) {{
    axis "rate" [ 1e-4; 1e-3; 1e-2 ] adamw
    halving [ 4; 8 ] 0.34 validation.r10
}}
|> report [ table [ test.r10 ] ]
|> main"""

        let halved name (arguments: string list) =
            let out = Path.Combine(scratch.File name, "tournament")

            let ended =
                Toolkit.script scratch.Folder body ([ "--quiet"; "--out"; out ] @ arguments)

            Assert.True((ended.Code = 0), ended.Errors)
            out, File.ReadAllText(Path.Combine(out, "halving.csv")), File.ReadAllText(Path.Combine(out, "table.csv"))

        let _, rungs, table = halved "local" [ "--jobs"; "2" ]

        inCluster (fun () ->
            let out, rungsThere, tableThere = halved "slurm" [ "--slurm" ]
            Assert.Equal(rungs, rungsThere)
            Assert.Equal(table, tableThere)
            Assert.Equal(2, (jobsOf out).Length)
            Assert.Equal(3 + 2, (SweepFolder.list out).Length))

    [<SlurmFact>]
    member _.``a run that fails and a job that is refused say why``() =
        use sweep = sweep ()
        let folder = sweep.Folder "failing"

        inCluster (fun () ->
            let run = (sweep.Runs folder).Head
            let config = RunFolder.config run.Folder
            File.WriteAllText(config, (File.ReadAllText config).Replace("\"batch\": 16", "\"batch\": 17"))

            match Slurm.run options folder [ run ] |> outcomes with
            | [ LaunchOutcome.Failed(1, error) ] -> Assert.Contains("the hash does not match", error)
            | other -> failwith $"{other}"

            Assert.Contains("the hash does not match", File.ReadAllText(RunFolder.log run.Folder))

            let refused =
                Assert.Throws<InvalidOperationException>(fun () ->
                    Slurm.run
                        {
                            options with
                                Partition = Some "nowhere; touch x"
                        }
                        folder
                        (sweep.Runs folder)
                    |> ignore)

            Assert.StartsWith("--slurm: ", refused.Message)
            Assert.Contains("nvalid partition", refused.Message))

    [<Fact>]
    member _.``names pass to sbatch whole, however odd``() =
        let arguments =
            SlurmCommand.submission
                {
                    options with
                        Partition = Some "a b;c"
                        TimeLimit = Some(TimeSpan.FromMinutes 90.5)
                        Threads = 3
                        Processes = 2
                        Gpu = true
                        Extra = [ "--account=x y" ]
                }
                "research-x-12345678"
                "/results/a 'b'/slurm/j/index.json"
                24

        for expected in
            [
                "--partition=a b;c"
                "--time=91"
                "--array=0-23"
                "--cpus-per-task=6"
                "--gres=gpu:2"
                "--account=x y"
                "--signal=USR1@60"
                "--chdir=/results/a 'b'/slurm/j"
                "/results/a 'b'/slurm/j/index.json"
            ] do
            Assert.Contains(expected, arguments)
