# shellcheck shell=bash
# A Docker daemon of the lab's own: own data, own socket, own containerd, no networking, so that it lives beside any
# other on the machine. Needs processes.sh and LAB_DIR.

# start_dockerd [PROXY_URL]
start_dockerd() {
    local proxy=${1:-} root=$LAB_DIR/dockerd
    if is_running dockerd; then
        [[ $proxy == "$(cat "$root/proxy" 2>/dev/null)" ]] && return 0
        say "dockerd runs with another proxy setting; starting it anew"
        stop_dockerd
    fi
    ((EUID == 0)) || { say "dockerd needs root"; return 4; }
    mkdir -p "$root/data" "$root/exec" "$root/client"
    printf '%s' "$proxy" >"$root/proxy"
    # The path of a unix socket may have 107 octets (unix(7)).
    ((${#root} < 90)) || { say "$root is too long a path for a socket; choose another --dir"; return 4; }
    cat >"$root/daemon.json" <<JSON
{
    "storage-driver": "vfs", "iptables": false, "ip6tables": false, "bridge": "none",
    "data-root": "$root/data", "exec-root": "$root/exec", "pidfile": "$root/dockerd.pid",
    "hosts": ["unix://$root/docker.sock"]
}
JSON
    # The daemon reads its proxy from the environment; an inherited one would make direct access a lie.
    launch dockerd env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u NO_PROXY -u no_proxy -u ALL_PROXY \
        ${proxy:+"HTTP_PROXY=$proxy"} ${proxy:+"HTTPS_PROXY=$proxy"} dockerd --config-file "$root/daemon.json"
    wait_for dockerd docker -H "unix://$root/docker.sock" version || { stop_dockerd; return 4; }
}

stop_dockerd() {
    local root=$LAB_DIR/dockerd mount
    halt dockerd 20
    # A killed daemon leaves its containerd and its mounts behind.
    local pid
    if pid=$(cat "$root/exec/containerd/containerd.pid" 2>/dev/null) \
        && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$root/"; then
        kill -TERM "$pid" 2>/dev/null
    fi
    while read -r mount; do umount -l "$mount" 2>/dev/null; done \
        < <(awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/mounts)
    rm -f "$root/docker.sock" "$root/dockerd.pid"
}
