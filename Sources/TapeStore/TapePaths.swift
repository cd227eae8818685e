/// Where the parts of a tape lie within its directory.
struct TapePaths {
    let directory: String

    var lines: String { directory + "/tape.jsonl" }
    /// What a crash left of a last line, put aside when the tape was taken up again.
    var tail: String { directory + "/tape.jsonl.tail" }
    /// Room kept for the closing record on a full disk.
    var reserve: String { directory + "/tape.jsonl.reserve" }
    var sealing: String { directory + "/tape.jsonl.sealing" }
    var bodies: String { directory + "/bodies" }
    var digests: String { bodies + "/sha256" }

    /// The directory that holds the tape.
    var parent: String {
        let trimmed = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// A body that is still arriving; what a crash leaves of it is removed when the tape is taken up again.
    func incoming(_ number: Int) -> String { bodies + "/" + Self.incomingPrefix + String(number) }

    static let incomingPrefix = "incoming-"

    /// The body file for a digest; nothing for anything but 64 lower-case hexadecimal digits, because the digest may
    /// have come from a stranger's tape and must never name another file.
    func body(sha256: String) -> String? {
        guard sha256.utf8.count == 64,
            sha256.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return digests + "/" + sha256
    }
}
