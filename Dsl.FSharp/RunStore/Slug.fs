namespace Research.Runs

open Research.Language

open System
open System.Security.Cryptography
open System.Text

/// Folder names from names that users type.
[<RequireQualifiedAccess>]
module Slug =
    let private longest = 48

    let private kept (c: char) =
        Char.IsAsciiLetterOrDigit c
        || c = '-'
        || c = '.'
        || c = '+'
        || c = '='
        || c = ','

    let private fingerprint (text: string) =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes text)).Substring(0, 8)

    let private endsLikeFingerprint (text: string) =
        text.Length >= 9
        && text[text.Length - 9] = '-'
        && text.AsSpan(text.Length - 8).IndexOfAnyExcept("0123456789abcdef".AsSpan()) < 0

    /// A file name from a text: letters, digits and `-.+=,` stay and a space becomes `_`. Whatever that would lose (other
    /// characters, a leading dot or dash, length over 48) is dropped and replaced by eight digits of the text's SHA-256, so
    /// that different texts get different names: "HN-NCE" stays, "alpha 0.5" gives "alpha_0.5", "psd/a" gives "psd-a-" and digits.
    /// Raises `ArgumentException` when the text is blank.
    let ofText (text: string) =
        if String.IsNullOrWhiteSpace text then
            raise (ArgumentException "A name is blank: give each arm a name of at least one visible character.")

        let faithful =
            text.Length <= longest
            && text |> Seq.forall (fun c -> kept c || c = ' ')
            && Char.IsAsciiLetterOrDigit text[0]
            && Char.IsAsciiLetterOrDigit text[text.Length - 1]
            && not (endsLikeFingerprint text)

        if faithful then
            text.Replace(' ', '_')
        else
            let readable = StringBuilder()

            for c in text do
                if readable.Length < longest - 9 then
                    if kept c && (readable.Length > 0 || Char.IsAsciiLetterOrDigit c) then
                        readable.Append c |> ignore
                    elif c = ' ' && readable.Length > 0 then
                        readable.Append '_' |> ignore
                    elif readable.Length > 0 && readable[readable.Length - 1] <> '-' then
                        readable.Append '-' |> ignore

            let stem = readable.ToString().TrimEnd('-', '.', '_', '+', '=', ',')
            (if stem = "" then "arm" else stem) + "-" + fingerprint text
