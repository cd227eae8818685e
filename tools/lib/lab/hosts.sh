# shellcheck shell=bash
# The lab's host names in /etc/hosts, marked so that they can be found and taken out again.

HOSTS_MARKER='# regtape-lab'

add_hosts() {
    local host
    for host in "${LAB_HOSTS[@]}"; do
        getent ahostsv4 "$host" 2>/dev/null | grep -q '^127\.0\.0\.1 ' && continue
        if [[ ! -w /etc/hosts ]]; then
            say "cannot write /etc/hosts; as root add: 127.0.0.1 $host"
            return 4
        fi
        printf '127.0.0.1 %s %s\n' "$host" "$HOSTS_MARKER" >>/etc/hosts
    done
}

remove_hosts() {
    grep -qF "$HOSTS_MARKER" /etc/hosts || return 0
    # Written in place, not replaced: in a container /etc/hosts is a mount and cannot be renamed over.
    local kept
    kept=$(grep -vF "$HOSTS_MARKER" /etc/hosts)
    printf '%s\n' "$kept" >/etc/hosts
}
