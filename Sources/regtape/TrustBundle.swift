import Glibc
import Listener

/// The file that `run` names in the CA variables: the system's roots and our CA, because each variable replaces what the
/// program trusted before.
enum TrustBundle {
    /// Where distributions keep their roots, Debian first.
    private static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    static func write(authority: CertificateAuthority) throws -> String {
        let inherited = StateDirectory.variable("SSL_CERT_FILE").map { [$0] } ?? []
        let roots = (inherited + systemBundles).lazy.compactMap(SmallFile.read).first ?? ""
        let path = try StateDirectory.path() + "/bundle.pem"
        let temporary = path + ".\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ExitStatus.Failure(
                ExitStatus.environment, "cannot write \(temporary): \(String(cString: strerror(errno)))")
        }
        Terminal.write(roots + "\n" + authority.certificatePEM, to: descriptor)
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            throw ExitStatus.Failure(
                ExitStatus.environment, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        return path
    }
}

/// The environment of the recorded command.
enum ChildEnvironment {
    static func variables(proxy: String, bundle: String) -> [String: String] {
        var variables: [String: String] = [:]
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] { variables[name] = proxy }
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"] {
            variables[name] = bundle
        }
        return variables
    }
}
