namespace Research.Tests

open System
open System.IO
open System.Text.Json.Nodes
open Research.Encoders
open Research.Engine
open Research.Corpora
open TorchSharp
open Xunit

/// `./research model`.
[<Collection("engine")>]
type ModelCommandTests() =
    let folder = Directory.CreateTempSubdirectory().FullName
    let at (name: string) = Path.Combine(folder, name)

    /// Exit code, output and errors of `model ...`.
    let run (arguments: string list) =
        let output, errors = new StringWriter(), new StringWriter()
        let outputBefore, errorsBefore = Console.Out, Console.Error

        try
            Console.SetOut output
            Console.SetError errors
            let code = Research.Program.main (List.toArray ("model" :: arguments))
            code, output.ToString(), errors.ToString()
        finally
            Console.SetOut outputBefore
            Console.SetError errorsBefore

    let config =
        DualEncoderConfig(
            Vision = VisionConfig(ImageSize = 16, PatchSize = 8, Width = 64, Layers = 1, Heads = 1),
            Text = TextConfig(ContextLength = 8, Width = 64, Layers = 1, Heads = 1),
            EmbedDimension = 12
        )

    let save (name: string) layout =
        use model = new DualEncoder(config)
        Checkpoints.Save(model, at name, layout) |> ignore

    interface IDisposable with
        member _.Dispose() = Directory.Delete(folder, true)

    [<Fact>]
    member _.``list shows every preset with its parameters``() =
        let code, output, _ = run [ "list" ]
        Assert.Equal(0, code)

        for name in EncoderPresets.Names do
            Assert.Contains(name, output)

        Assert.Matches(@"ViT-B-32 +224 px +151\.3 M", output)

    [<Fact>]
    member _.``inspect says what a file is, that it loads, and what was assumed``() =
        save "open" CheckpointLayout.OpenClip
        let code, output, _ = run [ "inspect"; at "open" ]
        Assert.Equal(0, code)
        Assert.Contains("safetensors, layout open_clip;", output)
        Assert.Contains("image: 16 px, patches of 8, 1 layer of width 64, 1 head", output)
        Assert.Contains("loads: every weight is there and fits", output)
        Assert.DoesNotContain("assumed", output)
        File.Delete(at "open/open_clip_config.json")
        let _, output, _ = run [ "inspect"; at "open" ]
        Assert.Contains("assumed: image activation: exact GELU", output)
        let _, output, _ = run [ "inspect"; at "open"; "--activation"; "quick-gelu" ]
        Assert.Contains("activation: QuickGELU", output)
        Assert.DoesNotContain("image activation", output)

    [<Fact>]
    member _.``inspect says why a file does not load``() =
        save "hf" CheckpointLayout.HuggingFace
        let path = at "hf/config.json"
        let json = nonNull (JsonNode.Parse(File.ReadAllText path))
        json["projection_dim"] <- JsonValue.Create 512
        File.WriteAllText(path, json.ToJsonString())
        let code, output, _ = run [ "inspect"; at "hf" ]
        Assert.Equal(1, code)
        Assert.Contains("config.json says embedding dimension 512, the tensors say 12", output)
        File.WriteAllText(at "text.pt", "no checkpoint")
        let code, _, errors = run [ "inspect"; at "text.pt" ]
        Assert.Equal(2, code)
        Assert.Contains("neither a safetensors file nor one of torch.save", errors)
        let code, _, errors = run [ "inspect"; at "nowhere" ]
        Assert.Equal(2, code)
        Assert.Contains("nowhere", errors)

    [<Fact>]
    member _.``convert goes through every layout and comes back to the bit``() =
        use model = new DualEncoder(config)
        Checkpoints.Save(model, at "first", CheckpointLayout.Research) |> ignore
        let mutable last = at "first"

        for layout in [ "huggingface"; "open_clip"; "diht"; "open_clip-custom-text"; "research" ] do
            let code, output, errors = run [ "convert"; last; "--to"; layout; at layout ]
            Assert.True((0 = code), errors)
            Assert.Contains(at layout, output)
            last <- at layout

        use again = Checkpoints.Load last
        Assert.Equal(config, again.Config)
        Assert.Equal(Research.Training.TeacherWeights.Hash model, Research.Training.TeacherWeights.Hash again)

        let code, _, errors =
            run [ "convert"; at "first"; "--to"; "huggingface"; at "huggingface" ]

        Assert.Equal(2, code)
        Assert.Contains("--force replaces it", errors)

        let code, _, _ =
            run [ "convert"; at "first"; "--to"; "huggingface"; at "huggingface"; "--force" ]

        Assert.Equal(0, code)

    [<Fact>]
    member _.``embed writes rows and names, counts faults, and takes captions with CLIP's tokenizer``() =
        save "open" CheckpointLayout.OpenClip
        Directory.CreateDirectory(at "pictures") |> ignore

        for i in 1..3 do
            let pixels = Array.init (3 * 20 * 20) (fun k -> byte (i * k))

            File.WriteAllBytes(
                at $"pictures/{i}.png",
                Research.Imaging.Png.Encode(Research.Imaging.RgbImage(20, 20, pixels))
            )

        File.WriteAllBytes(at "pictures/broken.jpg", [| 1uy; 2uy |])

        let code, output, _ =
            run [
                "embed"
                at "open"
                at "pictures"
                "--to"
                at "rows.safetensors"
                "--batch"
                "2"
            ]

        Assert.Equal(1, code)
        Assert.Contains("3 rows of 12", output)
        Assert.Contains("1 left out:", output)
        Assert.Contains("broken.jpg", output)
        use _ = torch.NewDisposeScope()
        let rows = Safetensors.Load(at "rows.safetensors")["embeddings"]
        Assert.Equal<int64 array>([| 3L; 12L |], rows.shape)
        Assert.True(torch.allclose (rows.norm (1), torch.ones (3L)))
        Assert.Equal<string array>([| "1.png"; "2.png"; "3.png" |], File.ReadAllLines(at "rows.names.txt"))
        File.WriteAllText(at "captions.txt", "a dog\na cat\n")

        let code, output, errors =
            run [ "embed"; at "open"; at "captions.txt"; "--to"; at "captions.npy" ]

        Assert.True((0 = code), errors)
        Assert.Contains("2 rows of 12", output)
        Assert.Equal(256L + 2L * 12L * 4L, FileInfo(at "captions.npy").Length)

    [<Theory>]
    [<InlineData("inspect", "inspect takes one MODEL, not \"\"")>]
    [<InlineData("list now", "list takes nothing, not \"now\"")>]
    [<InlineData("convert a b", "convert needs --to LAYOUT; known are research, open_clip,")>]
    [<InlineData("convert a b --to onnx", "There is no layout 'onnx'; known are research,")>]
    [<InlineData("embed a b", "embed needs --to FILE.npy or FILE.safetensors")>]
    [<InlineData("embed a b --to c.csv", "--to is \"c.csv\"; its name must end in .npy or .safetensors")>]
    [<InlineData("inspect a --activation relu", "--activation is \"relu\"; known are gelu, quick-gelu")>]
    [<InlineData("inspect a --vision-heads 0", "--vision-heads is 0, but at least 1 is expected")>]
    [<InlineData("inspekt a", "unknown command \"inspekt\"; did you mean inspect?")>]
    member _.``a command line that is wrong is told``(line: string, expected: string) =
        save "a" CheckpointLayout.Research
        let before = Directory.GetCurrentDirectory()

        try
            Directory.SetCurrentDirectory folder
            let code, _, errors = run (List.ofArray (line.Split ' '))
            Assert.Equal(2, code)
            Assert.StartsWith(expected, errors)
        finally
            Directory.SetCurrentDirectory before

    [<Fact>]
    member _.``help lists the verbs and the layouts``() =
        let code, output, _ = run [ "--help" ]
        Assert.Equal(0, code)

        for word in [ "list"; "inspect MODEL"; "convert MODEL"; "embed MODEL"; "huggingface" ] do
            Assert.Contains(word, output)

        let _, output, _ = run [ "convert"; "--help" ]
        Assert.Contains("--allow-missing NAMES", output)
