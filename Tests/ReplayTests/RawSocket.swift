import Foundation
import Glibc

/// A socket that sends octets as they are, and reads when it is told to; it blocks, so it has a thread of its own.
///
/// Every wait ends after 20 s, which is far longer than anything takes that works.
final class RawSocket {
    struct Failure: Error {
        let errno: Int32
    }

    enum Heard: Equatable {
        case octets([UInt8])
        /// The server has ended the connection.
        case closed
        case silence
    }

    private let descriptor: Int32

    /// Runs `body` with a new connection to a port of this machine.
    static func use<Value: Sendable>(
        _ port: Int, at address: String = "127.0.0.1", receiveBuffer: Int32? = nil,
        _ body: @escaping @Sendable (RawSocket) throws -> Value
    ) async throws -> Value {
        try await onThread { try body(RawSocket(port: port, at: address, receiveBuffer: receiveBuffer)) }
    }

    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    init(port: Int, at host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr(host)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(errno: errno) }
    }

    deinit { close(descriptor) }

    /// Whether the server took all of it.
    @discardableResult
    func send(_ octets: [UInt8]) -> Bool {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // The server has had enough; what it says about that can still be read.
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    func receive() -> Heard {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count > 0 { return .octets(Array(piece[..<count])) }
        return count < 0 && errno == EAGAIN ? .silence : .closed
    }

    /// What comes within so many milliseconds.
    func receive(within time: Int32) -> Heard {
        var patience = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&patience, 1, time) == 0 ? .silence : receive()
    }

    /// Everything up to the server's end, or until `isEnough`.
    func hear(until isEnough: ([UInt8]) -> Bool = { _ in false }) -> (octets: [UInt8], isOpen: Bool) {
        var heard: [UInt8] = []
        while true {
            switch receive() {
            case .octets(let octets): heard += octets
            case .closed: return (heard, false)
            case .silence: return (heard, true)
            }
            if isEnough(heard) { return (heard, true) }
        }
    }
}
