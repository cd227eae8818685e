/// Why a capture file cannot be read on, as one sentence with the place; all items before it stand.
public struct CaptureFileFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Octets of the file before the structure that is wrong.
    public let offset: Int64
    public let sentence: String

    init(at offset: Int64, _ sentence: String) {
        self.offset = offset
        self.sentence = sentence
    }

    public var description: String { "\(sentence) (at octet \(offset) of the capture)" }
}
