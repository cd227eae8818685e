/// What a Docker daemon needs so that it can be recorded, as a script for root's shell whose comments are for the reader.
enum DockerSetup {
    private static let dropIn = "/etc/systemd/system/docker.service.d/regtape.conf"

    static func script(registry: String, proxy: String, certificate: String) -> String {
        """
        # Docker daemon under systemd: paste this into a shell of root.
        registry='\(registry)'   # as in the image's name, with its port if there is one

        # 1. The daemon trusts regtape's CA for that registry, its token server and its blob host. Repeat for each registry;
        #    the daemon reads the file at each pull.
        mkdir -p "/etc/docker/certs.d/$registry"
        cp \(quoted(certificate)) "/etc/docker/certs.d/$registry/ca.crt"

        # 2. The daemon uses the proxy. ("proxies" in /etc/docker/daemon.json would win over this: change it there instead.)
        mkdir -p /etc/systemd/system/docker.service.d
        cat >\(dropIn) <<'END'
        [Service]
        Environment="HTTP_PROXY=\(proxy)"
        Environment="HTTPS_PROXY=\(proxy)"
        Environment="NO_PROXY="
        END
        systemctl daemon-reload && systemctl restart docker

        # Take both back afterwards, or every pull fails while the recorder is not running:
        #    regtape setup docker --undo --print --registry \(registry)

        # Docker Hub is the exception to 1: for docker.io the daemon reads the system's CAs only, and only as it starts:
        #    cp \(quoted(certificate)) /usr/local/share/ca-certificates/regtape.crt && update-ca-certificates
        #    systemctl restart docker
        # A registry on localhost or 127.0.0.1 is never reached through a proxy, so nothing of it is recorded. For such a
        # one, and where the daemon must not be touched: regtape record --reverse http://127.0.0.1:5000 --listen 127.0.0.1:5001

        # Docker Desktop: Settings, Resources, Proxies, manual, the same address for HTTP and HTTPS; Apply & restart.
        # - Windows containers: \(proxy). The CA's place is C:\\ProgramData\\docker\\certs.d\\REGISTRY\\ca.crt; in
        #   REGISTRY leave the colon before a port out.
        # - Linux containers run in a virtual machine, where 127.0.0.1 is the machine itself: use http://ADDRESS:8888 with
        #   the address that this host has on the virtual machine's switch, and let the machine in:
        #       regtape record --listen ADDRESS:8888 --allow NETWORK-OF-THE-SWITCH
        #   Import the CA into the host's trusted roots (Windows: Trusted Root Certification Authorities), or put it at
        #   .docker/certs.d/REGISTRY/ca.crt in your home directory; Docker Desktop takes both over as it starts.
        # Take the setting back afterwards.
        """
    }

    static func undo(registry: String) -> String {
        """
        # Docker daemon under systemd: paste this into a shell of root.
        registry='\(registry)'

        # 1. No proxy any more.
        rm -f \(dropIn)
        rmdir --ignore-fail-on-non-empty /etc/systemd/system/docker.service.d
        systemctl daemon-reload && systemctl restart docker

        # 2. No trust any more, for each registry that was traced.
        rm -f "/etc/docker/certs.d/$registry/ca.crt"
        rmdir --ignore-fail-on-non-empty "/etc/docker/certs.d/$registry"

        # Docker Hub, where the CA was given to the system:
        #    rm -f /usr/local/share/ca-certificates/regtape.crt && update-ca-certificates --fresh
        #    systemctl restart docker
        # Docker Desktop: Settings, Resources, Proxies: take the proxy setting back; take the CA out of certs.d, or of the
        # host's trusted roots; Apply & restart.
        """
    }

    /// As one word of a shell.
    private static func quoted(_ path: String) -> String {
        "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
