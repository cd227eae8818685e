import Glibc
import NIOCore
public import NIOSSL
import Synchronization

/// Writes TLS secrets in the format that Wireshark reads, for both legs, to the file that `SSLKEYLOGFILE` names.
///
/// Whoever has the file can read the traffic: it is 0600 and never becomes part of a tape.
public final class KeyLog: Sendable {
    private let descriptor: Mutex<Int32>

    public init(path: String) throws(ListenerError) {
        let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw ListenerError(
                .addressUnavailable, "cannot write the key log \(path) (SSLKEYLOGFILE): \(AuthorityFiles.reason(errno))"
            )
        }
        _ = fchmod(opened, 0o600)
        descriptor = Mutex(opened)
    }

    deinit {
        _ = descriptor.withLock { close($0) }
    }

    public var callback: NIOSSLKeyLogCallback {
        { [self] line in
            descriptor.withLock { descriptor in
                line.withUnsafeReadableBytes { bytes in
                    // O_APPEND keeps lines of two processes apart; a lost line costs a decryption, not the traffic.
                    _ = write(descriptor, bytes.baseAddress, bytes.count)
                }
            }
        }
    }
}
