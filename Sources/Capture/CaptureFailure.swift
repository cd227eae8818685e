/// Why packets cannot be captured, with the sentence that the user reads.
public struct CaptureFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The filter is no expression of pcap-filter(7), or none for this kind of frame.
        case badFilter
        case noSuchDevice
        case notPermitted
        /// The device cannot be opened, or stopped giving packets.
        case deviceFailed
        /// Packets cannot be handed over to that user.
        case badUser
        case unreadableKeyLog
    }

    public let code: Code
    public let sentence: String

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    public var description: String { sentence }
}
