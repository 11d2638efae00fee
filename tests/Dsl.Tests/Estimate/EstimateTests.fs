namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Encoders
open Xunit
open Research.Estimates

/// The cost of a sweep before it starts.
[<Collection("engine")>]
type EstimateTests() =
    let small =
        experiment {
            train (steps 100 |> batch 16)
            image (Vit.tiny |> width 24 |> layers 1)
            text (Transformer.tiny |> width 24)
        }

    let run (store: string) name (experiment: Experiment) speed seconds =
        let folder = Path.Combine(store, name)
        RunConfig.write folder { Seed = 1; Hash = String('a', 64) } (Experiment.encode { experiment with Seed = 1 })

        RunEnvironment.write folder Map.empty 1

        for step in [ 10L; 20L; 30L ] do
            MetricsLog.append folder step [ "train.loss", 1.0; "images_per_second", speed ]

        FinalMetrics.write folder {
            Metrics = Map [ "train.loss", 1.0 ]
            Steps = 30L
            Seconds = seconds
        }

    let never (_: Data) : string = failwith "no trial is needed"

    [<Fact>]
    member _.``earlier runs of the shape tell the time``() =
        use scratch = new Scratch()
        let store = scratch.Folder
        run store "fast" small 1600.0 1.0 // 10 ms a step, 0.7 s beside the steps
        let longer = small |> (steps 1000)

        let estimate =
            Estimate.make scratch.Folder [ scratch.Folder ] never Trials.Always 2 [ longer, 1000L; longer, 500L ]

        Assert.Equal(2, estimate.Runs)
        Assert.Equal(1500L, estimate.Steps)
        Assert.Equal(10.7, estimate.Time.TotalSeconds, 6) // the longer run, on its own worker

        Assert.Equal(
            "measured in earlier runs of the same shape on this kind of machine",
            Assert.Single estimate.Sources
        )

    [<Fact>]
    member _.``another shape tells nothing``() =
        use scratch = new Scratch()
        run (scratch.Folder) "fast" small 1600.0 1.0

        for other in
            [
                small |> (batch 32)
                small |> (threads 2)
                small |> (precision bf16)
                small |> objective (psd |> teacher (ema 0.9))
                small |> image (small.Image |> layers 2)
            ] do
            let estimate =
                Estimate.make scratch.Folder [ scratch.Folder ] never Trials.WhereWorthIt 1 [ other, 100L ]

            Assert.Contains("upper bound from its operations", Assert.Single estimate.Sources)

    [<Fact>]
    member _.``what a trial measured is remembered for its shape, until it is old or damaged``() =
        use scratch = new Scratch()
        let shape = StepTimes.shape small
        TrialTimes.write scratch.Folder shape (0.25, 3.0)

        let sources (experiment: Experiment) =
            Estimate.make scratch.Folder [] never Trials.WhereWorthIt 1 [ experiment, 100L ]
            |> _.Sources
            |> Assert.Single

        let estimate = Estimate.make scratch.Folder [] never Trials.Always 1 [ small, 100L ]

        Assert.Equal(28.0, estimate.Time.TotalSeconds, 6)
        Assert.Equal("measured in a trial of 12 steps", sources small)
        Assert.Contains("upper bound", sources (small |> (threads 2)))

        let file =
            Assert.Single(Directory.GetFiles(Path.Combine(scratch.Folder, "step-times")))

        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays -31.0)
        Assert.Contains("upper bound", sources small)
        File.WriteAllText(file, "{ torn")
        Assert.Contains("upper bound", sources small)
        File.WriteAllText(file, "{ \"step\": -1, \"overhead\": 0 }")
        Assert.Contains("upper bound", sources small)

    [<Fact>]
    member _.``a damaged earlier run is passed over``() =
        use scratch = new Scratch()
        run (scratch.Folder) "fast" small 1600.0 1.0

        for file in Directory.GetFiles(scratch.Folder, "config.json", SearchOption.AllDirectories) do
            File.WriteAllText(file, "{ torn")

        let estimate =
            Estimate.make scratch.Folder [ scratch.Folder ] never Trials.WhereWorthIt 1 [ small, 100L ]

        Assert.Contains("upper bound", Assert.Single estimate.Sources)

    [<Fact>]
    member _.``a budget below the estimate is refused with the figures and the remedy``() =
        let estimate: Estimate = {
            Runs = 12
            Steps = 6000L
            Time = TimeSpan.FromHours 3.0
            Disk = 1000L
            Sources = [ "measured in a trial of 12 steps" ]
        }

        Assert.Empty(Estimate.problems (Some(TimeSpan.FromHours 4.0)) (Path.GetTempPath()) estimate)

        Assert.StartsWith(
            "budget: 12 runs would take about 3.0 h (measured in a trial of 12 steps), more than the 2.0 h allowed",
            Assert.Single(Estimate.problems (Some(TimeSpan.FromHours 2.0)) (Path.GetTempPath()) estimate)
        )

    [<Fact>]
    member _.``a disk that is too small is refused``() =
        let estimate: Estimate = {
            Runs = 1
            Steps = 1L
            Time = TimeSpan.FromSeconds 1.0
            Disk = Int64.MaxValue
            Sources = []
        }

        Assert.StartsWith(
            "disk: the runs need about",
            Assert.Single(Estimate.problems None (Path.Combine(Path.GetTempPath(), "none", "yet")) estimate)
        )

    [<Fact>]
    member _.``nothing to do costs nothing``() =
        let estimate = Estimate.make (Path.GetTempPath()) [] never Trials.Always 2 []
        Assert.Equal(TimeSpan.Zero, estimate.Time)
        Assert.Equal(0L, estimate.Disk)
