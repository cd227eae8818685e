import CArchive

/// One decompression filter of libarchive over octets in memory.
enum ArchiveFilter {
    /// What `filter` makes of `octets`, at most `limit` octets.
    static func read(
        _ octets: [UInt8], _ filter: Int32, limit: Int
    ) throws(ContentInflater.Failure) -> [UInt8] {
        // Some servers name a coding and send nothing.
        guard !octets.isEmpty else { return [] }
        // libarchive does not tell an empty content from a damaged one, but its trailer does: no octets, sum zero
        // (RFC 1952 §2.3.1).
        if filter == ARCHIVE_FILTER_GZIP, octets.count == emptyGzip, octets.suffix(8).allSatisfy({ $0 == 0 }) {
            return []
        }
        guard let archive = archive_read_new() else { throw .damaged }
        defer { archive_read_free(archive) }
        // The filter is named and not guessed: guessing would also unwrap content that is a gzip file by itself.
        guard archive_read_append_filter(archive, filter) == ARCHIVE_OK,
            archive_read_support_format_raw(archive) == ARCHIVE_OK
        else { throw .damaged }
        let result: Result<[UInt8], ContentInflater.Failure> = octets.withUnsafeBytes { bytes in
            guard archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else {
                return .failure(.damaged)
            }
            return contents(of: archive, limit: limit)
        }
        return try result.get()
    }

    private static func contents(
        of archive: OpaquePointer, limit: Int
    ) -> Result<[UInt8], ContentInflater.Failure> {
        var entry: OpaquePointer?
        let header = archive_read_next_header(archive, &entry)
        guard header == ARCHIVE_OK else { return .failure(.damaged) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceSize)
        while true {
            let count = piece.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
            if count == 0 { return .success(result) }
            guard count > 0 else { return .failure(.damaged) }
            guard count <= limit - result.count else { return .failure(.tooLarge) }
            result += piece[..<count]
        }
    }

    private static let pieceSize = 64 * 1024
    /// Header, one empty block, trailer.
    private static let emptyGzip = 20
}
