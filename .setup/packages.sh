# npm's packages (data, plotly.js) into the cache folder; NuGet's by Paket.

npm_list=$root/Core.CSharp/Corpora/npm-packages.txt

npm_install() {
    mkdir -p "$cache/npm"
    [ -f "$cache/npm/package.json" ] || echo '{ "private": true }' >"$cache/npm/package.json"
    npm install --prefix "$cache/npm" --ignore-scripts --no-audit --no-fund --no-package-lock --omit-lockfile-registry-resolved $(grep -v '^#' "$npm_list")
}

install_npm() {
    local key
    key=$(cksum <"$npm_list")
    [ "$(cat "$cache/npm/installed" 2>/dev/null)" = "$key" ] && return 0
    step "npm packages into $cache/npm" npm_install
    echo "$key" >"$cache/npm/installed"
}

# Large packages that one corpus needs come when it is prepared.
install_npm_on_demand() {
    local package=$1 pinned
    pinned=$(grep "^$package@" "$root/Core.CSharp/Corpora/npm-packages-on-demand.txt")
    grep -qs "\"version\": *\"${pinned##*@}\"" "$cache/npm/node_modules/$package/package.json" && return 0
    step "npm package $pinned into $cache/npm" npm install --prefix "$cache/npm" --ignore-scripts --no-audit --no-fund --no-package-lock "$pinned"
}

# What the corpora that are named on a command line are built from, beyond what every set-up brings.
install_for_corpora() {
    local word
    for word in "$@"; do
        case $word in
        pictograms) install_npm_on_demand @iconify/json ;;
        clipart) install_packages openclipart-svg ;;
        esac
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
