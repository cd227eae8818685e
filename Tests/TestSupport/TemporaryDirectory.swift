import Foundation

/// A directory of one test, gone with its contents when the last owner lets go of it.
public final class TemporaryDirectory: Sendable {
    public let path: String

    /// Makes the directory under `TMPDIR`, else /tmp.
    ///
    /// The name is short, because tests put unix sockets there and their paths are bounded (unix(7)).
    public init() throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let suffix = String(UInt32.random(in: 0 ... .max), radix: 36)
        path = "\(parent)/rt-\(suffix)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A test that mounted something here and failed must not have it emptied by us; removal then just fails.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of an entry of this directory; nothing is made.
    public func entry(_ name: String) -> String {
        "\(path)/\(name)"
    }

    /// A directory in this one, made now.
    public func directory(_ name: String) throws -> String {
        let path = entry(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// A file in this directory with that text, made now.
    public func file(_ name: String, _ text: String) throws -> String {
        let path = entry(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }
}
