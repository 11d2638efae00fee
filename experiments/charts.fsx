// Loaded behind prelude.fsx by scripts with charts of their own: Plotly.NET, which the other scripts do not pay for.
#r "../.build/bin/Research.Dsl/release/Newtonsoft.Json.dll"
#r "../.build/bin/Research.Dsl/release/DynamicObj.dll"
#r "../.build/bin/Research.Dsl/release/Giraffe.ViewEngine.dll"
#r "../.build/bin/Research.Dsl/release/Plotly.NET.dll"
