/// Why a tape cannot be written or read: a code for programs, one sentence for a person.
public struct TapeError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        case alreadyBeingWritten = "already-being-written"
        case notATape = "not-a-tape"
        case laterVersion = "later-version"
        case notWritable = "not-writable"
        case unreadable
    }

    public var code: Code
    /// What happened and what to do about it.
    public var description: String

    /// What happened, without what to do about it: for whoever knows better than we what that is.
    public var cause: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
        cause = description
    }

    init(_ code: Code, of directory: String, _ failure: FileFailure, advice: String) {
        self.init(code, "The tape \(directory) cannot be used (\(failure)): \(advice)")
        cause = "The tape \(directory) cannot be used (\(failure))"
    }
}
