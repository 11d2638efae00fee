namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Cli

/// Each mistake gives one line that names the offender, and an exit code of 1 or 2.
[<Collection("engine")>]
type BadInputTests(shapes: ShapesFolder) =
    let small folder =
        experiment {
            corpus (corpus_in folder |> pixels 16 |> context_length 8)
            image (Vit.tiny |> width 24 |> layers 1)
            text (Transformer.tiny |> width 24 |> layers 1)
            embed_dim 16
            train (steps 20 |> batch 16 |> log_every 1 |> checkpoint_every 2)
        }

    /// Standard error and the exit code of a script's main, in this process.
    let main experiment arguments =
        let errors = new StringWriter()
        let before = Console.Error

        try
            Console.SetError errors

            let code =
                sweep "bad" experiment { }
                |> report [ table [ test.r10 ] ]
                |> ScriptMain.run (Array.ofList ("bad.fsx" :: "--out" :: shapes.Scratch.File "out" :: arguments))

            code, errors.ToString().TrimEnd()
        finally
            Console.SetError before

    let worker experiment =
        let folder = shapes.Scratch.File $"run-{Guid.NewGuid():N}"
        Toolkit.plan folder experiment
        folder, Toolkit.worker folder (fun _ _ -> ())

    interface IClassFixture<ShapesFolder>

    [<Theory>]
    [<InlineData("image (encoder \"ViT-Z\")", "encoder \"ViT-Z\" is no preset; known are vit-tiny-stem32")>]
    [<InlineData("objective (psd |> soft_fraction (linear 0 1.5))",
                 "psd: soft_fraction (linear 0 -> 1.5) reaches 1.5; allowed are values in [0, 1]")>]
    [<InlineData("objective (psd |> direction plain)", "experiment: psd: direction plain with teacher shared")>]
    member _.``a mistake in a script is one line with its place``(line: string, expected: string) =
        let body = $"let e =\n  experiment {{\n    name \"x\"\n    {line}\n  }}"
        let ended = Toolkit.script shapes.Scratch.Folder body []
        Assert.Equal(2, ended.Code)
        let error = Assert.Single ended.ErrorLines
        Assert.Matches("^study.fsx\\([4-8]\\): ", error)
        Assert.StartsWith(expected, error.Substring(error.IndexOf ' ' + 1))

    [<Fact>]
    member _.``what is hardly meant is told before anything is trained``() =
        let planned chosen =
            let output = new StringWriter()
            let before = Console.Out

            try
                Console.SetOut output

                let code, errors =
                    main (small shapes.Corpus |> steps 9 |> objective chosen) [ "--dry-run" ]

                Assert.True((code = 0), errors)
                output.ToString()
            finally
                Console.SetOut before

        let lone = psd |> negatives own_subset |> soft_fraction (linear 0 0.5)

        Assert.Contains(
            "notice: arm \"experiment\": psd: negatives own_subset leaves one of the 16 rows alone at step 2: it has no negative",
            planned lone
        )

        Assert.DoesNotContain("notice:", planned psd)

    [<Fact>]
    member _.``a missing corpus is named with the remedy``() =
        let code, errors = main (small (shapes.Scratch.File "nowhere")) []
        Assert.Equal(2, code)
        Assert.StartsWith("bad.fsx: No corpus in ", errors)
        Assert.DoesNotContain("\n", errors)

    [<Theory>]
    [<InlineData("split <> 'test'", "evaluate_on test: '[^']+' has no test pair that matches its sources and condition")>]
    [<InlineData("split <> 'test' or subgroup = 'red'",
                 "zero_shot subgroups cannot be measured on the test pairs of '[^']+': they are of one class or of none")>]
    member _.``what cannot be measured is refused before anything runs``(condition: string, expected: string) =
        let code, errors = main (small shapes.Corpus |> (where condition)) [ "--only"; "*" ]

        Assert.Equal(2, code)
        Assert.Matches($"^bad.fsx: arm \"experiment\": {expected}", errors)

    [<Theory>]
    [<InlineData(false)>]
    [<InlineData(true)>]
    member _.``captions that the context cuts are told of``(read: bool) =
        let change = context_length 4 >> captions label >> if read then streamed else id

        let _, ended = worker (small shapes.Corpus |> change |> (steps 2))

        Assert.Equal(0, ended.Code)

        Assert.Matches(
            "context_length 4 cuts 100 % of the captions; the longest of the first [0-9]+ has 5 tokens",
            ended.Errors
        )

    [<Fact>]
    member _.``a batch larger than the corpus is refused before anything runs``() =
        let code, errors = main (small shapes.Corpus |> (batch 5000)) []
        Assert.Equal(2, code)

        Assert.Matches(
            "^bad.fsx: arm \"experiment\": batch 5000 is larger than the corpus: [0-9]+ training pairs",
            errors
        )

    [<Fact>]
    member _.``an unknown source is refused with the known ones``() =
        let code, errors = main (small shapes.Corpus |> (sources [ "crayon" ])) []

        Assert.Equal(2, code)
        Assert.Contains("has no source 'crayon'; it has ink, paint", errors)

    [<Fact>]
    member _.``an unknown device is refused``() =
        let code, errors = main (small shapes.Corpus) [ "--device"; "gpu" ]
        Assert.Equal(2, code)
        Assert.Equal("bad.fsx: device \"gpu\" is unknown; allowed are cpu, cuda and cuda:N", errors)

    [<Fact>]
    member _.``a device that this machine lacks is refused with what it has``() =
        let code, errors = main (small shapes.Corpus) [ "--device"; "cuda:97" ]
        Assert.Equal(2, code)
        Assert.StartsWith("bad.fsx: Unknown device 'cuda:97'. Available here: cpu", errors)

    [<Fact>]
    member _.``a results folder that cannot be written is refused``() =
        let file = shapes.Scratch.File "file"
        File.WriteAllText(file, "")
        let code, errors = main (small shapes.Corpus) [ "--out"; Path.Combine(file, "out") ]
        Assert.Equal(2, code)
        Assert.Contains("cannot be written", errors)
        Assert.DoesNotContain("\n", errors)

    [<Fact>]
    member _.``an unknown option is refused``() =
        let code, errors = main (small shapes.Corpus) [ "--dryrun" ]
        Assert.Equal(2, code)
        Assert.Equal("bad.fsx: unrecognized argument: '--dryrun'. (--help lists the options)", errors)

    [<Fact>]
    member _.``a loss that is not finite stops the run and keeps the last checkpoint``() =
        let folder, ended = worker (small shapes.Corpus |> (adamw 1e30))
        Assert.Equal(1, ended.Code)
        Assert.Matches("^Step [0-9]+: .*", Assert.Single ended.ErrorLines)
        Assert.Equal(RunStatus.Failed, (RunState.read folder).Status)
        Assert.False(File.Exists(RunFolder.final folder))

    [<Fact>]
    member _.``one broken picture is left out, counted and named``() =
        let _, ended = worker (small (shapes.Broken 1))
        Assert.True(ended.Code = 0, ended.Errors)
        let notice = Assert.Single ended.ErrorLines
        Assert.Matches("^notice: [0-9]+ of [0-9]+ pictures loaded, 1 skipped: ink/", notice)

    [<Fact>]
    member _.``more than one broken picture in a hundred stops the run``() =
        let _, ended = worker (small (shapes.Broken 20))
        Assert.InRange(ended.Code, 1, 2)
        Assert.Contains("20", Assert.Single ended.ErrorLines)

    [<Fact>]
    member _.``a run folder without config.json is refused``() =
        let ended = Toolkit.worker shapes.Scratch.Folder (fun _ _ -> ())
        Assert.Equal(2, ended.Code)
        Assert.Contains("is not a run folder: it has no config.json", Assert.Single ended.ErrorLines)

    [<Fact>]
    member _.``a configuration that was edited by hand is refused``() =
        let folder = shapes.Scratch.File "edited"
        Toolkit.plan folder (small shapes.Corpus)
        let config = RunFolder.config folder
        File.WriteAllText(config, (File.ReadAllText config).Replace("\"batch\": 16", "\"batch\": 17"))
        let ended = Toolkit.worker folder (fun _ _ -> ())
        Assert.Equal(2, ended.Code)
        Assert.Contains("the hash does not match", Assert.Single ended.ErrorLines)
