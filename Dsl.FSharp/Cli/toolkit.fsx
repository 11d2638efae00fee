// Lies beside the built toolkit, where experiments/prelude.fsx finds it.
#r "Research.Core.dll"
#r "Research.Dsl.dll"
#r "TorchSharp.dll" // for a script's own objective

Research.Cli.Script.start fsi.CommandLineArgs

open Research

/// The starting point of most scripts here: 32-pixel emoji of three renderers, tiny encoders, under a minute per run on one core.
let small_emoji =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ])
        train (steps 500 |> batch 128 |> adamw 2e-3)
    }
