namespace Research.Commands

open System
open System.IO
open System.Text.Json
open TorchSharp
open Research.Language
open Research.Engine
open Research.Corpora
open Research.Plots

/// `./research doctor`, the part that needs the running program: engine, speed of its BLAS, threads, devices, caches.
[<RequireQualifiedAccess>]
module Doctor =
    /// Below this GFLOP/s per core the BLAS is not an optimised one: the reference implementation reaches about 2 to 5.
    let private slowestHonestGflops = 15.0

    let private say state (text: string) = printfn "  %-6s %s" state text

    let private remedy (text: string) = printfn "         remedy: %s" text

    let private engine () =
        printfn "engine"

        for fact in EngineReport.Facts() do
            say "ok" $"{fact.Key}: {fact.Value}"

        for line in EngineReport.BuildString().Split('\n') do
            printfn "           %s" (line.Trim())

        Operators.Require()

        let speed (kind: string) (gflops: float) =
            $"matrix product, {kind}, one thread: {gflops:F0} GFLOP/s"

        // On one thread: on a busy machine, two threads that wait for each other read low.
        let threads = torch.get_num_threads ()
        torch.set_num_threads 1
        let single = EngineReport.MatrixProductGflops()
        let short = EngineReport.MatrixProductGflops(``type`` = torch.ScalarType.BFloat16)
        torch.set_num_threads threads
        say "ok" $"""{speed "bf16" short} ({short / single:F1} times fp32)"""

        if single >= slowestHonestGflops then
            say "ok" (speed "fp32" single)
            true
        else
            say
                "WRONG"
                $"""{speed "fp32" single}; an optimised BLAS reaches {slowestHonestGflops:F0} or more on one core"""

            remedy
                "a busy machine reads low: try again; RESEARCH_LIBTORCH may name a libtorch without an optimised BLAS"

            false

    let private packages () =
        printfn "packages"

        use description =
            Path.Combine(AppContext.BaseDirectory, "Research.Dsl.deps.json")
            |> File.ReadAllText
            |> JsonDocument.Parse

        for library in description.RootElement.GetProperty("libraries").EnumerateObject() do
            if library.Value.GetProperty("type").GetString() = "package" then
                say "ok" (library.Name.Replace('/', ' '))

        true

    let private caches () =
        printfn "corpora in %s" Research.CacheFolder.Root

        for entry in CorpusCatalog.List() do
            if entry.Prepared.Count = 0 then
                say
                    "-"
                    $"{entry.Name}: not prepared yet; scripts prepare it when they name it, or run ./research data prepare {entry.Name}"

            for corpus in entry.Prepared do
                say
                    "ok"
                    $"{entry.Name}: {corpus.Pairs} pairs of {corpus.ImageSize} px in {CorpusCatalog.Folder(entry.Name, corpus.ImageSize)}"

        true

    let private figures () =
        printfn "figures"

        match Chromium.find () with
        | Some path -> say "ok" $"static images with {path}"
        | None -> say "-" "no Chromium: figures are written as HTML only (./research setup installs it)"

        true

    /// Prints the findings; 0 when nothing is wrong.
    let run () =
        try
            let findings = [ packages (); engine (); caches (); figures () ]
            if List.forall id findings then 0 else 1
        with error ->
            say "WRONG" error.Message
            1
