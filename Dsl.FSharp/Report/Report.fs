namespace Research.Reports

open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Tables
open Research.Plots
open Research.Papers
open Research.Runs

/// Tables, papers' comparisons and the figure of a study, from its finished runs.
[<RequireQualifiedAccess>]
module Report =
    /// The final metrics that the items need; those of curves are logged in training.
    let metricsUsed (items: ReportItem list) : Metric list =
        items |> List.collect ReportItem.metrics |> List.distinct

    /// What the report asks for but the sweep does not have: metrics that no experiment measures, axes that are not varied, a baseline
    /// that is not named. Found before anything is trained; each line names the keyword and the offender.
    let problems (study: Study) (sweep: Sweep) : string list =
        let arms = Sweep.arms sweep

        ReportCheck.problems
            study.Items
            (Sweep.axes arms)
            sweep.Baseline
            (arms |> List.map (fun arm -> arm.Name, arm.Experiment))

    /// The study's table, if it asks for one.
    let table (study: Study) (plan: SweepPlan) (runs: RunRecord list) : ResultTable option =
        match ReportItem.tableMetrics study.Items with
        | [] -> None
        | metrics ->
            runs
            |> List.map RunCosts.add
            |> ResultTable.ofRuns {
                Columns = metrics
                Baseline = plan.Baseline
                Arms = plan.Arms
                Comparison = study.Comparison
                Family = study.Family
            }
            |> Some

    /// Writes the study's tables, papers' comparisons, figure and charts (HTML, SVG, PNG, PDF) into the folder, prints the tables and returns the paths.
    /// `runs` holds at least one finished run; the tables name the unfinished ones.
    let write (quiet: bool) (folder: string) (study: Study) (plan: SweepPlan) (runs: RunRecord list) : string list =
        let summary = table study plan runs
        let runs = runs |> List.map RunCosts.add
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        let tables =
            match summary with
            | None -> []
            | Some table ->
                if not quiet then
                    Table.print table

                Table.save folder study.Title table

        let papers =
            study.Items
            |> List.collect (fun item ->
                match item with
                | ReportItem.Paper paper ->
                    let comparison = PaperComparison.ofRuns study.Comparison paper finished

                    if not quiet then
                        Paper.print comparison

                    Paper.save folder comparison
                | _ -> [])

        let shots =
            study.Items
            |> List.collect (fun item ->
                match item with
                | ReportItem.ShotTable classes -> ShotTable.write quiet folder study classes plan.Arms runs
                | _ -> [])

        let figures =
            match ReportFigure.make study plan runs with
            | Some figure -> Plot.save folder "figure" [ ImageFormat.Svg; ImageFormat.Png; ImageFormat.Pdf ] figure
            | None -> []

        tables @ papers @ shots @ figures @ ReportChart.save folder study finished
