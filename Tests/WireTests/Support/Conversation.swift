import TapeModel

/// One thing that happens on a connection under test, in the order in which a witness sees it.
enum Step: Sendable {
    case client([UInt8])
    case server([UInt8])
    case clientEnds
    case serverEnds

    var side: Side {
        switch self {
        case .client, .clientEnds: .client
        case .server, .serverEnds: .server
        }
    }

    /// How many octets are sent.
    var count: Int {
        switch self {
        case .client(let octets), .server(let octets): octets.count
        case .clientEnds, .serverEnds: 0
        }
    }

    /// Lines with CRLF between them; the last has none, so that a head ends with two empty ones.
    static func client(_ lines: String...) -> Step { .client(Array(lines.joined(separator: "\r\n").utf8)) }
    static func server(_ lines: String...) -> Step { .server(Array(lines.joined(separator: "\r\n").utf8)) }

    /// A plain request without content.
    static func get(_ path: String, _ fields: String...) -> Step {
        .client(Array((["GET \(path) HTTP/1.1", "Host: r.test"] + fields + ["", ""]).joined(separator: "\r\n").utf8))
    }

    /// Frames of HTTP/2, one after the other.
    static func client(_ first: [UInt8], _ second: [UInt8], _ more: [UInt8]...) -> Step {
        .client(first + second + more.flatMap { $0 })
    }
    static func server(_ first: [UInt8], _ second: [UInt8], _ more: [UInt8]...) -> Step {
        .server(first + second + more.flatMap { $0 })
    }
}

/// A conversation and what the decoder is to say of it.
struct Conversation: Sendable, CustomStringConvertible {
    /// A sentence.
    let name: String
    let steps: [Step]
    let transcript: String

    init(_ name: String, _ steps: [Step], _ transcript: String) {
        self.name = name
        self.steps = steps
        self.transcript = transcript
    }

    var description: String { name }
}
