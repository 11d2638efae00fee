# npm's packages (data, plotly.js) into the cache folder; NuGet's by Paket.

corpora=$root/Core.CSharp/Corpora/Build

# The packages of one kind (npm, debian) in lists named FILE... of corpora.
packages_of() { sed -n "s/^$1 //p" "${@:2}"; }

# npm packages that every set-up installs, by name: the engine's own, and those of corpora that are always available.
npm_pins() {
    { cat "$root/.setup/npm-packages.txt" && packages_of npm "$corpora"/*/packages.txt; } |
        sed 's/@\([^@]*\)$/ \1/' | LC_ALL=C sort | sed 's/ /@/'
}

npm_install() {
    mkdir -p "$cache/npm"
    [ -f "$cache/npm/package.json" ] || echo '{ "private": true }' >"$cache/npm/package.json"
    npm install --prefix "$cache/npm" --ignore-scripts --no-audit --no-fund --no-package-lock --omit-lockfile-registry-resolved "$@"
}

install_npm() {
    local key
    key=$(npm_pins | cksum)
    [ "$(cat "$cache/npm/installed" 2>/dev/null)" = "$key" ] && return 0
    step "npm packages into $cache/npm" npm_install $(npm_pins)
    echo "$key" >"$cache/npm/installed"
}

# Large packages for a single corpus are installed when it is prepared.
install_npm_on_demand() {
    local pinned=$1
    grep -qs "\"version\": *\"${pinned##*@}\"" "$cache/npm/node_modules/${pinned%@*}/package.json" && return 0
    step "npm package $pinned into $cache/npm" npm_install "$pinned"
}

# Installs what the corpora named on a command line need beyond every set-up's packages: a corpus's folder has its name.
install_for_corpora() {
    local word list package
    for word in "$@"; do
        list=$(find "$corpora" -ipath "$corpora/$word/packages-on-demand.txt")
        [ -n "$list" ] || continue
        for package in $(packages_of npm "$list"); do install_npm_on_demand "$package"; done
        for package in $(packages_of debian "$list"); do install_packages "$package"; done
    done
}

nuget_feed() {
    [ -n "${NUGET_FEED:-}" ] || NUGET_FEED=$(cd "$root" && dotnet nuget list source --format short | awk '$1 == "E" { print $2; exit }')
    [ -n "$NUGET_FEED" ] || die "no NuGet source is enabled; add one with 'dotnet nuget add source', or set NUGET_FEED"
    export NUGET_FEED
}

paket_restore() {
    cd "$root"
    dotnet tool restore
    [ paket.lock -nt paket.dependencies ] || { dotnet paket update --no-install && touch paket.lock; }
    dotnet paket restore
}

restore() {
    [ "$stamps/paket" -nt "$root/paket.dependencies" ] && [ -f "$root/.paket/Paket.Restore.targets" ] && return 0
    nuget_feed
    step "NuGet packages" paket_restore
    mkdir -p "$stamps" && touch "$stamps/paket"
}
