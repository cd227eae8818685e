# shellcheck shell=bash
# Programs of the lab: started in the background, found again by pid file, ended by pid and by nothing else.
# Needs say.sh and LAB_DIR.

# is_running NAME: whether the program of that pid file still runs. The command line must name the lab's directory,
# because a pid may have gone to another program since.
is_running() {
    local pid
    pid=$(cat "$LAB_DIR/run/$1.pid" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$LAB_DIR/"
}

# launch NAME COMMAND...: standard output goes to logs/NAME.access, standard error to logs/NAME.log.
launch() {
    local name=$1
    shift
    # Nothing of ours may stay open in it: a test that reads our output would wait for its end for ever.
    setsid "$@" </dev/null >>"$LAB_DIR/logs/$name.access" 2>>"$LAB_DIR/logs/$name.log" 9>&- &
    echo $! >"$LAB_DIR/run/$name.pid"
}

# halt NAME [SECONDS]: asks it to end, then makes it.
halt() {
    local name=$1 patience=${2:-10} pid
    if is_running "$name"; then
        pid=$(cat "$LAB_DIR/run/$name.pid")
        kill -TERM "$pid" 2>/dev/null
        local tenths=$((patience * 10))
        while is_running "$name" && ((tenths-- > 0)); do sleep 0.1; done
        if is_running "$name"; then
            say "$name did not end within $patience s; killing it"
            kill -KILL "$pid" 2>/dev/null
        fi
    fi
    rm -f "$LAB_DIR/run/$name.pid"
}

# wait_for NAME COMMAND...: until COMMAND succeeds; 1 with the end of its log when NAME dies or 20 s pass.
wait_for() {
    local name=$1 tenths=200 pid
    shift
    pid=$(cat "$LAB_DIR/run/$name.pid")
    until "$@" >/dev/null 2>&1; do
        # Not is_running: a child that has not yet executed its program still bears our command line.
        if ! kill -0 "$pid" 2>/dev/null || ((tenths-- <= 0)); then
            tail -n 15 "$LAB_DIR/logs/$name.log" >&2
            say "$name does not answer; the lines above are the end of $LAB_DIR/logs/$name.log"
            return 1
        fi
        sleep 0.1
    done
}
