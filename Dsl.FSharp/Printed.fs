namespace Research.Language

open System
open Research.Printing
open Spectre.Console

/// The outlet for everything printed: foreign text reaches a terminal, a log, a table or a figure through `PrintableText`.
[<RequireQualifiedAccess>]
module internal Printed =
    /// Text for a Spectre console, where square brackets would be markup.
    let markup (text: string) = Markup.Escape(PrintableText.Of text)

    /// From now on standard output and standard error are written through `PrintableWriter`. `terminal` means that Spectre draws too: its own
    /// sequences must reach the terminal unchanged, so it gets the original output; the text it shows passes through `markup`.
    let guard (terminal: bool) =
        if terminal then
            AnsiConsole.Profile |> ignore // created now, or it would use the writer

        Console.SetOut(new PrintableWriter(Console.Out))
        Console.SetError(new PrintableWriter(Console.Error))
