module Research.Tests.SlugTests

open System
open System.IO
open FsCheck
open FsCheck.FSharp
open Research
open Research.Language
open Research.Runs
open Xunit

let private names =
    let hostile =
        Gen.elements [
            '/'
            '\\'
            '.'
            ' '
            '-'
            '_'
            'a'
            'B'
            '0'
            ':'
            '\n'
            '\000'
            'é'
            '→'
            '%'
            '~'
            ','
        ]

    Gen.listOf hostile
    |> Gen.map (fun chars -> String(Array.ofList chars))
    |> Gen.filter (String.IsNullOrWhiteSpace >> not)
    |> Arb.fromGen

[<Theory>]
[<InlineData("InfoNCE", "InfoNCE")>]
[<InlineData("HN-NCE", "HN-NCE")>]
[<InlineData("alpha 0.5", "alpha_0.5")>]
[<InlineData("a=1,b=2", "a=1,b=2")>]
let ``a plain name stays readable`` (name: string, slug: string) = Assert.Equal(slug, Slug.ofText name)

[<Fact>]
let ``a slug is one safe file name`` () =
    Check.QuickThrowOnFailure(
        Prop.forAll names (fun name ->
            let slug = Slug.ofText name

            slug.Length <= 48
            && Path.GetFileName slug = slug
            && Char.IsAsciiLetterOrDigit slug[0]
            && slug |> Seq.forall (fun c -> Char.IsAsciiLetterOrDigit c || "-_.+=,".Contains c))
    )

[<Fact>]
let ``different names get different slugs`` () =
    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.zip (names, names)) (fun (a, b) -> a = b || Slug.ofText a <> Slug.ofText b)
    )

[<Theory>]
[<InlineData("a b", "a_b")>]
[<InlineData("psd/a", "psd-a")>]
[<InlineData("../../etc", "etc")>]
[<InlineData("α", "β")>]
let ``names that look alike once cleaned do not collide`` (a: string, b: string) =
    Assert.NotEqual<string>(Slug.ofText a, Slug.ofText b)

[<Fact>]
let ``a name that spells another name's slug does not take its folder`` () =
    let first = Slug.ofText "psd/a"
    Assert.NotEqual<string>(first, Slug.ofText first)

[<Fact>]
let ``a blank name is refused`` () =
    Assert.Throws<ArgumentException>(fun () -> Slug.ofText " " |> ignore) |> ignore
