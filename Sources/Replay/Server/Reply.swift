package import TapeModel

/// One answer as the server is to send it: decided, with the places of its content and not the content itself.
package struct Reply: Sendable, Equatable {
    /// A piece of the content.
    package enum Piece: Sendable, Equatable {
        case octets([UInt8])
        /// Octets of the stored content with this SHA-256.
        case stored(sha256: String, range: Range<Int64>)

        package var length: Int64 {
            switch self {
            case .octets(let octets): Int64(octets.count)
            case .stored(_, let range): range.upperBound - range.lowerBound
            }
        }
    }

    /// An answer before the answer.
    package struct Interim: Sendable, Equatable {
        package var status: Int
        package var fields: [FieldLine]
    }

    package var interim: [Interim] = []
    package var trailers: [FieldLine] = []
    package var status: Int
    package var fields: [FieldLine]
    package var content: [Piece]
    /// The length that the head announces where that is not the content's: an answer to HEAD, or one that broke off.
    package var announcedLength: Int64?
    package var delivery = Delivery()

    package init(
        status: Int, fields: [FieldLine] = [], content: [Piece] = [],
        announcedLength: Int64? = nil
    ) {
        self.status = status
        self.fields = fields
        self.content = content
        self.announcedLength = announcedLength
    }

    package var length: Int64 { content.reduce(0) { $0 &+ $1.length } }
}

extension Reply {
    /// An answer in the error form of the distribution specification, in regtape's own words.
    package static func error(
        _ status: Int, code: String, _ message: String, fields: [FieldLine] = []
    ) -> Reply {
        let body = JSONValue.object([
            .init(
                "errors",
                .array([.object([.init("code", .string(code)), .init("message", .string("regtape: " + message))])]))
        ])
        return Reply(
            status: status, fields: [FieldLine("Content-Type", "application/json")] + fields,
            content: [.octets(body.serialized + [0x0A])])
    }
}
