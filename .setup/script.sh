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

# A sweep without its base is not F#: an expression is a function or a builder, so no word of the language could say it.
old_sweep() { # SCRIPT
    awk -v name="$(basename "$1")" '
        /^[ \t]*(let [^=]*=[ \t]*)?sweep[ \t]+"[^"]*"[ \t]*\{/ {
            match($0, /"[^"]*"/)
            printf "%s(%d): sweep takes its base after its name: sweep %s BASE { ... }, where BASE is an experiment; base_ is gone\n", name, NR, substr($0, RSTART, RLENGTH)
            found = 1
        }
        END { exit !found }' "$1" >&2
}

run_script() { # SCRIPT ARGS...
    local script=$1 fsi
    shift
    ! old_sweep "$script" || exit 2
    export DOTNET_TieredPGO=0 # a script is over before profiles pay
    fsi=$(fsi_assembly)
    # `dotnet fsi` would answer --help itself without the --; F# Interactive passes on everything after the script.
    [ -f "$fsi" ] || exec dotnet fsi --quiet --multiemit- "$script" -- "$@"
    DOTNET_HOST_PATH=$(readlink -f "$(command -v dotnet)")
    export DOTNET_HOST_PATH
    exec dotnet "$fsi" --quiet --multiemit- "$script" "$@"
}
