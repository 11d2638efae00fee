namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Research.Corpora
open Xunit
open Research.Reports
open Research.Estimates
open Research.Commands
open Research.Cli
open Research.Evaluation

/// Sweeps of the language's other kinds, run whole on the small corpus.
[<Collection("engine")>]
type LanguageTests(shapes: ShapesFolder) =
    let head =
        $"""
let small = experiment {{
    corpus (corpus_in "{shapes.Corpus}" |> pixels 16 |> captions all_tags |> context_length 8)
    image (Vit.tiny |> width 24 |> layers 1)
    text (Transformer.tiny |> width 24 |> layers 1)
    embed_dim 16
    train (steps 4 |> batch 16 |> log_every 1)
}}
"""

    let script name (body: string) (arguments: string list) =
        let out = shapes.Scratch.File name
        out, Toolkit.script shapes.Scratch.Folder (head + body) ([ "--out"; out; "--jobs"; "2" ] @ arguments)

    let runs out = SweepFolder.list out

    /// In this process, for what ends before any worker starts: the exit code, standard output and standard error.
    let main (study: Study) (arguments: string list) =
        let output, errors = new StringWriter(), new StringWriter()
        let before = Console.Out, Console.Error

        try
            Console.SetOut output
            Console.SetError errors
            let out = shapes.Scratch.File $"never-{Guid.NewGuid():N}"

            let code =
                ScriptMain.run (Array.ofList ("study.fsx" :: "--out" :: out :: arguments)) study

            code, output.ToString(), errors.ToString().TrimEnd(), out
        finally
            Console.SetOut(fst before)
            Console.SetError(snd before)

    let small =
        experiment {
            corpus (corpus_in shapes.Corpus |> pixels 16 |> captions all_tags |> context_length 8)
            image (Vit.tiny |> width 24 |> layers 1)
            text (Transformer.tiny |> width 24 |> layers 1)
            embed_dim 16
            train (steps 4 |> batch 16 |> log_every 1)
        }

    let study =
        sweep "study" small {
            axis "batch" [ 16; 24 ] (fun n -> (batch n))
            seeds 2
        }
        |> report [ table [ test.r10 ] ]

    interface IClassFixture<ShapesFolder>

    [<Fact>]
    member _.``halving trains all arms briefly and the better ones longer, and a second start trains nothing``() =
        let body =
            """
sweep "tournament" small {
    axis "rate" [ 1e-4; 1e-3; 1e-2 ] adamw
    seeds 2
    halving [ 4; 8 ] 0.34 validation.r10
}
|> report [ table [ test.r10 ] ]
|> main"""

        let out, ended = script "tournament" body []
        Assert.True((ended.Code = 0), ended.Errors)
        let all = runs out
        Assert.Equal(6 + 4, all.Length) // two of three arms went on: 0.34 of them, rounded up
        Assert.Equal(6, all |> List.filter (fun run -> run.Steps = 4L) |> List.length)
        Assert.Equal(4, all |> List.filter (fun run -> run.Steps = 8L) |> List.length)

        let means =
            all
            |> List.filter (fun run -> run.Steps = 4L)
            |> List.groupBy _.Arm
            |> List.map (fun (arm, runs) -> arm, runs |> List.averageBy _.Metrics["val.retrieval.r10"])

        let best =
            means
            |> List.sortByDescending snd
            |> List.truncate 2
            |> List.map snd
            |> List.min

        for arm in
            all
            |> List.filter (fun run -> run.Steps = 8L)
            |> List.map _.Arm
            |> List.distinct do
            Assert.True(snd (List.find (fst >> (=) arm) means) >= best)

        Assert.Equal(1 + 3 + 2, (File.ReadAllLines(Path.Combine(out, "halving.csv"))).Length)

        let finals =
            all
            |> List.map (fun run -> File.GetLastWriteTimeUtc(RunFolder.final run.Folder))

        let _, again = script "tournament" body []
        Assert.Equal(0, again.Code)

        Assert.Equal<DateTime list>(
            finals,
            runs out
            |> List.map (fun run -> File.GetLastWriteTimeUtc(RunFolder.final run.Folder))
        )

    [<Fact>]
    member _.``every objective trains, and what it logs and measures was known before``() =
        let body =
            $"""let words = "{TokenizerFolder.path ()}" """
            + """
let everything = [
    "InfoNCE", objective (infonce |> label_smoothing 0.1)
    "PSD", objective (psd |> hard_negatives 1.0 0.25)
    "PSD, moving average", objective (psd |> direction plain |> teacher (ema 0.9))
    "HN-NCE", objective hn_nce
    "DCL", objective dcl
    "debiased", objective debiased
    "SigLIP", objective siglip
    "momentum", objective (momentum_distillation |> blend (constant 0.5))
    "CyCLIP", objective cyclip
    "sum", objective (infonce |> plus 0.5 cyclip |> plus 0.5 (psd |> soft_fraction (constant 0.5)))
    "micro-batches", (micro_batch 8)
    "validated", (evaluate_every 2)
    "half of the pairs", fraction 0.5
    "another vocabulary", (tokenizer_in words >> vocabulary full)
    "among all", fun experiment -> { experiment with Evaluate = [ retrieval; retrieval_of_all ] }
]
sweep "everything" small {
    axis "objective" everything
}
|> report [ table [ test.r10 ] ]
|> main"""

        let out, ended = script "everything" body []
        Assert.True((ended.Code = 0), ended.Errors)
        let all = runs out
        Assert.Equal(15, all.Length)

        for run in all do
            let _, node = RunConfig.read run.Folder
            let experiment = Experiment.decode (JsonFields(run.Folder, node))
            let final = Evaluation.promised experiment |> List.map _.Key
            Assert.Empty(Set.difference (run.Metrics.Keys |> Set.ofSeq) (Set.ofList final))
            Assert.Empty(Set.difference (Set.ofList final) (run.Metrics.Keys |> Set.ofSeq))
            let logged = Evaluation.logged experiment |> List.map _.Key |> Set.ofList

            for point in MetricsLog.read run.Folder do
                Assert.Empty(Set.difference (point.Values.Keys |> Set.ofSeq) logged)

        let validated = all |> List.find (fun run -> run.Arm = "validated")

        let curve =
            MetricsLog.read validated.Folder
            |> List.filter (fun point -> point.Values.ContainsKey "val.retrieval.r10")
            |> List.map _.Step

        Assert.Equal<int64 list>([ 2L; 4L ], curve)

        // Two sources draw every item: among all, a picture has one right caption and a caption two right pictures.
        let items =
            use corpus = Corpus.Open shapes.Corpus
            corpus.Query(Nullable Split.Test).Count / 2

        let among = (all |> List.find (fun run -> run.Arm = "among all")).Metrics
        let one = 10.0 / float items

        let two =
            1.0
            - List.fold (fun wrong i -> wrong * float (2 * items - 2 - i) / float (2 * items - i)) 1.0 [ 0..9 ]

        Assert.Equal(one, among["test.retrieval.chance.r10"], 1e-12)
        Assert.Equal((one + two) / 2.0, among["test.retrieval.all.chance.r10"], 1e-12)
        Assert.NotEqual(among["test.retrieval.t2i.median_rank"], among["test.retrieval.all.t2i.median_rank"])

        // Measuring on the way does not change what is trained; a micro-batched step is the whole batch's.
        let loss arm =
            (all |> List.find (fun run -> run.Arm = arm)).Metrics["train.loss"]

        Assert.NotEqual(loss "InfoNCE", loss "HN-NCE")

        let teacher = all |> List.find (fun run -> run.Arm = "HN-NCE")

        let frozen =
            $"""
sweep "students" small {{
    axis "objective" [
        "frozen", objective (frozen_distillation "{teacher.Folder}" |> blend (constant 0.75))
        "PSD", objective (psd |> teacher (frozen "{teacher.Folder}") |> direction plain)
    ]
}}
|> report [ table [ test.r10 ] ]
|> main"""

        let out, ended = script "students" frozen []
        Assert.True((ended.Code = 0), ended.Errors)
        Assert.All(runs out, fun run -> Assert.Equal(RunStatus.Done, run.State))

    [<Fact>]
    member _.``an objective of the script's own trains in workers, and is another run only where it computes something else``
        ()
        =
        let own (before: string) (factor: string) =
            $"""
{before}
let factor = {factor}
let own (batch: Research.Objectives.EmbeddingBatch) =
    let logits = batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp()
    let one (z: TorchSharp.torch.Tensor) = (z.log_softmax 1L).diagonal().mean().neg()
    (one logits + one (logits.t())) * TorchSharp.torch.tensor (factor / 2.0)
sweep "own" small {{
    axis "objective" [ "InfoNCE", objective infonce; "own", objective (custom "own" own) ]
}}
|> report [ table [ test.r10 ] ]
|> main"""

        let out, ended = script "own" (own "" "1.0") []
        Assert.True((ended.Code = 0), ended.Errors)

        let loss arm =
            (runs out |> List.find (fun run -> run.Arm = arm)).Metrics["train.loss"]

        Assert.Equal(loss "InfoNCE", loss "own", 4)
        Assert.Contains("| own |", File.ReadAllText(Path.Combine(out, "README.md")))

        let listed (body: string) =
            let _, ended = script "own" body [ "--list" ]
            Assert.True((ended.Code = 0), ended.Errors)
            ended.Output.Split '\n' |> Array.filter _.StartsWith("to do") |> Array.length

        Assert.Equal(0, listed (own "let unused = 3" "1.0"))
        Assert.Equal(1, listed (own "" "2.0"))

    [<Fact>]
    member _.``the part of a seed holds its smaller parts, has the size that was asked for, and differs from seed to seed``
        ()
        =
        use corpus = Corpus.Open shapes.Corpus
        let entries = corpus.Query(Split.Train)

        let part seed fraction =
            RunData.part seed fraction entries |> Seq.map _.Id |> List.ofSeq

        for seed in [ 0; 1; 2 ] do
            let sizes = [ 0.1; 0.25; 0.5; 0.9; 1.0 ]

            for smaller, larger in List.pairwise sizes do
                Assert.Empty(Set.difference (Set.ofList (part seed smaller)) (Set.ofList (part seed larger)))

            for fraction in sizes do
                let expected =
                    int (Math.Round(fraction * float entries.Count, MidpointRounding.AwayFromZero))

                Assert.Equal(expected, (part seed fraction).Length)

            // The order of the corpus stays.
            Assert.Equal<int64 list>(List.sort (part seed 0.5), part seed 0.5)

        Assert.NotEqual<int64 list>(part 1 0.5, part 2 0.5)

    [<Fact>]
    member _.``a budget that is too small refuses before anything is trained``() =
        let tight = {
            study with
                Sweep = {
                    study.Sweep with
                        Budget = Some(TimeSpan.FromTicks 1L)
                }
        }

        for n in [ 16; 24 ] do
            let remembered =
                TrialTimes.path CacheFolder.Root (StepTimes.shape (small |> (batch n)))

            if File.Exists remembered then
                File.Delete remembered

        // Estimated by a trial: what was not measured before is measured where a budget depends on it.
        let code, _, errors, out = main tight []
        Assert.Equal(2, code)
        Assert.StartsWith("study.fsx: budget: 4 runs would take about", errors)
        Assert.Empty(SweepFolder.list out)

    [<Fact>]
    member _.``an unknown metric is refused before anything is trained, with the known ones``() =
        let wrong = study.Sweep |> report [ table [ metric "test.retrieval.r11" ] ]
        let code, _, errors, out = main wrong []
        Assert.Equal(2, code)
        Assert.Contains("test.retrieval.r11", errors)
        Assert.Contains("did you mean test.r1?", errors)
        Assert.DoesNotContain("\n", errors)
        Assert.False(Directory.Exists out)

    [<Fact>]
    member _.``a list has a line for each run, and explain one for each value``() =
        let code, output, _, _ = main study [ "--list" ]
        Assert.Equal(0, code)
        Assert.Equal(4, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length)
        let code, output, _, _ = main study [ "--explain" ]
        Assert.Equal(0, code)
        Assert.Contains("axis \"batch\" = 24", output)
        Assert.Contains("repeated with the seeds 1, 2", output)

    [<Fact>]
    member _.``plan, list and explanation are also one JSON document each``() =
        for option in [ "--dry-run"; "--list"; "--explain" ] do
            let code, output, _, _ = main study [ option; "--json" ]
            Assert.Equal(0, code)
            let document = JsonFields(option, Json.parse option output)
            Assert.Equal("study", document.Text "sweep")

        let _, output, _, _ =
            main study [ "--dry-run"; "--json"; "--seeds"; "7,9"; "--only"; "24" ]

        let plan = JsonFields("plan", Json.parse "plan" output)

        let runs =
            plan.Items "runs"
            |> List.map (fun (place, node) ->
                let run = JsonFields(place, node)
                run.Text "arm", run.Integer "seed")

        Assert.Equal<(string * int) list>([ "24", 7; "24", 9 ], runs)

    [<Fact>]
    member _.``a condition in wrong SQL is refused with the condition``() =
        let wrong =
            sweep "study" (small |> (where "colour = = 'red'")) { }
            |> report [ table [ test.r10 ] ]

        let code, _, errors, _ = main wrong [ "--dry-run" ]
        Assert.Equal(2, code)
        Assert.Contains("colour = = 'red'", errors)

    [<Theory>]
    [<InlineData("axis \"batch\" [ 16; 16 ] (fun n -> (batch n))", "has two arms named \"16\"")>]
    [<InlineData("axis \"batch\" ([]: int list) (fun n -> (batch n))", "has no values, so the sweep is empty")>]
    [<InlineData("given (is \"objective\" \"PSDD\") [ vary \"batch\" [ 16 ] (fun n -> (batch n)) ]",
                 "given: axis \"objective\" is not declared above")>]
    [<InlineData("axis \"rate\" [ -1.0 ] adamw", "axis \"rate\" = -1: adamw -1 must be a positive number")>]
    member _.``a mistake in a sweep is one line that names the keyword``(line: string, expected: string) =
        let body = head + $"let s =\n  sweep \"x\" small {{\n    {line}\n  }}\n"

        let ended = Toolkit.script shapes.Scratch.Folder body []
        Assert.Equal(2, ended.Code)
        let error = Assert.Single ended.ErrorLines
        Assert.StartsWith("study.fsx(", error)
        Assert.Contains(expected, error)

    [<Fact>]
    member _.``a script type-checks from any folder, which is what editors do``() =
        let example = Path.Combine(Repository.root.Value, "experiments", "quickstart.fsx")

        let before = Environment.CurrentDirectory

        let check (path: string) =
            Toolkit.dotnet [ "fsi"; "--quiet"; "--typecheck-only"; path ] (fun _ _ -> ())

        Assert.Equal(0, (check example).Code)
        let wrong = shapes.Scratch.File "wrong.fsx"

        File.WriteAllText(
            wrong,
            (File.ReadAllText example)
                .Replace("#load \"prelude.fsx\"", $"#load \"{Repository.root.Value}/experiments/prelude.fsx\"")
                .Replace("steps 500", "steps \"many\"")
        )

        let ended = check wrong
        Assert.NotEqual(0, ended.Code)
        Assert.Contains("wrong.fsx(12,", ended.Errors + ended.Output)
        Assert.Equal(before, Environment.CurrentDirectory)
