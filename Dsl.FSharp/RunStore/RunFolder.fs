namespace Research.Runs

open Research.Language

open System
open System.IO

/// Where things stand in `<sweep folder>/runs/<arm>-s<seed>-<hash8>/`, the folder of one run. Run folders are the truth: whatever
/// else is written about a sweep can be made again from them.
[<RequireQualifiedAccess>]
module RunFolder =
    /// The experiment with its arm, axes, seed and hash; written before the run starts.
    let config (folder: string) = Path.Combine(folder, "config.json")

    /// Engine, machine and code that the run was made with.
    let environment (folder: string) =
        Path.Combine(folder, "environment.json")

    /// One line for each logged step.
    let metrics (folder: string) = Path.Combine(folder, "metrics.jsonl")

    /// The final metrics; exists only when the run is finished.
    let final (folder: string) = Path.Combine(folder, "final.json")

    /// Whether the run is planned, running, interrupted, done or failed, and who runs it.
    let state (folder: string) = Path.Combine(folder, "state.json")

    /// What the workers wrote to standard error.
    let log (folder: string) = Path.Combine(folder, "log.txt")

    /// Weights and optimizer state to resume from; not for version control.
    let checkpoint (folder: string) = Path.Combine(folder, "checkpoint")

    /// Locked by the process that runs the folder.
    let internal lease (folder: string) = Path.Combine(folder, ".lease")

    /// The folder that holds the runs of a sweep.
    let runs (sweepFolder: string) = Path.Combine(sweepFolder, "runs")

    /// The folder of one run. `hash` is the experiment's hash in hexadecimal, eight digits or more.
    let path (sweepFolder: string) (arm: string) (seed: int) (hash: string) =
        if hash.Length < 8 || not (Seq.forall Char.IsAsciiHexDigit hash) then
            raise (ArgumentException $"The hash '{hash}' of arm '{arm}' is not hexadecimal of at least 8 digits.")

        Path.Combine(runs sweepFolder, $"{Slug.ofText arm}-s{seed}-{hash.Substring(0, 8).ToLowerInvariant()}")

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
