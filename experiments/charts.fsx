// Plotly.NET, for scripts that draw charts of their own: they load this after prelude.fsx. Other scripts start faster without it.
#r "../.build/bin/Research.Dsl/release/Newtonsoft.Json.dll"
#r "../.build/bin/Research.Dsl/release/DynamicObj.dll"
#r "../.build/bin/Research.Dsl/release/Giraffe.ViewEngine.dll"
#r "../.build/bin/Research.Dsl/release/Plotly.NET.dll"
