# shellcheck shell=bash
# What the tools tell the person who waits. Everything goes to standard error, because standard output belongs to
# the program that a tool runs: `tools/regtape show --json | jq` must stay clean.

# say SENTENCE: one line of progress.
say() {
    printf '%s: %s\n' "${TOOL:-${0##*/}}" "$*" >&2
}

# die STATUS SENTENCE: one line saying what is wrong and what to do, then the end.
die() {
    local status=$1
    shift
    say "$*"
    exit "$status"
}

# with_heartbeat SECONDS TEXT COMMAND...: runs COMMAND and says every SECONDS that TEXT is still going on, so that a log
# without a terminal does not look dead. Passes the exit status of COMMAND on.
with_heartbeat() {
    local interval=$1 text=$2
    shift 2
    local started=$SECONDS status=0
    (
        # The sleep is a child of this subshell; ending the subshell must not leave it behind.
        trap 'kill "$nap" 2>/dev/null; exit 0' TERM
        while :; do
            sleep "$interval" 9>&- &
            nap=$!
            wait "$nap"
            kill -0 "$$" 2>/dev/null || exit 0
            say "still $text after $((SECONDS - started)) s"
        done
    ) </dev/null 9>&- &
    heart=$!
    "$@" || status=$?
    stop_heartbeat
    return "$status"
}

# For the trap of a script that is ended in the middle of with_heartbeat.
heart=
stop_heartbeat() {
    [[ $heart ]] || return 0
    kill "$heart" 2>/dev/null
    wait "$heart" 2>/dev/null
    heart=
}
