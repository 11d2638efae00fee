# What this machine has and lacks; works before any set-up, since it must report what is missing.

doctor() {
    local wrong=0 missing
    check() { # TITLE OK REMEDY
        if [ "$2" = yes ]; then printf '  ok     %s\n' "$1"; else printf '  WRONG  %s\n         remedy: %s\n' "$1" "$3" && wrong=1; fi
    }
    yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }
    echo "machine"
    check ".NET SDK $(dotnet --version 2>/dev/null || echo missing)" "$(yes_if have dotnet)" "install dotnet-sdk-10.0"
    if have dpkg-query; then
        missing=$(missing_packages $(needed_packages))
        check "Debian packages${missing:+ missing: $(echo $missing)}" "$([ -z "$missing" ] && echo yes)" "./research setup"
    fi
    check "npm packages in $cache/npm" "$([ "$(cat "$cache/npm/installed" 2>/dev/null)" = "$(npm_pins | cksum)" ] && echo yes)" "./research setup"
    check "solution built" "$(yes_if test -f "$dsl")" "./research setup"
    check "cache folder $cache is writable" "$(mkdir -p "$cache" 2>/dev/null && test -w "$cache" && echo yes)" "make it writable (chmod), or set RESEARCH_CACHE"
    check "results folder $root/results is writable" "$(test -w "$root/results" && echo yes)" "make it writable (chmod)"
    check "engine: $(engine_name)" yes ""
    if [ -f "$dsl" ]; then dotnet "$dsl" doctor || wrong=1; fi
    [ $wrong = 0 ] || say "something is wrong: see the remedies above"
    return $wrong
}
