namespace Research.Runs

open Research.Language

open System
open System.IO

/// Where a run's files are. A run has one folder in the pool, `<results>/.runs/<hash>/`, whichever sweeps ask for it: `hash` is the
/// first 16 digits of the experiment's hash. The pool is beside the sweeps' folders: for `results/psd` it is `results/.runs`, and
/// for `--out /data/mine` it is `/data/.runs`.
[<RequireQualifiedAccess>]
module RunFolder =
    /// The experiment with its seed and hash; written before the run starts.
    let config (folder: string) = Path.Combine(folder, "config.json")

    /// The run's engine, machine and code.
    let environment (folder: string) =
        Path.Combine(folder, "environment.json")

    /// One line for each logged step.
    let metrics (folder: string) = Path.Combine(folder, "metrics.jsonl")

    /// The final metrics, written at the end of the run.
    let final (folder: string) = Path.Combine(folder, "final.json")

    /// Whether the run is planned, running, interrupted, done or failed, and who runs it.
    let state (folder: string) = Path.Combine(folder, "state.json")

    /// The workers' standard error.
    let log (folder: string) = Path.Combine(folder, "log.txt")

    /// Weights and optimizer state to resume from. A finished run keeps its last checkpoint, so that it can be evaluated again.
    let checkpoint (folder: string) = Path.Combine(folder, "checkpoint")

    /// Locked by the process that runs the folder.
    let internal lease (folder: string) = Path.Combine(folder, ".lease")

    /// The name of the pool beside the sweeps' folders.
    [<Literal>]
    let poolName = ".runs"

    /// The pool of a results folder that holds sweeps' folders.
    let poolOf (results: string) = Path.Combine(results, poolName)

    /// The pool with a sweep's runs, next to the sweep's folder. Raises `ArgumentException` for a root folder, which has nothing
    /// next to it.
    let pool (sweepFolder: string) =
        match Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath sweepFolder)) with
        | null
        | "" ->
            raise (
                ArgumentException
                    $"--out {sweepFolder}: the pool of runs lies next to the sweep's folder, but nothing can lie next to this one; name a folder inside it."
            )
        | results -> poolOf results

    let private digits = 16

    /// The name of a run's folder. Raises `ArgumentException` unless the hash is hexadecimal with at least eight digits.
    let nameOf (hash: string) =
        if hash.Length < 8 || not (Seq.forall Char.IsAsciiHexDigit hash) then
            raise (ArgumentException $"The hash '{hash}' is not hexadecimal of at least 8 digits.")

        hash.Substring(0, min digits hash.Length).ToLowerInvariant()

    /// The folder of a run in the pool that the sweep shares with its neighbours. `hash` is the experiment's hash in hexadecimal.
    let path (sweepFolder: string) (hash: string) =
        Path.Combine(pool sweepFolder, nameOf hash)

    let private refused (folder: string) (error: exn) : 'a =
        let reason = error.Message.Replace("\n", " ").TrimEnd('.')

        raise (
            UnauthorizedAccessException(
                $"The results folder '{folder}' cannot be written ({reason}): make it writable, or choose another one with --out FOLDER.",
                error
            )
        )

    /// Creates a results folder and proves that files can be written there.
    /// Raises `UnauthorizedAccessException` with one line that names the folder and the remedy.
    let ensureWritable (folder: string) =
        try
            Directory.CreateDirectory folder |> ignore
            let probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}")
            File.WriteAllText(probe, "")
            File.Delete probe
        with
        | :? UnauthorizedAccessException
        | :? IOException as error -> refused folder error
