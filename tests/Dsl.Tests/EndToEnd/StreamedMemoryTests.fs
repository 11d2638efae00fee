namespace Research.Tests

open System
open System.IO
open Research
open Research.Language
open Research.Corpora
open Research.Corpora.Import
open Research.Imaging
open Research.Randomness
open Xunit
open Xunit.Abstractions

/// What a training process holds at most, by the size of its corpus.
[<Collection("engine")>]
type StreamedMemoryTests(output: ITestOutputHelper) =
    static let side = 64

    /// So many training pairs, each with a picture of its own, in one shard, and an eighth of them for validation and for test each.
    static let build (scratch: Scratch) pairs =
        let heldOut = pairs / 8

        let shard = scratch.File $"{pairs}.tar"

        using (new TarWriter(File.Create shard)) (fun tar ->
            for i in 0 .. pairs + 2 * heldOut - 1 do
                let random = SeededRandom(uint64 i)
                let colours = Array.init 48 (fun _ -> byte (random.NextInt 256))

                let pixels =
                    Array.init (3 * side * side) (fun at ->
                        let pixel = at / 3
                        let cell = pixel / side / 16 * 4 + pixel % side / 16
                        colours[cell * 3 + at % 3])

                let split =
                    if i < pairs then "train"
                    elif i < pairs + heldOut then "val"
                    else "test"

                let add suffix (content: byte[]) =
                    tar.Add($"%07i{i}.{suffix}", ReadOnlySpan content) |> ignore

                add "png" (Png.Encode(RgbImage(side, side, pixels)))
                let caption = $"picture {i} of {colours[0]} and {colours[1]}"
                add "txt" (Text.Encoding.UTF8.GetBytes caption)
                add "json" (Text.Encoding.UTF8.GetBytes $"{{\"caption\":\"{caption}\",\"split\":\"{split}\"}}"))

        let folder = scratch.File $"corpus-{pairs}"

        CorpusImporter.Import(
            ImportOptions(Source = shard, Name = "many", KeepDuplicates = true, LargestSkippedShare = 0.0),
            folder
        )
        |> ignore

        folder

    /// The most that a worker ever had in memory, in MB, as the system counts it, training and evaluation.
    static let peak (scratch: Scratch) (corpusFolder: string) (change: Data -> Data) =
        let folder = scratch.File $"run-{Guid.NewGuid():N}"

        Toolkit.plan
            folder
            (experiment {
                corpus (corpus_in corpusFolder |> pixels side |> context_length 12 |> change)
                image (Vit.base32 |> width 32 |> layers 1 |> heads 2 |> patch 32)
                text (Transformer.tiny |> width 32 |> layers 1 |> heads 2)
                embed_dim 16
                train (steps 80 |> batch 200 |> log_every 10)
                evaluate [ retrieval ]
            })

        let mutable most = 0.0

        let ended =
            Toolkit.worker folder (fun child _ ->
                try
                    let line =
                        File.ReadLines $"/proc/{child.Id}/status"
                        |> Seq.find _.StartsWith("VmHWM:", StringComparison.Ordinal)

                    most <- float (line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1000.0
                with :? IOException ->
                    ()) // it ended before its last line was read

        Assert.True((ended.Code = 0), ended.Errors)
        most

    [<Fact>]
    member _.``what streamed training holds does not grow with the corpus``() =
        use scratch = new Scratch()
        let few, many = 2_000, 48_000
        let manyPairs = build scratch many
        let small = peak scratch (build scratch few) streamed
        let large = peak scratch manyPairs streamed
        let loaded = peak scratch manyPairs id
        let pictures = float ((many - few) * 3 * side * side) / 1e6 // 565 MB

        let measured =
            $"{few} pairs {small:F0} MB, {many} pairs {large:F0} MB, {many} pairs in memory {loaded:F0} MB"

        output.WriteLine measured
        Assert.True(large - small < pictures / 6.0, measured)
        Assert.True(loaded - small > pictures * 2.0 / 3.0, measured) // else the measure would see nothing
