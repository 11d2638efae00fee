namespace Research.Commands

open System
open System.Diagnostics
open Research.Language
open Research.Corpora

/// Corpora are built when a script or `./research data prepare` first names them.
[<RequireQualifiedAccess>]
module CorpusPreparation =
    /// Progress as lines on standard error: one at the start of a stage and then at most one every two seconds.
    let progress (what: string) : IProgress<PrepareProgress> =
        let clock = Stopwatch.StartNew()
        let mutable stage = ""
        let mutable said = TimeSpan.Zero

        {
            new IProgress<PrepareProgress> with
                member _.Report now =
                    lock clock (fun () ->
                        if now.Stage <> stage || clock.Elapsed - said > TimeSpan.FromSeconds 2.0 then
                            stage <- now.Stage
                            said <- clock.Elapsed
                            eprintfn "%s: %s %d/%d" what now.Stage now.Done now.Total)
        }

    /// Builds the corpus unless it exists, and reports progress unless `quiet`.
    let ensure (quiet: bool) (force: bool) (name: string) (pixels: int) : CorpusInfo =
        let progress: IProgress<PrepareProgress> | null =
            if quiet then
                null
            else
                progress $"corpus {name}, {pixels} px"

        CorpusCatalog.Prepare(name, pixels, progress, force)

    let private fingerprintOf quiet (data: Data) =
        if data.IsFolder then
            use corpus = Corpus.Open data.Corpus
            corpus.Fingerprint
        else
            (ensure quiet false data.Corpus data.Pixels).Fingerprint

    let private remembered (fingerprint: Data -> string) : Data -> string =
        let known = Collections.Generic.Dictionary<string * int, string>()

        fun data ->
            match known.TryGetValue((data.Corpus, data.Pixels)) with
            | true, fingerprint -> fingerprint
            | false, _ ->
                let fingerprint = fingerprint data
                known.Add((data.Corpus, data.Pixels), fingerprint)
                fingerprint

    /// The fingerprint of an experiment's corpus; prepares the corpus.
    let fingerprint (quiet: bool) : Data -> string = remembered (fingerprintOf quiet)

    /// The fingerprint of an experiment's corpus if it exists here, else empty; builds nothing.
    let fingerprintHere: Data -> string =
        remembered (fun data ->
            try
                use corpus =
                    if data.IsFolder then
                        Corpus.Open data.Corpus
                    else
                        CorpusCatalog.Open(data.Corpus, data.Pixels)

                corpus.Fingerprint
            with
            | :? IO.IOException
            | :? IO.InvalidDataException -> "")
