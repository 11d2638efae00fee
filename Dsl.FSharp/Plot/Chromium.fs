namespace Research.Plots

open System
open System.Diagnostics
open System.IO
open System.Threading
open Research.Language

/// Headless Chromium, which turns figures into static images.
module internal Chromium =
    let private names = [ "chromium"; "chromium-browser"; "google-chrome-stable"; "google-chrome" ]

    /// The browser on the PATH, or the one that RESEARCH_CHROMIUM names.
    let find () : string option =
        match Environment.GetEnvironmentVariable "RESEARCH_CHROMIUM" with
        | null
        | "" ->
            let folders =
                match Environment.GetEnvironmentVariable "PATH" with
                | null -> [||]
                | path -> path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)

            Seq.allPairs names folders
            |> Seq.map (fun (name, folder) -> Path.Combine(folder, name))
            |> Seq.tryFind File.Exists
        | chosen -> if File.Exists chosen then Some chosen else None

    /// The message when there is none.
    let missing =
        "Chromium is missing, so there is no static image: install Debian's package 'chromium' (./research setup does), or set RESEARCH_CHROMIUM."

    let private limit = TimeSpan.FromSeconds 60.0

    /// Chromium refuses to start as root with its sandbox; everyone else keeps the sandbox.
    let private sandbox =
        if Environment.IsPrivilegedProcess then
            [ "--no-sandbox" ]
        else
            []

    let private reason (errors: string) : string =
        if errors.Contains("No usable sandbox", StringComparison.Ordinal) then
            "its sandbox does not work for this user: install Debian's package 'chromium-sandbox', or allow unprivileged user namespaces."
        else
            errors.Trim().Split('\n') |> Array.last

    /// Opens a page with a fresh profile and returns what Chromium prints. Raises `TimeoutException` or `InvalidOperationException`.
    let private invoke (browser: string) (arguments: string list) (page: string) : string =
        let folder = DirectoryInfo(Research.Runs.TemporaryFolder.create "research-figure-")

        try
            let file = Path.Combine(folder.FullName, "page.html")
            File.WriteAllText(file, page)

            let start =
                ProcessStartInfo(
                    browser,
                    [
                        "--headless"
                        "--disable-gpu"
                        "--disable-quic"
                        "--no-first-run"
                        "--disable-background-networking"
                        "--disable-component-update"
                        "--disable-sync"
                        "--disable-dev-shm-usage"
                        "--force-color-profile=srgb"
                        "--virtual-time-budget=30000"
                        $"""--user-data-dir={Path.Combine(folder.FullName, "profile")}"""
                    ]
                    @ sandbox
                    @ arguments
                    @ [ Uri(file).AbsoluteUri ],
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    UseShellExecute = false
                )

            use browser = new Process(StartInfo = start)
            browser.Start() |> ignore
            browser.StandardInput.Close()
            let errors = browser.StandardError.ReadToEndAsync()
            let output = browser.StandardOutput.ReadToEndAsync()
            use timeout = new CancellationTokenSource(limit)

            try
                browser.WaitForExitAsync(timeout.Token).GetAwaiter().GetResult()
            with :? OperationCanceledException ->
                browser.Kill(entireProcessTree = true)
                raise (TimeoutException $"Chromium did not draw the figure within {limit.TotalSeconds} s.")

            if browser.ExitCode <> 0 then
                raise (
                    InvalidOperationException
                        $"Chromium ended with exit code {browser.ExitCode}: {reason errors.Result}"
                )

            output.Result
        finally
            try
                folder.Delete(recursive = true)
            with :? IOException ->
                () // the browser's helpers may still write; the system clears its temporary folder

    let private imageIn (dom: string) (id: string) : byte[] =
        let mark = $"<pre id=\"{id}\">"
        let start = dom.IndexOf(mark, StringComparison.Ordinal)

        let finish =
            if start < 0 then
                -1
            else
                dom.IndexOf("</pre>", start, StringComparison.Ordinal)

        let content =
            if finish < 0 then
                ""
            else
                dom.Substring(start + mark.Length, finish - start - mark.Length)

        if content = "" then
            raise (InvalidOperationException $"Chromium drew no figure: plotly.js left no {id} image on the page.")
        elif content[0] = '!' then
            raise (InvalidOperationException $"plotly.js could not draw the figure: {content.Substring 1}")
        else
            Convert.FromBase64String content

    /// The images on an exporting page, by the ids of their elements.
    let export (browser: string) (page: string) : string -> byte[] =
        imageIn (invoke browser [ "--dump-dom" ] page)

    /// Prints a page to PDF.
    let print (browser: string) (page: string) (path: string) =
        let made = path + $".{Environment.ProcessId}.tmp"

        try
            invoke browser [ "--no-pdf-header-footer"; $"--print-to-pdf={Path.GetFullPath made}" ] page
            |> ignore

            if not (File.Exists made) then
                raise (InvalidOperationException $"Chromium printed no PDF for '{path}'.")

            File.Move(made, path, overwrite = true)
        finally
            File.Delete made
