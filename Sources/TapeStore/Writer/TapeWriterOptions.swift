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

    public init(durability: Durability = .normal, tool: String) {
        self.durability = durability
        self.tool = tool
    }
}
