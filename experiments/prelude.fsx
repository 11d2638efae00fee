// Loaded by every script after check.fsx: the toolkit, and mistakes as one line instead of a stack trace.
#r "../.build/bin/Research.Dsl/release/Research.Core.dll"
#r "../.build/bin/Research.Dsl/release/Research.Dsl.dll"

if fsi.CommandLineArgs[0].EndsWith ".fsx" then
    Research.Mistake.exitOnMistake ()
