import Glibc

/// Splits a file into lines, with a bounded piece of it in memory.
///
/// A line longer than 64 MiB is none of ours: it is skipped to its end and given without octets.
package final class LineReader {
    package struct Line {
        package var number: Int
        package var offset: Int64
        /// Without line feed; nothing where the line is too long to be ours.
        package var octets: [UInt8]?
    }

    private let files = LocalFiles()
    private let descriptor: Int32
    private var piece: [UInt8] = []
    private var position = 0
    /// Offset in the file of the next octet that is given.
    private var offset: Int64 = 0
    private var readOffset: Int64 = 0
    private var number = 0
    /// Octets behind the last line feed, where they are few enough to be one of our lines.
    private(set) var tail: [UInt8] = []
    package private(set) var tailLength: Int64 = 0

    /// Octets of the file when it was opened; it may grow.
    package let length: Int64

    package init(path: String) throws(FileFailure) {
        descriptor = try files.openForReading(path)
        length = try files.size(descriptor)
    }

    deinit {
        files.close(descriptor)
    }

    package func next() throws(FileFailure) -> Line? {
        var collected: [UInt8] = []
        var length: Int64 = 0
        while true {
            if position == piece.count {
                piece = try files.read(descriptor, at: readOffset, count: Self.pieceSize)
                position = 0
                readOffset += Int64(piece.count)
                if piece.isEmpty {
                    tailLength = length
                    tail = collected
                    return nil
                }
            }
            let newline = lineFeed(from: position)
            let end = newline ?? piece.count
            length += Int64(end - position)
            if length <= Self.lineLimit { collected.append(contentsOf: piece[position..<end]) } else { collected = [] }
            position = end
            guard newline != nil else { continue }
            position += 1
            number += 1
            defer { offset += length + 1 }
            return Line(number: number, offset: offset, octets: length <= Self.lineLimit ? collected : nil)
        }
    }

    /// Where the line ends in the piece at hand; the C library looks at many octets at once.
    private func lineFeed(from start: Int) -> Int? {
        piece.withUnsafeBytes { octets in
            guard let base = octets.baseAddress, start < octets.count,
                let found = memchr(base + start, 0x0A, octets.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private static let pieceSize = 256 * 1024
    /// Heads and inline bodies are far smaller; more than this is not read into memory on a stranger's word.
    private static let lineLimit: Int64 = 64 * 1024 * 1024
}
