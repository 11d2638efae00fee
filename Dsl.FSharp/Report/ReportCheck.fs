namespace Research.Reports

open Research.Language

open Research.Tables

/// What a report asks of a sweep, looked at before anything is trained.
module internal ReportCheck =
    /// The nearest of the known names by the edits between them, when it is near enough to be meant.
    let private meant (known: string list) (name: string) : string option =
        let distance (a: string) (b: string) =
            let mutable row = [| 0 .. b.Length |]

            for i in 1 .. a.Length do
                let next = Array.zeroCreate (b.Length + 1)
                next[0] <- i

                for j in 1 .. b.Length do
                    let change = row[j - 1] + (if a[i - 1] = b[j - 1] then 0 else 1)
                    next[j] <- min change (1 + min row[j] next[j - 1])

                row <- next

            row[b.Length]

        match known with
        | [] -> None
        | known ->
            let best = known |> List.minBy (distance name)

            if distance name best <= max 2 (name.Length / 4) then
                Some best
            else
                None

    let rec private logged (item: ReportItem) =
        match item with
        | ReportItem.Curves metric -> [ metric ]
        | ReportItem.SmallMultiples(_, item) -> logged item
        | _ -> []

    let private unknown (keyword: string) (known: string list) (name: string) =
        if List.contains name known then
            None
        else
            let hint =
                match meant known name with
                | Some other -> $" (\"{other}\" is meant?)"
                | None -> ""

            Some $"{keyword}: no run measures \"{name}\"{hint}; known are {Words.list known}"

    /// One line for each metric that no experiment measures, axis that is not varied and missing baseline, with the keyword and what there is.
    let problems
        (items: ReportItem list)
        (axes: (string * string list) list)
        (baseline: string option)
        (experiments: Experiment list)
        : string list =
        let final =
            (experiments |> List.collect MetricNames.final |> List.distinct)
            @ RunCosts.names

        let during = experiments |> List.collect MetricNames.logged |> List.distinct

        [
            for item in items do
                let keyword = ReportItem.keyword item

                yield! ReportItem.metrics item |> List.distinct |> List.choose (unknown keyword final)

                yield! logged item |> List.choose (unknown keyword during)

                for axis in ReportItem.axes item do
                    if axes |> List.forall (fst >> (<>) axis) then
                        let known =
                            match axes with
                            | [] -> "the sweep varies nothing"
                            | axes -> $"the sweep's axes are {Words.list (List.map fst axes)}"

                        $"{keyword}: there is no axis \"{axis}\"; {known}"

                if ReportItem.needsBaseline item && baseline.IsNone then
                    $"{keyword}: it compares with the baseline, and the sweep names none (baseline \"...\")"
        ]
