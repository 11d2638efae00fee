namespace Research.Language

open System
open Research.Printing
open Spectre.Console

/// The mouth of everything printed: text of others reaches a terminal, a log, a table or a figure through `PrintableText`.
[<RequireQualifiedAccess>]
module internal Printed =
    /// Text for a Spectre console, where square brackets would be markup.
    let markup (text: string) = Markup.Escape(PrintableText.Of text)

    /// From now on standard output and standard error are written through `PrintableWriter`. `terminal` tells that Spectre draws too: its own
    /// sequences are to reach the terminal as they are, so it takes the output as it was; what it shows passes through `markup`.
    let guard (terminal: bool) =
        if terminal then
            AnsiConsole.Profile |> ignore // made now, or it would take the writer

        Console.SetOut(new PrintableWriter(Console.Out))
        Console.SetError(new PrintableWriter(Console.Error))
