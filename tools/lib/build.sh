# shellcheck shell=bash
# The release build that tools/regtape and tools/test share: one configuration and one scratch path, so that nothing is
# compiled twice. Needs say.sh, packages.sh and root.

# Its time is that of the start of the last good build.
stamp=$root/.build/tools.stamp

# is_current BINARY: whether nothing that it is made of is newer. Directories count, so that a deleted file is noticed.
# The stamp decides and not the binary, which the linker leaves alone when a change made no difference.
is_current() {
    [[ -x $1 && -e $stamp ]] || return 1
    [[ -z $(find "$root/Package.swift" "$root/Sources" "$root/tools/rulecatalogue" -newer "$stamp" -print -quit) ]]
}

prepare_build() {
    if ! command -v swift >/dev/null; then
        die 4 "Swift is not on PATH; install Swift 6.3 from https://www.swift.org/install/linux/ and call this again"
    fi
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    local major=${version% *} minor=${version#* }
    if [[ ! $version =~ ^[0-9]+\ [0-9]+$ ]] || ((major < 6 || (major == 6 && minor < 2))); then
        die 4 "this Swift is ${version:+version ${version/ /.}, }too old or broken; install Swift 6.3 from https://www.swift.org/install/linux/"
    fi
    ensure_packages libpcap-dev libarchive-dev pkg-config git ca-certificates libc6-dev libstdc++-12-dev || exit
    mkdir -p "$root/.build" || die 4 "cannot write $root/.build; make the checkout writable for this user"
}

# build_release RUNNER ARGUMENT...: `swift build` with its progress on standard error, and a sign of life when it is
# silent. RUNNER is what starts it: `env`, or a function that can be interrupted.
build_release() {
    local runner=$1 begun=$root/.build/tools.begun.$$
    shift
    touch "$begun"
    if [[ -x $root/.build/release/regtape ]]; then
        say "sources have changed; building"
    else
        say "building for the first time; on two cores that takes some minutes, and no network is needed afterwards"
    fi
    local started=$SECONDS
    if ! with_heartbeat 30 building \
        "$runner" swift build --package-path "$root" --scratch-path "$root/.build" -c release "$@" >&2 </dev/null 9>&-; then
        rm -f "$begun"
        die 4 "the build failed; the compiler's messages are above"
    fi
    mv -f "$begun" "$stamp"
    say "built in $((SECONDS - started)) s"
}
