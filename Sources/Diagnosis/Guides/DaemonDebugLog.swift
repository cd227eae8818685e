/// How to make the Docker daemon say what it does.
///
/// ## What it means
/// A trace shows what crossed the wire. What the daemon decided before and after it (which mirror it chose, why it gave
/// up on a layer, what it could not write to its disk) is in the log of the daemon, and only its debug log has it all.
///
/// ## How to do it
/// 1. Add `"debug": true` to `/etc/docker/daemon.json`, and make the file if there is none:
///
///        { "debug": true }
///
/// 2. Have the daemon read it; running containers are not stopped:
///
///        sudo kill -HUP $(pidof dockerd)
///
///    Where the file is new, or the daemon does not take it up: `sudo systemctl restart docker`.
/// 3. Repeat what failed, and read the log:
///
///        journalctl -u docker --since "5 minutes ago"
///
///    Docker Desktop keeps it at `~/Library/Containers/com.docker.docker/Data/log/vm/dockerd.log` (macOS) and at
///    `%LOCALAPPDATA%\Docker\log\vm\dockerd.log` (Windows).
/// 4. Take the setting away again: the debug log grows fast, and it names every image that is pulled.
///
/// ## See also
/// `regtape record`, which shows the same pull from the outside.
enum DaemonDebugLog: Guide {
    static let name = "daemon-debug-log"
    static let title = "Turn on the debug log of the Docker daemon"
    static let symptoms = ["H10"]
}
