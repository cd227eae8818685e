import Crypto
import TapeModel

/// Checks a tape against itself: sums, order, and every body against its digest and length.
///
/// It finds what disks and editors do to a tape. It is no proof against forgery: whoever writes a tape writes its sums.
public struct TapeVerifier {
    private let directory: String
    private let paths: TapePaths
    private let files = LocalFiles()
    private var verification = TapeVerification()
    /// What is known of body files already read: their length, or nothing where they are missing or wrong.
    private var bodies: [String: BodyFile] = [:]
    private var lastSeq: Int64 = 0

    private enum BodyFile {
        case good(length: Int64)
        case missing
        case wrong
    }

    /// - Throws: `TapeError` where the tape cannot be read at all.
    public static func verify(directory: String) throws(TapeError) -> TapeVerification {
        var verifier = TapeVerifier(directory: directory)
        return try verifier.run()
    }

    private init(directory: String) {
        self.directory = directory
        self.paths = TapePaths(directory: directory)
    }

    private mutating func run() throws(TapeError) -> TapeVerification {
        let reader = try TapeReader(directory: directory)
        while let entry = try reader.next() { check(entry) }
        verification.isTailCut = reader.isTailCut
        return verification
    }

    private mutating func check(_ entry: TapeReader.Entry) {
        let line = entry.lineNumber
        guard let record = entry.record else {
            return verification.note(.damagedLine, line: line, "not a record")
        }
        verification.records += 1
        if !entry.sumMatches { verification.note(.wrongSum, line: line, "changed since it was written") }
        if entry.seq <= lastSeq { verification.note(.wrongOrder, line: line, "seq \(entry.seq) after \(lastSeq)") }
        lastSeq = max(lastSeq, entry.seq)
        verification.isEnded = false
        switch record {
        case .end: verification.isEnded = true
        case .exchange(let exchange):
            verification.exchanges += 1
            check(exchange.request.body, line)
            if let response = exchange.response { check(response.body, line) }
        default: break
        }
        if verification.records == 1, record.kind != "tape" {
            verification.note(.notATape, line: line, "the first record is no tape record")
        }
    }

    private mutating func check(_ body: Body, _ line: Int) {
        guard let sha256 = body.sha256 else {
            if body.stored == .inline || body.stored == .file {
                verification.note(.wrongBody, line: line, "a stored body without digest")
            }
            return
        }
        if let text = body.text {
            let octets = Array(text.utf8)
            if Hexadecimal.encode(SHA256.hash(data: octets)) != sha256 || !fits(body, Int64(octets.count)) {
                verification.note(.wrongBody, line: line, "the text of a body is not what its digest and length say")
            }
            return
        }
        switch file(sha256) {
        case .missing:
            verification.note(.missingBody, line: line, "the body file of sha256:\(shown(sha256)) is missing")
        case .wrong:
            verification.note(.wrongBody, line: line, "the body file of sha256:\(shown(sha256)) has other octets")
        case .good(let length):
            if !fits(body, length) {
                verification.note(.wrongBody, line: line, "the body file of sha256:\(shown(sha256)) has another length")
            }
        }
    }

    /// A redacted body keeps the length that crossed the wire, not that of what is stored.
    private func fits(_ body: Body, _ length: Int64) -> Bool { body.isRedacted || body.length == length }

    /// A digest from the tape may be anything; only one that is one is repeated to a terminal.
    private func shown(_ sha256: String) -> String { paths.body(sha256: sha256) == nil ? "(no digest)" : sha256 }

    private mutating func file(_ sha256: String) -> BodyFile {
        if let known = bodies[sha256] { return known }
        let found = read(sha256)
        bodies[sha256] = found
        return found
    }

    private func read(_ sha256: String) -> BodyFile {
        guard let path = paths.body(sha256: sha256) else { return .missing }
        do throws(FileFailure) {
            let descriptor = try files.openForReading(path)
            defer { files.close(descriptor) }
            var hash = SHA256()
            var length: Int64 = 0
            while true {
                let piece = try files.read(descriptor, at: length, count: 256 * 1024)
                if piece.isEmpty { break }
                hash.update(data: piece)
                length += Int64(piece.count)
            }
            return Hexadecimal.encode(hash.finalize()) == sha256 ? .good(length: length) : .wrong
        } catch {
            return error.isMissing ? .missing : .wrong
        }
    }
}
