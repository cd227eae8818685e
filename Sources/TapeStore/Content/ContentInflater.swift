import CArchive

/// Undoes the content codings of a body (RFC 9110 §8.4): gzip, deflate and zstd, within limits.
///
/// The octets come from strangers: ten of them may stand for gigabytes. So the result is bounded in length and in
/// proportion to what was sent, at most two codings are undone, and exactly the named ones: content that is itself
/// a gzip file stays one. Brotli is not undone, because libarchive does not know it.
public enum ContentInflater {
    /// What is inflated at most.
    public struct Limits: Sendable, Hashable {
        /// Octets of the result of each coding.
        public var length: Int
        /// Octets of the result for each octet that was sent; small contents may always grow to 64 KiB.
        public var ratio: Int
        /// Codings that are undone one after the other.
        public var codings: Int

        /// The bounds of RELIABILITY.md D3.
        public init(length: Int = 256 << 20, ratio: Int = 1_000, codings: Int = 2) {
            self.length = length
            self.ratio = ratio
            self.codings = codings
        }
    }

    /// Why a content was not inflated.
    public enum Failure: String, Error, Sendable, Hashable {
        /// A coding that is not known here, such as `br`.
        case unknownCoding = "unknown-coding"
        case tooManyCodings = "too-many-codings"
        /// Longer than the limits allow: a bomb, or merely large.
        case tooLarge = "too-large"
        /// Not what the coding says, or cut off.
        case damaged
    }

    /// The names in a Content-Encoding field, in the order in which they were applied; `identity` is none.
    public static func codings(of contentEncoding: String) -> [String] {
        contentEncoding.split(separator: ",").map { name in
            String(decoding: name.utf8.filter { $0 != 0x20 && $0 != 0x09 }.map(lowercased), as: UTF8.self)
        }.filter { !$0.isEmpty && $0 != "identity" }
    }

    /// The content before any coding was applied to it.
    ///
    /// - Throws: `Failure`; nothing of a damaged or too large content is given.
    public static func inflate(
        _ octets: [UInt8], codings: [String], limits: Limits = Limits()
    ) throws(Failure) -> [UInt8] {
        guard codings.count <= limits.codings else { throw .tooManyCodings }
        var octets = octets
        for coding in codings.reversed() { octets = try inflate(octets, coding, limits) }
        return octets
    }

    private static func inflate(_ octets: [UInt8], _ coding: String, _ limits: Limits) throws(Failure) -> [UInt8] {
        let (allowed, overflow) = octets.count.multipliedReportingOverflow(by: limits.ratio)
        let limit = min(limits.length, overflow ? limits.length : max(alwaysAllowed, allowed))
        switch coding {
        case "gzip", "x-gzip": return try ArchiveFilter.read(octets, ARCHIVE_FILTER_GZIP, limit: limit)
        case "zstd": return try ArchiveFilter.read(octets, ARCHIVE_FILTER_ZSTD, limit: limit)
        case "deflate": return try ArchiveFilter.read(gzipped(octets), ARCHIVE_FILTER_GZIP, limit: limit)
        default: throw .unknownCoding
        }
    }

    /// A deflate stream in the wrapping that libarchive knows.
    ///
    /// The coding is called deflate and means zlib (RFC 9110 §8.4.1.2); some servers send the bare stream, which is told
    /// from it by the first two octets (RFC 1950 §2.2). The trailer is not checked by libarchive.
    private static func gzipped(_ octets: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = octets[...]
        if octets.count >= 2, octets[0] & 0x0F == 8, (Int(octets[0]) << 8 | Int(octets[1])) % 31 == 0 {
            // A preset dictionary is known to nobody here.
            guard octets[1] & 0x20 == 0, octets.count >= 6 else { throw .damaged }
            stream = stream.dropFirst(2)
        }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF] + stream + [UInt8](repeating: 0xFF, count: 8)
    }

    private static let alwaysAllowed = 64 * 1024

    private static func lowercased(_ octet: UInt8) -> UInt8 { (0x41...0x5A).contains(octet) ? octet | 0x20 : octet }
}
