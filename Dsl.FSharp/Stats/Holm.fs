namespace Research

open System

/// Correction for the number of comparisons.
[<RequireQualifiedAccess>]
module Holm =
    /// Holm's step-down adjusted p-values (Holm 1979), in the order given: the k-th smallest of m times m - k + 1, never under the one before it,
    /// at most 1. Comparing them with alpha keeps the chance of any false claim in the family under alpha, whatever the tests' dependence.
    let adjust (ps: float[]) : float[] =
        match ps |> Array.tryFindIndex (fun p -> not (p >= 0.0 && p <= 1.0)) with
        | Some i -> raise (ArgumentException $"The p-value at position {i} is {ps[i]}, but it lies in [0,1].")
        | None -> ()

        let order = Array.init ps.Length id |> Array.sortBy (fun i -> ps[i])
        let adjusted = Array.zeroCreate ps.Length
        let mutable largest = 0.0

        for place, i in Array.indexed order do
            largest <- max largest (min 1.0 (float (ps.Length - place) * ps[i]))
            adjusted[i] <- largest

        adjusted
