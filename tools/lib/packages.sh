# shellcheck shell=bash
# Debian packages, installed when a tool needs them and not before. Needs say.sh.

# is_installed PACKAGE
is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# ensure_packages PACKAGE...: installs those that are missing. Asks dpkg and touches nothing when none is, so it costs a
# few milliseconds on a machine that is ready. Returns 4, after one sentence with the command to type, when it cannot.
ensure_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local advice="apt-get install --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        say "this machine has no apt-get; install the equivalents of these Debian packages: ${missing[*]}"
        return 4
    fi
    local as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            say "packages are missing and this is not root; run as root: $advice"
            return 4
        fi
        as_root=(sudo)
    fi

    say "installing ${missing[*]}"
    local log
    log=$(mktemp)
    if ! quiet_install "${missing[@]}" >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        say "installation failed (see above); run: ${as_root[*]:+sudo }$advice"
        return 4
    fi
    rm -f "$log"
}

# Installs without recommendations and without starting a service: docker.io, nginx and docker-registry would each start
# a daemon on a well-known port. Debian's own switch for that is /usr/sbin/policy-rc.d answering 101.
quiet_install() {
    local policy=/usr/sbin/policy-rc.d status=0 placed=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\n# placed by regtape tools for one apt-get run\nexit 101\n' \
            | "${as_root[@]}" tee "$policy" >/dev/null && "${as_root[@]}" chmod 755 "$policy" && placed=yes
    fi
    "${as_root[@]}" apt-get update -q || status=$?
    # A failed update may still leave usable lists, so the installation decides.
    status=0
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" || status=$?
    [[ -z $placed ]] || "${as_root[@]}" rm -f "$policy"
    return "$status"
}
