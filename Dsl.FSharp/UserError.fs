namespace Research.Language

open System
open System.Diagnostics
open System.IO

/// Reports a mistake in a script as one line that names the place, the keyword, the offending value and what is allowed.
/// In a library or a test it is an `ArgumentException`; in a script (see experiments/prelude.fsx) it is that line and exit code 2,
/// because F# Interactive would print a stack trace.
[<RequireQualifiedAccess>]
module UserError =
    let mutable private scripted = false
    let private collecting = new Threading.ThreadLocal<bool>()

    /// The script line that led here, as "quickstart.fsx(12): ", or nothing outside a script.
    let private place () =
        StackTrace(true).GetFrames()
        |> Array.choose (fun frame ->
            match frame.GetFileName() with
            | null -> None
            | file when file.EndsWith(".fsx", StringComparison.Ordinal) -> Some(file, frame.GetFileLineNumber())
            | _ -> None)
        |> Array.tryLast
        |> Option.map (fun (file, line) -> $"{Path.GetFileName file}({line}): ")
        |> Option.defaultValue ""

    /// From now on a mistake ends the process with one line on standard error and exit code 2. The prelude calls it when a script is run,
    /// not when lines are sent to an interactive session.
    let exitAfterOne () = scripted <- true

    /// Reports a mistake; never returns.
    let fail (message: string) : 'a =
        let shown = Research.Printing.PrintableText.Of(message, lines = true)

        if scripted && not collecting.Value then
            eprintfn "%s%s" (place ()) shown
            exit 2
        else
            raise (ArgumentException shown)

    /// The result, or the words of the mistake that was made on the way, for a caller who can say where.
    let attempt (action: unit -> 'a) : Result<'a, string> =
        let before = collecting.Value
        collecting.Value <- true

        try
            try
                Ok(action ())
            with :? ArgumentException as error ->
                Error error.Message
        finally
            collecting.Value <- before

    /// Reports the mistakes, if any, that a builder found.
    let failAny (messages: string list) =
        match messages with
        | [] -> ()
        | [ one ] -> fail one
        | many -> fail (String.Join("; ", many))

/// Invariant texts of values, for labels and messages.
[<RequireQualifiedAccess>]
module internal Words =
    let number (value: float) =
        value.ToString("R", Globalization.CultureInfo.InvariantCulture)

    /// An exception's own words, in one line, without the parameter's name that .NET appends.
    let message (error: exn) : string =
        let rec innermost (error: exn) =
            match error with
            | :? AggregateException
            | :? Reflection.TargetInvocationException
            | :? TypeInitializationException ->
                match error.InnerException with
                | null -> error
                | inner -> innermost inner
            | error -> error

        let error = innermost error

        let own =
            match error with
            | :? ArgumentOutOfRangeException
            | :? ArgumentException as error ->
                let text = error.Message

                match text.LastIndexOf(" (Parameter '", StringComparison.Ordinal) with
                | -1 -> text
                | at -> text.Substring(0, at)
            | error -> error.Message

        String.Join(
            " ",
            own.Split([| '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries)
            |> Array.map _.Trim()
        )

    let list (items: string seq) = String.Join(", ", items)

    let label (value: objnull) : string =
        match value with
        | null -> ""
        | :? float as number -> number.ToString("R", Globalization.CultureInfo.InvariantCulture)
        | :? IFormattable as formattable -> formattable.ToString(null, Globalization.CultureInfo.InvariantCulture)
        | other -> string other
