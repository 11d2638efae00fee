namespace Research.Commands

open System
open System.IO
open Research.Language
open Research.Corpora
open Research.Corpora.Import
open Research.Estimates
open Research.Imaging

/// `./research data prepare | import | export | list | show | verify | path`.
[<RequireQualifiedAccess>]
module DataCommand =
    let private progress = CorpusPreparation.progress

    let private opened (name: string) size =
        if name.Contains '/' || name = "." then
            Corpus.Open name
        else
            CorpusCatalog.Prepare(name, size, progress name) |> ignore
            CorpusCatalog.Open(name, size)

    let private sizeOf (line: CommandLine) =
        line.Whole "--size" CorpusCatalog.DefaultImageSize

    let private queried (line: CommandLine) (corpus: Corpus) =
        let split =
            match line.Text "--split" with
            | None -> Nullable()
            | Some _ -> Nullable(line.Choice "--split" Split.Train)

        let sources =
            match line.Text "--sources" with
            | None -> null
            | Some names -> names.Split(',', StringSplitOptions.RemoveEmptyEntries)

        corpus.Query(split, sources, Option.toObj (line.Text "--where"))

    let private sides (info: CorpusInfo) =
        info.Splits
        |> Seq.map (fun side -> $"{side.Key} {side.Value}")
        |> String.concat ", "

    let private list () =
        for entry in CorpusCatalog.List() do
            printfn "%s: %s" entry.Name entry.Description

            if entry.Prepared.Count = 0 then
                printfn "  not prepared; ./research data prepare %s" entry.Name

            for info in entry.Prepared do
                let size =
                    if info.ImageSize = 0 then
                        "any size"
                    else
                        $"{info.ImageSize} px"

                printfn "  %s: %d pairs (%s), fingerprint %s" size info.Pairs (sides info) info.Fingerprint
                printfn "    sources: %s" (String.concat ", " info.Sources.Keys)

                if info.Annotations.Count > 0 then
                    printfn "    columns for conditions: %s" (String.concat ", " info.Annotations)

    let private leftOut (info: CorpusInfo) =
        if info.DroppedEqual + info.DroppedSimilar > 0 then
            printfn
                "  left out because the picture is also on a side nearer to the test: %d equal, %d similar"
                info.DroppedEqual
                info.DroppedSimilar

        if info.DroppedBlank > 0 then
            printfn "  left out because blank at %d px: %d" info.ImageSize info.DroppedBlank

    let private prepare (line: CommandLine) name =
        let size = sizeOf line
        let folder = CorpusCatalog.Folder(name, size)
        let builds = line.Has "--force" || not (Directory.Exists folder)
        let clock = Diagnostics.Stopwatch.StartNew()
        let info = CorpusPreparation.ensure false (line.Has "--force") name size
        printfn "%s: %d pairs of %d px in %s" name info.Pairs info.ImageSize folder
        leftOut info

        if builds then
            let bytes = DirectoryInfo(folder).EnumerateFiles() |> Seq.sumBy _.Length
            let peak = Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64

            printfn
                "  built in %s, %s on disk, %s of memory at the peak"
                (Estimate.words clock.Elapsed)
                (Estimate.size bytes)
                (Estimate.size peak)

    let private mebibytes (line: CommandLine) option (fallback: int64) =
        match line.Text option with
        | None -> fallback
        | Some _ -> int64 (line.Whole option 0) <<< 20

    let private decoding (line: CommandLine) =
        let defaults = DecodeOptions.Default

        DecodeOptions(
            LargestPixelCount =
                (match line.Text "--largest-picture" with
                 | None -> defaults.LargestPixelCount
                 | Some _ -> int64 (line.Whole "--largest-picture" 0) * 1_000_000L),
            LargestFile = mebibytes line "--largest-file" defaults.LargestFile
        )

    let private bounds (line: CommandLine) =
        let defaults = ReadBounds.Default
        let text = mebibytes line "--largest-text" (int64 defaults.Text)

        if text > (1024L <<< 20) then
            raise (ArgumentException "--largest-text is more than 1024 MiB")

        ReadBounds(
            Text = int text,
            Unpacked =
                (match line.Text "--largest-unpacked" with
                 | None -> Nullable()
                 | Some _ -> Nullable(mebibytes line "--largest-unpacked" 0L)),
            Captions = mebibytes line "--largest-captions" defaults.Captions
        )

    let private importOptions (line: CommandLine) source name =
        let defaults = ImportOptions(Source = source, Name = name)

        ImportOptions(
            Source = source,
            Name = name,
            Format = line.Choice "--format" CorpusFormat.Auto,
            Images = Option.toObj (line.Text "--images"),
            ImageColumn = Option.toObj (line.Text "--image-column"),
            Captions =
                CaptionRule(
                    Choice = line.Choice "--captions" CaptionChoice.First,
                    Column = Option.toObj (line.Text "--caption-column"),
                    Templates = List.toArray (line.All "--template")
                ),
            SplitColumn = defaultArg (line.Text "--split-column") defaults.SplitColumn,
            ConceptColumn = defaultArg (line.Text "--concept-column") defaults.ConceptColumn,
            SourceColumn = defaultArg (line.Text "--source-column") defaults.SourceColumn,
            TestShare = line.Share "--test-share" defaults.TestShare,
            ValidationShare = line.Share "--validation-share" defaults.ValidationShare,
            KeepDuplicates = line.Has "--keep-duplicates",
            LargestSkippedShare = line.Share "--largest-skipped" defaults.LargestSkippedShare,
            SideFolders =
                (match line.Has "--sides", line.Has "--no-sides" with
                 | true, true -> raise (ArgumentException "--sides and --no-sides contradict each other")
                 | true, false -> SideFolders.Sides
                 | false, true -> SideFolders.Classes
                 | false, false -> SideFolders.Auto),
            Decoding = decoding line,
            Bounds = bounds line,
            Threads =
                match line.Text "--threads" with
                | None -> Nullable()
                | Some _ -> Nullable(line.Whole "--threads" 0)
        )

    let private import (line: CommandLine) source =
        match line.Text "--name" with
        | None -> raise (ArgumentException "import needs --name NAME: the corpus's name in scripts")
        | Some name ->
            let folder = CorpusCatalog.ImportFolder name

            let info =
                CorpusImporter.Import(importOptions line source name, folder, progress name)

            printfn "%s: %d pairs (%s) in %.1f s" name info.Pairs (sides info) info.BuildSeconds

            leftOut info

            for reason in info.SkippedByReason do
                printfn "  left out: %d %s" reason.Value reason.Key

            if info.SkippedByReason.Count + info.Remarks.Count > 0 then
                printfn "  each is named in %s" (Path.Combine(folder, CorpusImporter.ReportName))

            for remark in info.Remarks do
                printfn "  %s" remark

            printfn "in scripts: corpus (corpus_named \"%s\")" name

    let private export (line: CommandLine) name =
        match line.Text "--to" with
        | None -> raise (ArgumentException "export needs --to FOLDER")
        | Some folder ->
            use corpus = opened name (sizeOf line)
            let entries = queried line corpus
            let limit = line.Whole "--limit" entries.Count
            let pairs = line.Whole "--pairs-per-shard" CorpusExporter.DefaultPairsPerShard

            let report =
                CorpusExporter.Export(corpus, Seq.truncate limit entries |> Seq.toArray, folder, pairs, progress name)

            printfn "%s: %d pairs (%s) in %s" name report.Info.Pairs (sides report.Info) folder

            for skipped in report.Skipped do
                printfn "  left out: %s (%s)" skipped.Key skipped.Reason

    let private show (line: CommandLine) name =
        use corpus = opened name (sizeOf line)
        let entries = queried line corpus

        if entries.Count = 0 then
            raise (ArgumentException $"no pair of {name} passes the filter")

        let chosen =
            ContactSheet.Choose(entries, line.Whole "--count" 36, uint64 (line.Whole "--seed" 0))

        let file = Path.GetFullPath(defaultArg (line.Text "--to") $"{corpus.Name}.png")
        File.WriteAllBytes(file, ContactSheet.Draw(corpus, chosen))
        printfn "%d of %d pairs of %s: %s" chosen.Count entries.Count name file

    let private verify (line: CommandLine) name =
        use corpus = opened name (sizeOf line)
        let report = CorpusVerifier.Verify(corpus, progress name)

        for fault in Seq.truncate 20 report.Faults do
            eprintfn "%s: %s" fault.Key fault.Reason

        printfn
            "%s: %d pairs, %.1f MB of pictures, %d faults"
            name
            report.Pairs
            (float report.Bytes / 1e6)
            report.Faults.Count

        if report.Faults.Count = 0 then 0 else 1

    let private path (line: CommandLine) words =
        let size = sizeOf line

        match words with
        | [] -> printfn "%s" (Path.Combine(Research.CacheFolder.Root, "corpora"))
        | name :: _ -> printfn "%s" (CorpusCatalog.Folder(name, size))

    let private size =
        Verb.option "--size" "PIXELS" $"side of the pictures (default: {CorpusCatalog.DefaultImageSize})"

    let private filters = [
        size
        Verb.option "--where" "SQL" "only the pairs that meet a condition over the corpus's columns"
        Verb.option "--split" "SIDE" "only train, validation or test"
        Verb.option "--sources" "A,B" "only these sources"
    ]

    let private one command action (line: CommandLine) =
        match line.Words with
        | [ name ] -> action line name
        | [] ->
            raise (ArgumentException $"{command} needs one name; known corpora are {Words.list CorpusCatalog.Known}")
        | _ :: extra :: _ when command = "import" ->
            raise (
                ArgumentException
                    $"import takes one SOURCE; \"{extra}\" is one too many. Put a pattern in quotes, so that the shell does not expand it ('x/*.tar'), or join several by ::"
            )
        | _ :: extra :: _ -> raise (ArgumentException $"{command} takes one corpus; \"{extra}\" is one too many")

    let private done' action line name =
        action line name
        0

    let private verbs: Verb list = [
        {
            Name = "list"
            Takes = ""
            About = "list the prepared and imported corpora, and those that can be prepared"
            Options = []
            Run =
                fun line ->
                    match line.Words with
                    | [] -> list ()
                    | extra :: _ -> raise (ArgumentException $"list takes no argument; \"{extra}\" is one too many")

                    0
        }
        {
            Name = "prepare"
            Takes = "NAME"
            About = "build one of the toolkit's own corpora; scripts do it when they first name it"
            Options = [ size; Verb.option "--force" "" "build it again" ]
            Run = one "prepare" (done' prepare)
        }
        {
            Name = "import"
            Takes = "SOURCE --name NAME"
            About =
                "import your own pairs: a folder, a table, a caption file, or shards such as 'x/{00000..00099}.tar', several joined by ::"
            Options = [
                Verb.option "--name" "NAME" "the corpus's name in scripts (required)"
                Verb.option
                    "--format"
                    "F"
                    "webdataset, table, captionjson, tokenfile, imagefolder, metadatafolder (default: recognized by names)"
                Verb.option
                    "--images"
                    "FOLDER"
                    "the folder that paths in a table or caption file are relative to (default: the nearby one that holds the first)"
                Verb.option "--image-column" "C" "the table's column of pictures"
                Verb.option "--caption-column" "C" "the table's column of captions"
                Verb.option "--split-column" "C" "the table's column of sides"
                Verb.option "--concept-column" "C" "the table's column of concepts; equal concepts stay on one side"
                Verb.option "--source-column" "C" "the table's column of sources"
                Verb.option "--captions" "RULE" "first, random or all of a picture's captions (default: first)"
                Verb.option "--template" "TEXT" "a caption made from it, such as \"a photo of {caption}\"; repeatable"
                Verb.option "--test-share" "S" "share of the pairs for the test, in [0, 1], unless a column says"
                Verb.option
                    "--validation-share"
                    "S"
                    "share of the pairs for validation, in [0, 1], unless a column says"
                Verb.option "--keep-duplicates" "" "keep pictures that are also on a side nearer to the test"
                Verb.option "--largest-skipped" "S" "share of the pairs, in [0, 1], that may be unreadable"
                Verb.option
                    "--sides"
                    ""
                    "folders named train, val and test are sides (default: if all their sibling folders are)"
                Verb.option "--no-sides" "" "folders named train, val and test are classes"
                Verb.option "--largest-picture" "MEGAPIXELS" "larger pictures are left out (default: 64)"
                Verb.option "--largest-file" "MIB" "larger picture files are left out (default: 256)"
                Verb.option "--largest-text" "MIB" "rows, lines and texts above it are left out (default: 16)"
                Verb.option
                    "--largest-unpacked"
                    "MIB"
                    "what one packed file may unpack to (default: a hundred times its size, at least 256)"
                Verb.option "--largest-captions" "MIB" "captions of COCO's annotations held at once (default: 384)"
                Verb.option "--threads" "N" "pictures decoded in parallel (default: one per core)"
            ]
            Run = one "import" (done' import)
        }
        {
            Name = "export"
            Takes = "NAME|FOLDER --to FOLDER"
            About = "write a corpus as webdataset shards"
            Options =
                Verb.option "--to" "FOLDER" "where to (required)" :: filters
                @ [
                    Verb.option "--limit" "N" "only the first pairs"
                    Verb.option
                        "--pairs-per-shard"
                        "N"
                        $"pairs per shard (default: {CorpusExporter.DefaultPairsPerShard})"
                ]
            Run = one "export" (done' export)
        }
        {
            Name = "show"
            Takes = "NAME|FOLDER"
            About = "draw some pairs on a sheet"
            Options =
                Verb.option "--to" "FILE.png" "where to (default: NAME.png here)" :: filters
                @ [
                    Verb.option "--count" "N" "how many pairs (default: 36)"
                    Verb.option "--seed" "N" "which pairs (default: 0)"
                ]
            Run = one "show" (done' show)
        }
        {
            Name = "verify"
            Takes = "NAME|FOLDER"
            About = "read every pair; exit code 1 where one is damaged"
            Options = [ size ]
            Run = one "verify" verify
        }
        {
            Name = "path"
            Takes = "[NAME]"
            About = "print the folder of a corpus, or of all"
            Options = [ size ]
            Run =
                fun line ->
                    path line line.Words
                    0
        }
    ]

    /// Runs the command and returns the exit code: 2 when the command line is wrong.
    let run (arguments: string list) : int =
        try
            Verb.run "./research data" verbs arguments
        with
        | :? FileNotFoundException
        | :? DirectoryNotFoundException as error ->
            eprintfn "%s" (Words.message error)
            2
        | :? ArgumentException as error ->
            eprintfn "%s" (Words.message error)
            eprintfn "./research data --help lists the commands"
            2
