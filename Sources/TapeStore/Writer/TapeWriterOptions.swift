/// How a tape is written.
public struct TapeWriterOptions: Sendable, Hashable {
    public enum Durability: String, Sendable, Hashable, CaseIterable {
        /// Synchronised at least each second and each 8 MiB of lines.
        case normal
        /// Synchronised before anybody is told that an exchange is saved.
        case strict
    }

    public var durability: Durability
    /// Name and version of the program, for the tape record.
    public var tool: String
    /// Whether files are synchronised on a thread of their own, so that a slow disk does not hold up the caller.
    ///
    /// Without it every call is made on the caller's thread and in one order, which a simulated disk needs.
    public var isConcurrent: Bool

    public init(durability: Durability = .normal, tool: String, isConcurrent: Bool = true) {
        self.durability = durability
        self.tool = tool
        self.isConcurrent = isConcurrent
    }
}
