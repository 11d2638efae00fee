// Every script loads this first. It loads the built toolkit, or says in one line that `./research setup` has not built it.
#nowarn "211" // the first folder is not there before the toolkit is built
#I "../.build/bin/Research.Dsl/release"
#I "../.setup/unbuilt"
#load "toolkit.fsx"

open Research

/// What most scripts here start from: 32-pixel emoji of three renderers, tiny encoders, under a minute a run on one core.
let small_emoji =
    experiment {
        corpus (emoji |> renderers [ "noto"; "twemoji"; "openmoji" ])
        train (steps 500 |> batch 128 |> adamw 2e-3)
    }
