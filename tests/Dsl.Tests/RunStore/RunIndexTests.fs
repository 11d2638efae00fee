module Research.Tests.RunIndexTests

open System
open System.IO
open System.Threading.Tasks
open Research
open Research.Language
open Research.Runs
open Xunit

/// A results folder of two sweeps: five finished runs and one that was never started.
type private Results() =
    let scratch = new Scratch()

    do
        for seed, loss in [ 1, 0.5; 2, 0.25 ] do
            RunFolders.finished (scratch.File "one") "InfoNCE" seed $"aaaaaaa{seed}" [
                "test.retrieval.r10", 0.1 * float seed
                "train.loss", loss
            ]
            |> ignore

            RunFolders.finished (scratch.File "one") "PSD" seed $"bbbbbbb{seed}" [
                "test.retrieval.r10", 0.2 * float seed
                "train.loss", loss
            ]
            |> ignore

        RunFolders.finished (scratch.File "two") "it's \"odd\"" 1 "cccccccc" [ "train.loss", nan ]
        |> ignore

        RunFolders.planned (scratch.File "two") "late" 1 "dddddddd" |> ignore

    member _.Folder = scratch.Folder
    member _.File name = scratch.File name

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

let private named (runs: RunRecord list) =
    runs |> List.map (fun run -> $"{run.Arm} {run.Seed}")

let private refused (results: string) condition =
    Assert.Throws<ArgumentException>(fun () -> RunIndex.where results condition |> ignore).Message

[<Fact>]
let ``conditions name columns, metrics and axes`` () =
    use results = new Results()

    let where condition =
        named (RunIndex.where results.Folder condition)

    Assert.Equal<string list>([ "InfoNCE 1"; "PSD 1"; "InfoNCE 2"; "PSD 2" ], where "sweep = 'one'")
    Assert.Equal<string list>([ "PSD 1"; "InfoNCE 2"; "PSD 2" ], where "\"test.retrieval.r10\" > 0.15")
    Assert.Equal<string list>([ "PSD 1"; "PSD 2" ], where "axes ->> 'objective' = 'PSD'")
    Assert.Equal<string list>([ "PSD 1"; "PSD 2" ], where "\"axis.objective\" = 'PSD'")
    Assert.Equal<string list>([ "late 1" ], where "state <> 'done'")
    Assert.Equal<string list>([ "it's \"odd\" 1" ], where "state = 'done' and \"train.loss\" is null")

    Assert.Equal<string list>(
        [ "PSD 2" ],
        where "\"test.retrieval.r10\" = (select max(value) from metrics where name = 'test.retrieval.r10')"
    )

[<Fact>]
let ``results that were published and are not in the pool answer too`` () =
    use results = new Results()
    let one = results.File "one"
    SweepFolder.write one (SweepFolder.list one) |> ignore
    Directory.Delete(RunFolder.path one "bbbbbbb2", true)
    Assert.Equal(3, (RunIndex.where results.Folder "sweep = 'one' and state = 'done'").Length)

    Assert.Equal<string list>(
        [ "PSD 2" ],
        named (RunIndex.where results.Folder "state = 'published' and \"test.retrieval.r10\" > 0.3")
    )

[<Fact>]
let ``a question sees what changed in the folders since the last`` () =
    use results = new Results()

    let count condition =
        (RunIndex.where results.Folder condition).Length

    Assert.Equal(5, count "state = 'done'")
    Directory.Delete(results.File "two", true)
    Assert.Equal(5, count "state = 'done'") // the pool keeps the runs
    Assert.Equal(2, count "sweep is null")

    RunFolders.finished (results.File "three") "new" 1 "eeeeeeee" [ "val.new", 1.0 ]
    |> ignore

    Assert.Equal(6, count "state = 'done'")
    Assert.Equal(1, count "\"val.new\" = 1")
    let changed = RunFolder.path (results.File "one") "bbbbbbb2"

    FinalMetrics.write changed {
        Metrics = Map [ "test.retrieval.r10", 0.99 ]
        Steps = 10L
        Seconds = 2.5
    }

    Assert.Equal(1, count "\"test.retrieval.r10\" > 0.9")

[<Fact>]
let ``an index that is damaged or of another version is made again`` () =
    use results = new Results()
    let path = RunIndex.refresh false results.Folder
    File.WriteAllText(path, "this is no database")
    Assert.Equal(6, (RunIndex.where results.Folder "1").Length)

    using (new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False")) (fun connection ->
        connection.Open()
        use command = connection.CreateCommand()
        command.CommandText <- "PRAGMA user_version = 99"
        command.ExecuteNonQuery() |> ignore)

    Assert.Equal(6, (RunIndex.where results.Folder "1").Length)

[<Fact>]
let ``a damaged run is listed with its damage`` () =
    use results = new Results()
    File.WriteAllText(RunFolder.config (RunFolder.path (results.File "one") "bbbbbbb2"), "{")
    let path = RunIndex.refresh false results.Folder

    match IndexQuery.rows path (Some "error is not null") None with
    | [ row ] ->
        let error = row |> List.find (fun (name, _) -> name = "error") |> snd |> string
        Assert.Contains("config.json", error)
    | other -> failwith $"{other.Length} rows"

[<Theory>]
[<InlineData("\"test.retrival.r10\" > 0.1", "no such column: \"test.retrival.r10\"")>]
[<InlineData("arm = ", "syntax error")>]
[<InlineData("nonsense(arm)", "no such function: nonsense")>]
let ``a mistaken condition is one line that names it`` (condition: string, expected: string) =
    use results = new Results()
    let message = refused results.Folder condition
    Assert.Contains(condition, message)
    Assert.Contains(expected, message)

[<Theory>]
[<InlineData("1); DELETE FROM runs; SELECT (1")>]
[<InlineData("1); DROP VIEW all_runs; --")>]
[<InlineData("1); ATTACH DATABASE '{0}/stolen.sqlite' AS s; CREATE TABLE s.t (x); --")>]
[<InlineData("1); PRAGMA writable_schema = 1; --")>]
[<InlineData("1); VACUUM INTO '{0}/stolen.sqlite'; --")>]
[<InlineData("1); SELECT 1; --")>]
[<InlineData("load_extension('{0}/x.so')")>]
let ``hostile conditions change nothing`` (condition: string) =
    use results = new Results()
    let path = RunIndex.refresh false results.Folder
    let before = File.ReadAllBytes path
    refused results.Folder (condition.Replace("{0}", results.Folder)) |> ignore
    Assert.Equal<byte[]>(before, File.ReadAllBytes path)
    Assert.False(File.Exists(results.File "stolen.sqlite"))

[<Fact>]
let ``a condition without end is stopped`` () =
    use results = new Results()

    let endless =
        "1 = (with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n)"

    Assert.Contains("longer than", refused results.Folder endless)

[<Theory>]
[<InlineData("1 = (with recursive n(i, t) as (select 1, hex(zeroblob(400000)) union all select i + 1, hex(zeroblob(400000)) from n where i < 5000) select count(*) from (select t from n order by t || i limit 4000))",
             "MB of memory")>]
[<InlineData("length(hex(zeroblob(600000000))) > 1", "text of more than 1000000 bytes")>]
let ``a condition that takes much memory is stopped, with the cause`` (condition: string, cause: string) =
    use results = new Results()
    let clock = Diagnostics.Stopwatch.StartNew()
    Assert.Contains(cause, refused results.Folder condition)
    Assert.InRange(clock.Elapsed.TotalSeconds, 0.0, 15.0)
    // And the next question is answered.
    Assert.Equal(6, (RunIndex.where results.Folder "1").Length)

[<Fact>]
let ``an index that is locked is answered by a temporary one, and a folder in its place is named`` () =
    use results = new Results()
    let path = RunIndex.refresh false results.Folder

    using (new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False")) (fun connection ->
        connection.Open()
        use command = connection.CreateCommand()
        command.CommandText <- "BEGIN EXCLUSIVE"
        command.ExecuteNonQuery() |> ignore
        let clock = Diagnostics.Stopwatch.StartNew()
        Assert.Equal(6, (RunIndex.where results.Folder "1").Length)
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.0, 20.0))

    File.Delete path
    Directory.CreateDirectory path |> ignore

    let error =
        Assert.Throws<IOException>(fun () -> RunIndex.where results.Folder "1" |> ignore)

    Assert.Contains($"'{path}' is a folder", error.Message)

[<Fact>]
let ``many ask at once`` () =
    use results = new Results()

    let asked =
        Task.WhenAll [
            for _ in 1..8 -> Task.Run(fun () -> (RunIndex.where results.Folder "1").Length)
        ]

    Assert.Equal<int[]>(Array.create 8 6, asked.Result)

[<Fact>]
let ``the index is rebuilt at will from the folders alone`` () =
    use results = new Results()

    let rows () =
        IndexQuery.rows (RunIndex.path results.Folder) None None

    RunIndex.refresh false results.Folder |> ignore
    let before = rows ()
    RunIndex.refresh true results.Folder |> ignore
    Assert.Equal<(string * obj | null) list list>(before, rows ())

[<Fact>]
let ``without a results folder there is one line`` () =
    let error =
        Assert.Throws<DirectoryNotFoundException>(fun () -> RunIndex.where "/no/such/results" "1" |> ignore)

    Assert.Contains("/no/such/results", error.Message)
