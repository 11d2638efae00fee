namespace Research.Tests

open System
open System.IO
open System.Threading.Tasks
open Research
open Xunit

[<Collection("engine")>]
type SlurmTests() =
    /// Steps long enough to preempt a task in the middle.
    let sweep () =
        new TinySweep(1, fun train -> train |> for_steps 240 |> log_every 4 |> checkpoint_every 20)

    let inCluster (cluster: SlurmCluster) (action: unit -> 'result) : 'result =
        let before =
            cluster.Environment
            |> List.map (fun (name, value) ->
                let before = Environment.GetEnvironmentVariable name
                Environment.SetEnvironmentVariable(name, value)
                name, before)

        try
            action ()
        finally
            for name, value in before do
                Environment.SetEnvironmentVariable(name, value)

    let options = {
        SlurmOptions.standard with
            Poll = TimeSpan.FromSeconds 0.5
            Display = LocalDisplay.Plain
    }

    let lastStep (run: LocalRun) =
        MetricsLog.tryLast run.Folder |> Option.map _.Step |> Option.defaultValue 0L

    [<SlurmFact>]
    member _.``a job array whose task is preempted gives the table of local workers``() =
        use sweep = sweep ()
        let local = sweep.Folder "local"
        let slurm = sweep.Folder "slurm"
        let expected = Local.run sweep.Options (sweep.Runs local)
        Assert.All(expected, fun result -> Assert.Equal(LocalOutcome.Done, result.Outcome))
        use cluster = new SlurmCluster()

        inCluster cluster (fun () ->
            let runs = sweep.Runs slurm
            let output = new StringWriter()

            let running =
                Task.Run(fun () -> Slurm.run { options with Output = output } slurm runs)

            let underway () =
                runs |> List.filter (fun run -> lastStep run >= 24L)

            Assert.True(
                Waiting.until 120.0 (fun () -> running.IsCompleted || underway().Length >= 2),
                output.ToString()
            )

            Assert.False(running.IsCompleted, output.ToString())

            cluster.Call("sbatch", [ "--partition=high"; "--ntasks=1"; "--output=/dev/null"; "--wrap=sleep 1" ])
            |> ignore

            let results = running.Result
            Assert.True(results |> List.forall (fun result -> result.Outcome = LocalOutcome.Done), output.ToString())
            let attempts = runs |> List.map (fun run -> (RunState.read run.Folder).Attempts)
            Assert.Equal<int list>([ 1; 1; 2 ], List.sort attempts)

            for before, after in List.zip expected results do
                Assert.Equal<string[]>(Toolkit.metricLines before.Run.Folder, Toolkit.metricLines after.Run.Folder)
                Assert.Equal(Toolkit.finalMetrics before.Run.Folder, Toolkit.finalMetrics after.Run.Folder)

            Assert.Equal(sweep.Table local, sweep.Table slurm)

            // Again: nothing is submitted.
            let again = Slurm.run { options with Output = output } slurm (sweep.Runs slurm)
            Assert.All(again, fun result -> Assert.Equal(LocalOutcome.Skipped, result.Outcome))
            Assert.Single(Directory.GetDirectories(SlurmIndex.jobs slurm)) |> ignore)
