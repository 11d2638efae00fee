namespace Research

/// Which of several options no other beats in both of two metrics.
[<RequireQualifiedAccess>]
module Pareto =
    let private gain better (value: float) =
        match better with
        | Better.Higher -> value
        | Better.Lower -> -value

    /// Whether each point is on the front: no other is at least as good in both metrics and better in one. Equal points stay together.
    let onFront (x: Better) (y: Better) (points: (float * float) list) : bool list =
        let gains = points |> List.map (fun (a, b) -> gain x a, gain y b)

        gains
        |> List.map (fun (a, b) -> gains |> List.forall (fun (c, d) -> not (c >= a && d >= b && (c > a || d > b))))

    /// The front as a path of right angles: everything between it and the bad corner is beaten. Points are those on the front.
    let path (x: Better) (y: Better) (front: (float * float) list) : (float * float) list =
        let sorted =
            front |> List.distinct |> List.sortBy (fun (a, b) -> gain x a, -(gain y b))

        match sorted with
        | [] -> []
        | first :: _ ->
            first
            :: (sorted
                |> List.pairwise
                |> List.collect (fun ((a, _), (c, d)) ->
                    // From the better y down to the next at the first one's x end: the corner that both beat.
                    [ a, d; c, d ]))
