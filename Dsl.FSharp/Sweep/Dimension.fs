namespace Research.Language

open System
open System.Globalization
open Research.Randomness

/// One dimension of samples: a name and the value at each quantile.
type Dimension = {
    Name: string
    /// From a quantile in [0, 1) to the value's label and its patch.
    At: float -> string * (Experiment -> Experiment)
    /// The number of different values; None for a continuum.
    Values: int option
    /// What is wrong with the dimension's bounds.
    Problems: string list
}

/// How the points of a sample are placed.
[<RequireQualifiedAccess>]
type SampleKind =
    /// Independently; a larger sample begins with the points of a smaller one.
    | Random
    /// Each dimension is cut into as many slices of equal probability as there are points, and each slice holds exactly one
    /// point (McKay, Beckman and Conover 1979).
    | LatinHypercube

/// Points drawn from dimensions, a pure function of the seed.
type Sample = {
    Kind: SampleKind
    Count: int
    Seed: int
    Dimensions: Dimension list
}

[<RequireQualifiedAccess>]
module Sample =
    let private keyword sample =
        match sample.Kind with
        | SampleKind.Random -> "random_sample"
        | SampleKind.LatinHypercube -> "latin_hypercube"

    /// A dimension's own stream: adding or removing a dimension does not change the others.
    let private stream sample (purpose: string) (dimension: Dimension) =
        SeededRandom(Seed.Derive(uint64 sample.Seed, $"sweep, {purpose}: {dimension.Name}"))

    let private combinations sample =
        sample.Dimensions
        |> List.fold (fun product dimension -> Option.map2 (fun a b -> a * int64 b) product dimension.Values) (Some 1L)

    let problems sample = [
        let keyword = keyword sample

        if sample.Count < 1 then
            $"{keyword} {sample.Count}: at least one point is needed, or the sweep is empty"

        if sample.Seed < 0 then
            $"{keyword}: seed {sample.Seed} must be at least 0"

        if sample.Dimensions.IsEmpty then
            $"{keyword}: the list of dimensions is empty; dimensions are uniform, log_uniform, whole and one_of"

        for dimension in sample.Dimensions do
            for problem in dimension.Problems do
                $"{keyword}: {problem}"

        match combinations sample with
        | Some most when sample.Kind = SampleKind.Random && int64 sample.Count > most ->
            $"{keyword} {sample.Count}: its dimensions have only {most} different points"
        | _ -> ()
    ]

    let private latin sample =
        let columns =
            sample.Dimensions
            |> List.map (fun dimension ->
                let random = stream sample "latin hypercube" dimension
                let slices = random.Permutation sample.Count

                slices
                |> Array.map (fun slice -> (float slice + random.NextDouble()) / float sample.Count))

        [
            for i in 0 .. sample.Count - 1 -> columns |> List.map (fun column -> column[i])
        ]

    /// Draws until `Count` points have different labels.
    let private random sample =
        let streams = sample.Dimensions |> List.map (stream sample "random")
        let seen = Collections.Generic.HashSet<string list>()

        let rec draw found tries =
            if List.length found = sample.Count then
                List.rev found
            elif tries = 0 then
                raise (
                    ArgumentException
                        $"random_sample {sample.Count}: only {found.Length} different points were found; widen a dimension"
                )
            else
                let quantiles = streams |> List.map _.NextDouble()

                let labels =
                    List.map2 (fun dimension quantile -> fst (dimension.At quantile)) sample.Dimensions quantiles

                draw (if seen.Add labels then quantiles :: found else found) (tries - 1)

        draw [] (1000 * sample.Count)

    /// The points: for each dimension its name, the value's label and its patch. Call it only if `problems` finds none.
    let points sample : (string * string * (Experiment -> Experiment)) list list =
        let quantiles =
            match sample.Kind with
            | SampleKind.Random -> random sample
            | SampleKind.LatinHypercube -> latin sample

        quantiles
        |> List.map (fun point ->
            List.map2
                (fun (dimension: Dimension) quantile ->
                    let label, patch = dimension.At quantile
                    dimension.Name, label, patch)
                sample.Dimensions
                point)

namespace Research

open System
open System.Globalization
open Research.Language

/// The dimensions of samples in scripts: `random_sample 20 1 [ log_uniform "learning rate" 1e-4 1e-2 adamw ]`.
[<AutoOpen>]
module DimensionWords =
    /// Four significant digits, so that the label is the exact value.
    let private rounded (value: float) =
        Double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)

    let private interval name low high (patch: float -> Experiment -> Experiment) problems value : Dimension = {
        Name = name
        At =
            fun quantile ->
                let value = rounded (value quantile) |> max low |> min high
                Words.number value, patch value
        Values = None
        Problems = [
            if not (low < high && Double.IsFinite low && Double.IsFinite high) then
                $"\"{name}\" goes from {Words.number low} to {Words.number high}; allowed are finite bounds, the lower one first"
            yield! problems
        ]
    }

    /// Any number between the bounds, uniformly; values are rounded to four digits: `uniform "soft fraction" 0.2 0.9 (cosine 0 >> soft_fraction)`.
    let uniform name (low: float) (high: float) (patch: float -> Experiment -> Experiment) =
        interval name low high patch [] (fun quantile -> low + (high - low) * quantile)

    /// Any number between two positive bounds, uniformly in its logarithm; values are rounded to four digits: `log_uniform "rate" 1e-4 1e-2 adamw`.
    let log_uniform name (low: float) (high: float) (patch: float -> Experiment -> Experiment) =
        let problems =
            if low > 0.0 then
                []
            else
                [
                    $"\"{name}\": log_uniform needs a positive lower bound, not {Words.number low}"
                ]

        interval name low high patch problems (fun quantile -> low * Math.Pow(high / low, quantile))

    /// Any whole number between the bounds, both included, uniformly: `whole "batch" 64 256 batch`.
    let whole name (low: int) (high: int) (patch: int -> Experiment -> Experiment) : Dimension = {
        Name = name
        At =
            fun quantile ->
                let value = min high (low + int (Math.Floor(quantile * float (high - low + 1))))
                Words.label (box value), patch value
        Values = Some(high - low + 1)
        Problems =
            if low < high then
                []
            else
                [
                    $"\"{name}\" goes from {low} to {high}; allowed are bounds, the lower one first"
                ]
    }

    /// One of these values, uniformly: `one_of "batch" [ 64; 128; 256 ] batch`.
    let one_of name (values: 'value list) (patch: 'value -> Experiment -> Experiment) : Dimension =
        let all = Array.ofList values

        {
            Name = name
            At =
                fun quantile ->
                    let value = all[min (all.Length - 1) (int (quantile * float all.Length))]
                    Words.label (box value), patch value
            Values = Some all.Length
            Problems =
                if all.Length = 0 then
                    [ $"\"{name}\" has no values" ]
                else
                    []
        }
