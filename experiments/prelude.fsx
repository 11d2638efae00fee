// Loaded first by every script: the toolkit as `./research setup` built it, or else one line that says so.
#nowarn "211" // the first folder is not there before the toolkit is built
#I "../.build/bin/Research.Dsl/release"
#I "../.setup/unbuilt"
#load "toolkit.fsx"
