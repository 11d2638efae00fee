// Stands beside the built toolkit, where experiments/prelude.fsx finds it.
#r "Research.Core.dll"
#r "Research.Dsl.dll"

Research.Cli.Script.start fsi.CommandLineArgs
