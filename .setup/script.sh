# Runs scripts in F# Interactive in this same process: killing ./research kills what launches the runs, and the workers then stop.
# `dotnet fsi` would start F# Interactive as a child, which outlives a kill -9.

fsi_assembly() {
    local known=$build/fsi
    if ! { [ -f "$known" ] && [ -f "$(cat "$known")" ]; }; then
        mkdir -p "$build"
        printf '%s/sdk/%s/FSharp/fsi.dll' "$(dirname "$(readlink -f "$(command -v dotnet)")")" "$(cd "$root" && dotnet --version)" >"$known"
    fi
    cat "$known"
}

run_script() { # SCRIPT ARGS...
    local script=$1 fsi
    shift
    export DOTNET_TieredPGO=0 # a script is over before profiles pay
    fsi=$(fsi_assembly)
    # `dotnet fsi` would answer --help itself without the --; F# Interactive passes on everything after the script.
    [ -f "$fsi" ] || exec dotnet fsi --quiet --multiemit- "$script" -- "$@"
    DOTNET_HOST_PATH=$(readlink -f "$(command -v dotnet)")
    export DOTNET_HOST_PATH
    exec dotnet "$fsi" --quiet --multiemit- "$script" "$@"
}
