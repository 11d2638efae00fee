namespace Research

open System
open System.IO

/// The plotly.js that figures carry, from npm's package in the cache folder.
module internal PlotlyScript =
    /// npm's `plotly.js-basic-dist-min`: scatter, bar and pie in 1.2 MB, where the full build has 4.6 MB.
    [<Literal>]
    let package = "plotly.js-basic-dist-min"

    let private cacheFolder () =
        let variable (name: string) =
            match Environment.GetEnvironmentVariable name with
            | null
            | "" -> None
            | value -> Some value

        match variable "RESEARCH_CACHE", variable "XDG_CACHE_HOME" with
        | Some cache, _ -> cache
        | None, Some caches -> Path.Combine(caches, "research")
        | None, None ->
            Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".cache", "research")

    /// The script's path. Raises `FileNotFoundException` that names the remedy.
    let path () =
        let path =
            Path.Combine(cacheFolder (), "npm", "node_modules", package, "plotly-basic.min.js")

        if not (File.Exists path) then
            raise (FileNotFoundException($"plotly.js is missing: there is no '{path}'. Run ./research setup.", path))

        path
