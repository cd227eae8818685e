import ArgumentParser
import Listener

/// `regtape setup docker --print`: what a client needs, word for word.
///
/// It changes nothing by itself.
struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Say what a client needs so that it can be recorded.")

    enum Client: String, ExpressibleByArgument, CaseIterable {
        case docker
    }

    @Argument(help: "The client: docker.")
    var client: Client

    @Flag(name: .customLong("print"), help: "Print the lines to put in place.")
    var isPrinting = false

    @Flag(help: "Print how to take everything back.")
    var undo = false

    func run() throws {
        let certificate = try CertificateAuthority.open(in: StateDirectory.authority(), at: RecordingClock().now())
            .certificatePath
        print(undo ? Self.undoDocker : Self.docker(certificate: certificate))
    }

    static func docker(certificate: String) -> String {
        """
        # 1. Let the daemon use the proxy. With systemd, put this into
        #    /etc/systemd/system/docker.service.d/regtape.conf, then run:
        #    systemctl daemon-reload && systemctl restart docker
        [Service]
        Environment="HTTP_PROXY=http://127.0.0.1:8888"
        Environment="HTTPS_PROXY=http://127.0.0.1:8888"

        # 2. Let it trust regtape's CA, for each registry that you trace (no restart needed; the daemon reads it at each
        #    pull and applies it to that registry's token server and blob host as well). Name the port if there is one:
        #    mkdir -p /etc/docker/certs.d/REGISTRY[:PORT]
        #    cp \(certificate) /etc/docker/certs.d/REGISTRY[:PORT]/ca.crt

        # Docker Desktop: Settings, Resources, Proxies. Windows containers: http://127.0.0.1:8888. Linux containers run in a
        # virtual machine: use http://ADDRESS-OF-ITS-SWITCH:8888 and start the recorder for it:
        #    regtape record --listen ADDRESS-OF-ITS-SWITCH:8888 --allow NETWORK-OF-THE-VM

        # Take the proxy setting back afterwards, or every pull fails while the recorder is not running:
        #    regtape setup docker --undo
        """
    }

    static let undoDocker = """
        # Remove the proxy and restart the daemon:
        rm /etc/systemd/system/docker.service.d/regtape.conf
        systemctl daemon-reload && systemctl restart docker
        # Remove the CA, for each registry that you traced:
        rm /etc/docker/certs.d/REGISTRY[:PORT]/ca.crt
        # Docker Desktop: Settings, Resources, Proxies: switch the manual proxy off again.
        """
}
