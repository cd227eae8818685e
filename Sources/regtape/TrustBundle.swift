import Glibc
import Listener

/// The file that `run` names in the CA variables: the roots that the program trusted before and our CA, because each
/// variable replaces what was trusted.
enum TrustBundle {
    /// Where distributions keep their roots, Debian first.
    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    static func write(authority: CertificateAuthority) throws -> String {
        let path = try StateDirectory.path() + "/bundle.pem"
        let temporary = path + ".\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(temporary) }
        let isWritten = write((roots() + [authority.certificatePEM]).joined(separator: "\n"), to: descriptor)
        // Half a bundle would break the command for a reason that nobody finds.
        guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
            defer { unlink(temporary) }
            throw failure(path)
        }
        return path
    }

    /// What the user's own variables name, and the system's roots unless `SSL_CERT_FILE` says to do without them: hosts of
    /// `--passthrough` still show their own certificates.
    private static func roots() -> [String] {
        let inherited = ChildEnvironment.authorityVariables.compactMap(StateDirectory.variable)
        let system =
            StateDirectory.variable("SSL_CERT_FILE") == nil ? systemBundles.first { access($0, R_OK) == 0 } : nil
        var seen: Set<String> = []
        return ([system].compactMap { $0 } + inherited).filter { seen.insert($0).inserted }.compactMap {
            // A bundle cut short would be one that trusts fewer; some companies' have grown beyond 1 MiB.
            SmallFile.read($0, limit: 16 << 20)
        }
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    private static func failure(_ path: String) -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.environment, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}

/// The environment of the recorded command.
enum ChildEnvironment {
    /// Go and OpenSSL, Python's requests, curl, Node.js and git, in this order.
    static let authorityVariables = [
        "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO",
    ]

    /// Both spellings, because curl reads only the lower-case `http_proxy` and others only the upper-case ones.
    static let proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]

    /// Hosts that a program is to reach without its proxy; empty means none (an unset one would do as well, but some
    /// programs then fall back on a setting of their own).
    static let exceptionVariables = ["NO_PROXY", "no_proxy"]

    static func variables(proxy: String, bundle: String) -> [String: String] {
        var variables: [String: String] = [:]
        for name in proxyVariables { variables[name] = proxy }
        for name in exceptionVariables { variables[name] = "" }
        for name in authorityVariables { variables[name] = bundle }
        // Node.js reads the proxy variables from version 24 on, and only where it is told to.
        variables["NODE_USE_ENV_PROXY"] = "1"
        return variables
    }

    /// What of the user's environment does not hold for the command, one sentence each.
    ///
    /// The values are not quoted: a proxy's URL may hold a password.
    static func notices(hasUpstreamProxy: Bool) -> [String] {
        var notices: [String] = []
        if let name = exceptionVariables.first(where: { StateDirectory.variable($0) != nil }) {
            notices.append("\(name) is emptied for the command, so that nothing passes the recorder by")
        }
        if !hasUpstreamProxy, let name = proxyVariables.first(where: { StateDirectory.variable($0) != nil }) {
            notices.append(
                "\(name) was set, but hosts are now reached directly; if they need that proxy, name it with --upstream-proxy"
            )
        }
        return notices
    }
}
