import TapeModel

/// The content of one message as it is exported: what the tape holds of it, filled up or cut where that is not what was sent.
struct ExportedBody {
    private enum Kept {
        case text([UInt8])
        case file(String)
        case nothing
    }

    /// Octets that are sent.
    private(set) var count: Int64
    /// What there is to say about it, for a comment beside its first packet.
    private(set) var notes: [String] = []
    private(set) var isDecoded = false
    private let kept: Kept
    private let keptCount: Int64
    /// Blanks behind redacted text leave JSON what it was; everything else that is missing is zero.
    private let filler: UInt8

    static let none = ExportedBody(count: 0)

    private init(count: Int64) {
        self.count = count
        (kept, keptCount, filler) = (.nothing, 0, 0)
    }

    init(_ body: Body, from content: some ExportContent, losses: inout ExportLosses) throws {
        let length = max(0, body.length)
        if let text = body.text {
            let octets = Array(text.utf8)
            (kept, keptCount) = (.text(octets), Int64(octets.count))
        } else if let sha256 = body.sha256, let found = try content.length(ofBody: sha256) {
            (kept, keptCount) = (.file(sha256), max(0, found))
        } else {
            (kept, keptCount) = (.nothing, 0)
        }
        filler = body.isRedacted && keptCount > 0 ? 0x20 : 0
        isDecoded = body.isDecoded && keptCount > 0
        if isDecoded {
            count = keptCount
            losses.decodedBodies += 1
            notes.append("stored after content decoding; \(length) octets were sent, and are \(keptCount) here")
        } else if keptCount > length {
            // Redaction made it longer; cut, it would not be what it says it is.
            count = body.isRedacted ? keptCount : length
            if body.isRedacted { notes.append("redacted: \(length) octets were sent, and are \(keptCount) here") }
        } else {
            count = min(length, keptCount + Self.mostFilling)
            if count < length {
                losses.bodiesCut += 1
                notes.append("\(length) octets were sent, and are \(count) here")
            }
            if keptCount < length, body.isRedacted, keptCount > 0 {
                notes.append("redacted, and filled up with blanks to the \(length) octets that were sent")
            } else if keptCount < length {
                losses.bodiesNotKept += 1
                notes.append(
                    keptCount == 0
                        ? "the body of \(length) octets is not on the tape: zeros stand for it"
                        : "only \(keptCount) of \(length) octets of the body are on the tape: zeros stand for the rest")
            } else if body.isRedacted {
                notes.append("redacted")
            }
        }
        if body.isRedacted { losses.redactedBodies += 1 }
    }

    mutating func leaveOut() {
        count = 0
    }

    /// The octets from `offset` on, `wanted` of them, none of which lies behind the end.
    func octets(at offset: Int64, count wanted: Int, from content: some ExportContent) throws -> [UInt8] {
        var octets: [UInt8] = []
        let here = Int(max(0, min(Int64(wanted), keptCount - offset)))
        if here > 0 {
            switch kept {
            case .text(let text): octets = Array(text[Int(offset)..<Int(offset) + here])
            case .file(let sha256):
                octets = Array(try content.octets(ofBody: sha256, at: offset, count: here).prefix(here))
            case .nothing: break
            }
        }
        // A file that has become shorter in the meantime is filled up like one that never was.
        octets.append(contentsOf: repeatElement(filler, count: wanted - octets.count))
        return octets
    }

    /// A tape of a few lines must not be able to fill a disk with zeros.
    private static let mostFilling: Int64 = 64 << 20
}
