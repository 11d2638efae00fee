// Every script loads this first. It loads the built toolkit, or says in one line that `./research setup` has not built it.
#nowarn "211" // the first folder is not there before the toolkit is built
#I "../.build/bin/Research.Dsl/release"
#I "../.setup/unbuilt"
#load "toolkit.fsx"
