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
