/// Why Docker fails after a trace was taken, and how to take everything back.
///
/// ## What it means
/// A proxy setting that points to a recorder which does not run any more refuses every connection: `proxyconnect
/// tcp: dial tcp 127.0.0.1:8888: connection refused`, or the address of Docker Desktop's virtual switch, such as
/// 10.0.75.1:8888. Fiddler leaves the same behind.
///
/// ## How to do it
/// 1. `regtape setup docker --undo` prints the lines to remove; with systemd:
///
///        rm /etc/systemd/system/docker.service.d/regtape.conf
///        systemctl daemon-reload && systemctl restart docker
///
/// 2. Docker Desktop: Settings, Resources, Proxies: switch the manual proxy off, apply and restart.
/// 3. Remove the CA: `rm /etc/docker/certs.d/HOST/ca.crt`.
/// 4. Or start the recorder again, and the pull is recorded.
enum TracingLeftBehind: Guide {
    static let name = "tracing-left-behind"
    static let title = "Take proxy and CA back after a trace"
    static let symptoms = ["G21", "H11"]
}
