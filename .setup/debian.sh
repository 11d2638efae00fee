# Debian's packages: picture libraries, a compiler for one C file, Chromium for static figures.

needed_packages() {
    echo librsvg2-2 libcairo2 libpng16-16 libjpeg62-turbo-dev libwebp7 ca-certificates git chromium fonts-dejavu-core
    have gcc || echo gcc libc6-dev
    { have node && have npm; } || echo nodejs npm
}

# A later Debian may provide a name under another package (libpng16-16 under libpng16-16t64).
installed_packages() {
    dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' | sed -n 's/^installed //p' | tr ',' '\n' | awk '{ print $1 }'
}

missing_packages() {
    local p installed
    installed=$(installed_packages)
    for p in "$@"; do
        grep -qxF -- "$p" <<<"$installed" || echo "$p"
    done
}

apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null; }

install_packages() {
    local missing size
    if ! have apt-get || ! have dpkg-query; then
        [ -f "$stamps/packages" ] || say "research: this is not Debian; install the equivalents of: $(echo $(needed_packages)) (then continue: nothing is checked here)"
        return 0
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] && ! have sudo; then
        die "Debian packages are missing and there is no sudo. As root run: apt-get install -y --no-install-recommends $(echo $missing)"
    fi
    step "Debian package lists" as_root apt-get update
    size=$(apt-get install --no-install-recommends --assume-no $missing 2>/dev/null | sed -n 's/^Need to get //p' || true)
    say "  Debian packages: $(echo $missing)"
    step "Debian packages (${size%% of archives.*} to download)" apt_install $missing
}

# The tests of job arrays start their own cluster; where its programs cannot be installed they are skipped, with a message.
slurm_for_tests() {
    have apt-get && have dpkg-query || return 0
    [ "$(id -u)" = 0 ] || have sudo || return 0
    (install_packages slurmctld slurmd slurm-client munge) || say "without Slurm: the tests of job arrays are skipped"
}
