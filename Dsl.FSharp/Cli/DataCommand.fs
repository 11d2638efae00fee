namespace Research

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Research.Corpora
open Research.Corpora.Import
open Research.Imaging

/// `./research data prepare | import | export | list | show | verify | path`.
[<RequireQualifiedAccess>]
module DataCommand =
    let private usage =
        """usage: ./research data COMMAND
  list                          what is prepared, imported, or can be
  prepare NAME [--size PIXELS] [--force]
  import SOURCE --name NAME     SOURCE: a folder, a table, a caption file, or shards such as 'x/{00000..00099}.tar', several joined by ::
      [--format F]              webdataset, table, captionjson, tokenfile, imagefolder, metadatafolder (default: told by names)
      [--images FOLDER]         what the paths in a table or caption file are relative to (default: the folder near it that holds the first)
      [--image-column C] [--caption-column C] [--split-column C] [--concept-column C] [--source-column C]
      [--captions first|random|all] [--template "a photo of {caption}"]...
      [--test-share S] [--validation-share S] [--keep-duplicates] [--largest-skipped S] [--threads N]
      [--sides | --no-sides]    folders named train, val, test are sides | classes (default: sides where all folders beside them are)
      [--largest-picture MEGAPIXELS] [--largest-file MIB] [--largest-text MIB] [--largest-unpacked MIB] [--largest-captions MIB]
  export NAME|FOLDER --to FOLDER [--size PIXELS] [--where SQL] [--split SIDE] [--sources A,B] [--limit N] [--pairs-per-shard N]
  show NAME|FOLDER [--to FILE.png] [--size PIXELS] [--where SQL] [--split SIDE] [--sources A,B] [--count N] [--seed N]
  verify NAME|FOLDER [--size PIXELS]
  path [NAME] [--size PIXELS]"""

    /// The words of a command line: options that take a value, flags, and the rest.
    type private Line(valued: string list, flags: string list, arguments: string list) =
        let values = Dictionary<string, List<string>>()
        let words = List<string>()

        let rec read arguments =
            match arguments with
            | [] -> ()
            | (option: string) :: more when List.contains option flags ->
                values[option] <- List<string>()
                read more
            | option :: value :: more when List.contains option valued ->
                if not (values.ContainsKey option) then
                    values[option] <- List<string>()

                values[option].Add value
                read more
            | [ option ] when List.contains option valued -> raise (ArgumentException $"{option} needs a value")
            | option :: _ when option.StartsWith "--" -> raise (ArgumentException $"unknown option {option}")
            | word :: more ->
                words.Add word
                read more

        do read arguments

        member _.Words = List.ofSeq words
        member _.Has option = values.ContainsKey option

        member _.All option =
            match values.TryGetValue option with
            | true, given -> List.ofSeq given
            | false, _ -> []

        member line.Text option : string option = line.All option |> List.tryLast

        member line.Whole option (fallback: int) =
            match line.Text option with
            | None -> fallback
            | Some text ->
                match Int32.TryParse text with
                | true, number -> number
                | false, _ -> raise (ArgumentException $"{option} is \"{text}\", but a whole number is expected")

        member line.Share option (fallback: float) =
            match line.Text option with
            | None -> fallback
            | Some text ->
                match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, number -> number
                | false, _ -> raise (ArgumentException $"{option} is \"{text}\", but a number in [0, 1] is expected")

        member line.Choice<'choice when 'choice: struct and 'choice: (new: unit -> 'choice) and 'choice :> ValueType>
            option
            (fallback: 'choice)
            =
            match line.Text option with
            | None -> fallback
            | Some text ->
                match Enum.TryParse<'choice>(text, true) with
                | true, choice when not (Char.IsDigit text[0]) -> choice
                | _ ->
                    let known = Enum.GetNames(typeof<'choice>) |> Array.map _.ToLowerInvariant()
                    raise (ArgumentException $"{option} is \"{text}\"; known are {Words.list known}")

    let private progress (what: string) : IProgress<PrepareProgress> =
        let clock = Diagnostics.Stopwatch.StartNew()
        let mutable said = TimeSpan.Zero

        {
            new IProgress<PrepareProgress> with
                member _.Report now =
                    lock clock (fun () ->
                        if clock.Elapsed - said > TimeSpan.FromSeconds 2.0 then
                            said <- clock.Elapsed
                            eprintfn "%s: %s %d/%d" what now.Stage now.Done now.Total)
        }

    let private opened (name: string) size =
        if name.Contains '/' || name = "." then
            Corpus.Open name
        else
            CorpusCatalog.Prepare(name, size, progress name) |> ignore
            CorpusCatalog.Open(name, size)

    let private filters = [ "--size"; "--where"; "--split"; "--sources" ]

    let private sizeOf (line: Line) =
        line.Whole "--size" CorpusCatalog.DefaultImageSize

    let private queried (line: Line) (corpus: Corpus) =
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
                "  left out because the picture is on a side nearer to the test: %d equal, %d alike"
                info.DroppedEqual
                info.DroppedSimilar

        if info.DroppedBlank > 0 then
            printfn "  left out because nothing is to be seen at %d px: %d" info.ImageSize info.DroppedBlank

    let private prepare (line: Line) name =
        let size = sizeOf line
        let folder = CorpusCatalog.Folder(name, size)
        let builds = line.Has "--force" || not (Directory.Exists folder)
        let clock = Diagnostics.Stopwatch.StartNew()
        let info = Preparation.ensure false (line.Has "--force") name size
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

    let private mebibytes (line: Line) option (fallback: int64) =
        match line.Text option with
        | None -> fallback
        | Some _ -> int64 (line.Whole option 0) <<< 20

    let private decoding (line: Line) =
        let defaults = DecodeOptions.Default

        DecodeOptions(
            LargestPixelCount =
                (match line.Text "--largest-picture" with
                 | None -> defaults.LargestPixelCount
                 | Some _ -> int64 (line.Whole "--largest-picture" 0) * 1_000_000L),
            LargestFile = mebibytes line "--largest-file" defaults.LargestFile
        )

    let private bounds (line: Line) =
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

    let private importOptions (line: Line) source name =
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

    let private import (line: Line) source =
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

    let private export (line: Line) name =
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

    let private show (line: Line) name =
        use corpus = opened name (sizeOf line)
        let entries = queried line corpus

        if entries.Count = 0 then
            raise (ArgumentException $"no pair of {name} passes the filter")

        let chosen =
            ContactSheet.Choose(entries, line.Whole "--count" 36, uint64 (line.Whole "--seed" 0))

        let file = Path.GetFullPath(defaultArg (line.Text "--to") $"{corpus.Name}.png")
        File.WriteAllBytes(file, ContactSheet.Draw(corpus, chosen))
        printfn "%d of %d pairs of %s: %s" chosen.Count entries.Count name file

    let private verify (line: Line) name =
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

    let private path (line: Line) words =
        let size = sizeOf line

        match words with
        | [] -> printfn "%s" (Path.Combine(CacheFolder.Root, "corpora"))
        | name :: _ -> printfn "%s" (CorpusCatalog.Folder(name, size))

    let private importValued = [
        "--name"
        "--format"
        "--images"
        "--image-column"
        "--caption-column"
        "--split-column"
        "--concept-column"
        "--source-column"
        "--captions"
        "--template"
        "--test-share"
        "--validation-share"
        "--largest-skipped"
        "--largest-picture"
        "--largest-file"
        "--largest-text"
        "--largest-unpacked"
        "--largest-captions"
        "--threads"
    ]

    let private one (line: Line) command action =
        match line.Words with
        | [ name ] -> action line name
        | [] ->
            raise (ArgumentException $"{command} needs one name; known corpora are {Words.list CorpusCatalog.Known}")
        | _ :: extra :: _ when command = "import" ->
            raise (
                ArgumentException
                    $"import takes one SOURCE; \"{extra}\" is one too many. Put a pattern into quotes, so that the shell leaves it alone ('x/*.tar'), or join several by ::"
            )
        | _ :: extra :: _ -> raise (ArgumentException $"{command} takes one corpus; \"{extra}\" is one too many")

    let private obey (arguments: string list) =
        let done_ action line name =
            action line name
            0

        match arguments with
        | "list" :: [] ->
            list ()
            0
        | "list" :: extra :: _ -> raise (ArgumentException $"list takes nothing behind it; \"{extra}\" is one too many")
        | "prepare" :: rest -> one (Line([ "--size" ], [ "--force" ], rest)) "prepare" (done_ prepare)
        | "import" :: rest ->
            one (Line(importValued, [ "--keep-duplicates"; "--sides"; "--no-sides" ], rest)) "import" (done_ import)
        | "export" :: rest ->
            one (Line([ "--to"; "--limit"; "--pairs-per-shard" ] @ filters, [], rest)) "export" (done_ export)
        | "show" :: rest -> one (Line([ "--to"; "--count"; "--seed" ] @ filters, [], rest)) "show" (done_ show)
        | "verify" :: rest -> one (Line([ "--size" ], [], rest)) "verify" verify
        | "path" :: rest ->
            let line = Line([ "--size" ], [], rest)
            path line line.Words
            0
        | [] -> raise (ArgumentException "data needs a command")
        | word :: _ -> raise (ArgumentException $"unknown command \"{word}\"")

    /// Runs the command and returns the exit code: 2 when the command line is wrong.
    let run (arguments: string list) : int =
        match arguments with
        | [ "--help" ]
        | [ "-h" ] ->
            printfn "%s" usage
            0
        | _ ->
            try
                obey arguments
            with
            | :? FileNotFoundException
            | :? DirectoryNotFoundException as error ->
                eprintfn "%s" (Words.message error)
                2
            | :? ArgumentException as error ->
                eprintfn "%s" (Words.message error)
                eprintfn "./research data --help lists the commands"
                2
