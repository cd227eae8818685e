import TapeModel
import Wire

/// What a reader made of a capture, as lines that a test can compare.
struct Reading {
    private(set) var lines: [String] = []
    private(set) var failure: String?

    /// Hands the octets in by `step`, what was not consumed again before each.
    init(_ octets: [UInt8], step: Int = .max) {
        var reader = CaptureFileReader()
        var held: [UInt8] = []
        var index = 0
        var lines: [String] = []
        do throws(CaptureFileFailure) {
            repeat {
                let end = index + min(step, octets.count - index)
                held += octets[index..<end]
                index = end
                let handed = held
                let consumed = try reader.receive(handed.span) { lines.append(Self.line($0, handed)) }
                held.removeFirst(consumed)
            } while index < octets.count
            try reader.finish(unread: held.count)
        } catch {
            failure = error.description
        }
        self.lines = lines
    }

    private static func line(_ item: CaptureItem, _ octets: [UInt8]) -> String {
        switch item {
        case .frame(let frame):
            "\(frame.link) \(frame.time.microseconds) \(Array(octets[frame.octets])) of \(frame.originalLength)"
        case .keyLog(let secrets): "key log \(String(decoding: secrets, as: UTF8.self))"
        case .comment(let text): "comment \(text)"
        case .dropped(let packets, let time): "dropped \(packets) at \(time?.microseconds ?? -1)"
        }
    }
}
