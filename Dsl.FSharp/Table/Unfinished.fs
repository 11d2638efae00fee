namespace Research.Tables

open System
open Research.Runs

/// What is said of arms whose runs have not all been finished, in figures and tables alike.
[<RequireQualifiedAccess>]
module internal Unfinished =
    let private share (own: RunRecord list) (all: RunRecord list) (word: string) =
        if own.Length = all.Length then
            word
        else
            $"{own.Length} of {all.Length} seeds {word}"

    /// "failed", "2 of 5 seeds failed", "not started" and so on, of all runs of an arm or a place of a figure; None where all are finished.
    let words (runs: RunRecord list) : string option =
        let inState states =
            runs |> List.filter (fun run -> List.contains run.State states)

        let failed = inState [ RunStatus.Failed ]
        let waiting = runs |> List.filter (fun run -> run.State <> RunStatus.Done)

        if not failed.IsEmpty then
            Some(share failed runs "failed")
        elif waiting.IsEmpty then
            None
        elif waiting |> List.forall (fun run -> run.State = RunStatus.Planned) then
            Some(share waiting runs "not started")
        else
            Some(share waiting runs "not finished")

    /// Names with their words as one line, "failed: A, B; 1 of 5 seeds failed: C"; "" for none.
    let line (named: (string * string) list) : string =
        named
        |> List.groupBy snd
        |> List.map (fun (words, own) -> $"""{words}: {String.Join(", ", List.map fst own)}""")
        |> String.concat "; "

    /// The same of the arms among all runs, in their order.
    let ofArms (runs: RunRecord list) : string =
        runs
        |> List.groupBy _.Arm
        |> List.choose (fun (arm, own) -> words own |> Option.map (fun words -> arm, words))
        |> line
