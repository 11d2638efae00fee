# Shared by the parts of the launcher: places, messages to the terminal, steps that write to the log.

cache=${RESEARCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/research}
build=$root/.build
stamps=$build/stamps
log=$build/setup.log
dsl=$build/bin/Research.Dsl/release/Research.Dsl.dll
export RESEARCH_CACHE=$cache DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

say() { printf '%s\n' "$*" >&2; }
die() { say "research: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs one step of the set-up quietly: its output goes to the log, its title and seconds to the terminal.
step() {
    local title=$1
    try_step "$@" || {
        say "research: '$title' failed; the last lines of $log:"
        tail -n 15 "$log" >&2
        exit 1
    }
}

# The same for a step that may fail.
try_step() {
    local title=$1 began=$SECONDS
    shift
    mkdir -p "$build"
    printf '  %-64s' "$title" >&2
    if "$@" >>"$log" 2>&1 9>&-; then # compilers leave servers behind, which must not inherit the lock
        say " $((SECONDS - began)) s"
    else
        say " failed"
        return 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 126; fi
}
