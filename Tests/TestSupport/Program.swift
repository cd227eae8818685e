import Foundation

/// A real program that a test uses, looked for on PATH.
///
/// Where it is missing the test is skipped, visibly. Under `CI=true` it is not skipped but fails, because a machine that is
/// there to test everything must not quietly test less.
public struct Program: Sendable, CustomStringConvertible {
    public struct Missing: Error, CustomStringConvertible {
        public let name: String
        public var description: String { "\(name) is not on PATH; tools/test installs it" }
    }

    public let name: String
    /// Where it is, or nothing.
    public let path: String?

    public init(_ name: String) {
        self.name = name
        // Debian keeps daemons in sbin, which a user's PATH lacks.
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        path = (directories + ["/usr/local/sbin", "/usr/sbin", "/sbin"])
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    public var description: String { name }

    /// The path, or an error that says what to do.
    public func required() throws -> String {
        guard let path else { throw Missing(name: name) }
        return path
    }

    /// Whether a test that needs all of these should run: for `.enabled(if:)`.
    public static func areUsable(_ names: String...) -> Bool {
        isContinuousIntegration || names.allSatisfy { Program($0).path != nil }
    }

    /// Whether a test may run that only root can: mounting, a Docker daemon.
    public static var isRoot: Bool { geteuid() == 0 }

    static var isContinuousIntegration: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
}
