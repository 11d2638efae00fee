namespace Research.Language

open System

/// The known name that a mistyped one probably stands for.
[<RequireQualifiedAccess>]
module Nearest =
    /// Single-letter insertions, deletions and substitutions between two names (Levenshtein).
    /// `frozen_distillation "results/.runs/0123456789abcdef" |> distance cross_entropy`
    let distance (a: string) (b: string) : int =
        let mutable row = [| 0 .. b.Length |]

        for i in 1 .. a.Length do
            let next = Array.zeroCreate (b.Length + 1)
            next[0] <- i

            for j in 1 .. b.Length do
                let change = row[j - 1] + (if a[i - 1] = b[j - 1] then 0 else 1)
                next[j] <- min change (1 + min row[j] next[j - 1])

            row <- next

        row[b.Length]

    /// The nearest known name, when at most two letters, or a quarter of them in a long name, are different. Case does not count.
    let find (known: string seq) (name: string) : string option =
        let apart (other: string) =
            distance (name.ToLowerInvariant()) (other.ToLowerInvariant())

        if Seq.isEmpty known then
            None
        else
            let best = known |> Seq.minBy apart

            if apart best <= max 2 (name.Length / 4) then
                Some best
            else
                None

    /// `; did you mean test.r10?`, or nothing.
    let hint (known: string seq) (name: string) : string =
        match find known name with
        | Some other -> $"; did you mean {other}?"
        | None -> ""
