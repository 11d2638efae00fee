namespace Research.Commands

open System
open System.IO
open Research.Language

/// `./research new NAME`: a commented script to start from.
[<RequireQualifiedAccess>]
module NewCommand =
    let private template =
        """// NAME: the question in one sentence, and what would answer it.
//   ./research run experiments/NAME.fsx --dry-run    the runs, the time and the disk that they take
//   ./research run experiments/NAME.fsx --explain    every setting of every arm, and where it comes from
//   ./research run experiments/NAME.fsx              runs what is not finished yet, then the report in results/NAME
#load "prelude.fsx"

open Research

// What all arms share. Whatever is not set here has a default, which --explain shows.
let basis =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ] |> shuffled_captions 0.5)
        image Vit.tiny
        text Transformer.tiny
        train (steps 300 |> batch 128 |> adamw 2e-3)
        evaluate [ retrieval; zero_shot subgroups ]
    }

sweep "NAME" basis {
    // What differs. Consecutive axes make a grid; zip, given, concat, random_sample, latin_hypercube, exclude and
    // halving are the other ways to make arms.
    axis "objective" [
        "InfoNCE", objective infonce
        "PSD", objective (psd |> soft_fraction (cosine 0 0.8))
    ]

    // Each arm runs with each seed, so that arms compare seed by seed. Differences are called significant from 5 seeds on.
    seeds 2
    baseline "InfoNCE"

    // Training does not start when its estimate is above this.
    budget (hours 1)
}
// Choose settings by validation.r10 and the like, and report test.r10.
|> report [
    table [ test.r1; test.r10; test.top1 ]
    forest test.r10
    curves training.mean_loss
]
|> titled "NAME"
|> main
"""

    let private isName (name: string) =
        name <> ""
        && name.Length <= 60
        && Char.IsAsciiLetterOrDigit name[0]
        && name
           |> Seq.forall (fun c -> Char.IsAsciiLetterOrDigit c || c = '-' || c = '_' || c = '.')

    /// Writes the script into the folder and returns its path. Throws ArgumentException if the name cannot be a file name and IOException if
    /// the script already exists.
    let write (folder: string) (name: string) : string =
        let name =
            if name.EndsWith(".fsx", StringComparison.OrdinalIgnoreCase) then
                name.Substring(0, name.Length - 4)
            else
                name

        if not (isName name) then
            raise (
                ArgumentException
                    $"new: \"{name}\" cannot name a script; allowed are up to 60 letters, digits, '-', '_' and '.', a letter or digit first"
            )

        let path = Path.Combine(folder, $"{name}.fsx")
        use stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write)
        use writer = new StreamWriter(stream)
        writer.Write(template.Replace("NAME", name))
        path

    let private create (line: CommandLine) : int =
        match line.Words with
        | [ name ] ->
            let folder = Path.Combine(Repository.root.Value, "experiments")

            try
                let path = write folder name
                printfn "written: %s" (Repository.shown path)
                0
            with :? IOException as error ->
                eprintfn "new: %s" (Words.message error)
                2
        | [] -> raise (ArgumentException "new needs a NAME, such as temperature")
        | _ :: extra :: _ -> raise (ArgumentException $"new takes one NAME; \"{extra}\" is one too many")

    let verb: Verb = {
        Name = "new"
        Takes = "NAME"
        About = "write a commented script to start from, experiments/NAME.fsx"
        Options = []
        Run = create
    }
