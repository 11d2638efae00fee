# The solution: built when something has changed, and the part that scripts load compiled ahead of time.

changed_since() { # STAMP FOLDER...
    local stamp=$1
    shift
    [ -f "$stamp" ] || return 0
    [ -n "$(find "$@" "$root"/Directory.Build.* "$root/paket.dependencies" -not -path '*/obj/*' -not -path '*/bin/*' -newer "$stamp" -type f -print -quit)" ]
}

compile() { # STAMP-NAME PROJECT FOLDER...
    local name=$1 project=$2 began
    shift 2
    changed_since "$stamps/$name" "$@" || return 0
    nuget_feed
    mkdir -p "$stamps"
    began=$(mktemp "$stamps/$name.XXXXXX") # an edit made while the compiler runs is newer than this
    step "build of $(basename "$project")" dotnet build "$root/$project" -c Release --nologo -v quiet
    [ ! -f "$dsl" ] || step "ahead of time" ahead_of_time
    [ ! -s "$build/ahead/failed" ] || say "  not compiled ahead of time, so scripts start more slowly: $(paste -sd' ' "$build/ahead/failed"); see $log"
    mv "$began" "$stamps/$name"
}

# What scripts and workers load is compiled ahead of time: the first training step comes about a second sooner. The compiler's package is
# for Linux on x64; elsewhere nothing changes. Each file is replaced by a rename, so that running workers keep theirs.
ahead_of_time() {
    local packages=${NUGET_PACKAGES:-$HOME/.nuget/packages} folder ahead=$build/ahead compiler framework
    folder=$(dirname "$dsl")
    compiler=$(ls -d "$packages"/microsoft.netcore.app.crossgen2.linux-x64/*/tools/crossgen2 2>/dev/null | tail -n 1)
    framework=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \(10[^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -n 1)
    [ "$(uname -sm)" = "Linux x86_64" ] && [ -n "$compiler" ] && [ -n "$framework" ] || return 0
    mkdir -p "$ahead"
    : >"$ahead/failed"
    [ -x "$compiler" ] || chmod +x "$compiler"
    compile_ahead() {
        local name=$1
        cmp -s "$folder/$name.dll" "$ahead/$name.dll" && return 0
        "$compiler" "$folder/$name.dll" -o "$ahead/$name.dll.new" -r "$framework/*.dll" -r "$folder/*.dll" --targetos linux --targetarch x64 -O &&
            cp "$ahead/$name.dll.new" "$folder/$name.dll.new" &&
            mv -f "$ahead/$name.dll.new" "$ahead/$name.dll" &&
            mv -f "$folder/$name.dll.new" "$folder/$name.dll"
    }
    local name
    for name in FSharp.Core TorchSharp Research.Core Research.Dsl Microsoft.ML.Tokenizers ADRaffy.ENSNormalize Argu Spectre.Console MathNet.Numerics Microsoft.Data.Sqlite SQLitePCLRaw.core Plotly.NET; do
        compile_ahead "$name" || echo "$name" >>"$ahead/failed"
    done
}

format() {
    cd "$root"
    restore
    if [ "${1:-}" = --check ]; then
        dotnet csharpier check Core.CSharp tests && dotnet fantomas --check Dsl.FSharp experiments tests
    else
        dotnet csharpier format Core.CSharp tests && dotnet fantomas Dsl.FSharp experiments tests
    fi
}

run_tests() {
    local filter=() out status=0
    [ $# -eq 0 ] || filter=(--filter "FullyQualifiedName~$1")
    out=$(mktemp)
    dotnet test "$root/Research.sln" -c Release --no-build --nologo "${filter[@]}" 2>&1 | tee "$out" || status=$?
    awk '
        match($0, /Failed: +[0-9]+/)  { failed += substr($0, RSTART + 7, RLENGTH - 7) }
        match($0, /Passed: +[0-9]+/)  { passed += substr($0, RSTART + 7, RLENGTH - 7) }
        END { printf "%d passed, %d failed\n", passed, failed; exit passed + failed == 0 }' "$out" || status=1
    rm -f "$out"
    return $status
}
