package import NIOCore

/// Something in the environment that keeps regtape from starting: one sentence that says what, and what to do.
public struct ListenerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case addressUnavailable
        case authorityUnusable
        case badCertificates
        case badPattern
    }

    public let code: Code
    public let detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { detail }
}

extension ListenerError {
    /// Why an address cannot be bound, in terms of the option that named it.
    package init(_ code: Code, _ error: IOError, option: String, host: String, port: Int) {
        let sentence =
            switch error.errnoCode {
            case 98:
                "port \(port) on \(host) is taken by another program; end it, or choose another port with "
                    + "\(option) \(host):0"
            case 13: "listening on port \(port) needs more rights; choose a port above 1023 with \(option)"
            case 99: "\(host) is no address of this machine; choose one with \(option)"
            default: "cannot listen on \(host):\(port): \(error)"
            }
        self.init(code, sentence)
    }
}
