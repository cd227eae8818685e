import Foundation
import Glibc

/// A client that sends octets as they are, and keeps all that it hears until the server ends the connection.
enum RawClient {
    struct Failure: Error {
        let errno: Int32
    }

    /// Sends the pieces one after the other, closes its half where `finishes`, and reads to the end.
    ///
    /// A server that leaves the connection open ends the wait after 20 s, which is far longer than anything takes that
    /// works; then what came is followed by `…`.
    static func hear(
        from port: Int, _ pieces: [[UInt8]], finishes: Bool = false, until wanted: String? = nil
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try talk(port, pieces, finishes, wanted) })
            }
        }
    }

    static func hear(
        from port: Int, _ text: String, finishes: Bool = false, until wanted: String? = nil
    ) async throws -> String {
        try await hear(from: port, [Array(text.utf8)], finishes: finishes, until: wanted)
    }

    private static func talk(_ port: Int, _ pieces: [[UInt8]], _ finishes: Bool, _ wanted: String?) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(errno: errno) }
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                // The server has had enough; what it says about that can still be read.
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
        }
        if finishes { shutdown(descriptor, Int32(SHUT_WR)) }
        var heard: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count > 0 { heard += piece[..<count] }
            let text = String(decoding: heard, as: UTF8.self)
            if let wanted, text.contains(wanted) { return text }
            if count == 0 { return text }
            if count < 0 { return text + (errno == EAGAIN ? "…" : "") }
        }
    }
}
