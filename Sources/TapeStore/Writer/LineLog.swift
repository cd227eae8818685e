/// The lines of a tape on their way to `tape.jsonl`.
///
/// Lines are buffered and reach the system at 64 KiB or when asked. The promise: what the file holds is whole lines,
/// but for the moment between a torn write and `cutToWholeLine()`. Opened for appending, so that a cut file
/// is written on at its new end.
package final class LineLog {
    package let descriptor: Int32
    private let files: any TapeFiles
    private var buffer: [UInt8] = []
    /// Octets of whole lines in the file.
    package private(set) var length: Int64
    /// Octets in the buffer and in the file that are not known to be on the disk.
    private(set) var unsynchronized = 0

    package init(descriptor: Int32, length: Int64, files: any TapeFiles) {
        self.descriptor = descriptor
        self.length = length
        self.files = files
    }

    package func append(_ line: [UInt8]) throws(FileFailure) {
        buffer.append(contentsOf: line)
        buffer.append(0x0A)
        unsynchronized += line.count + 1
        if buffer.count >= Self.bufferLimit { try flush() }
    }

    func flush() throws(FileFailure) {
        var failure: FileFailure?
        var written = 0
        buffer.withUnsafeBytes { bytes in
            do throws(FileFailure) {
                while written < bytes.count {
                    written += try files.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
                }
            } catch {
                failure = error
            }
        }
        guard let failure else {
            length += Int64(written)
            buffer.removeAll(keepingCapacity: true)
            return
        }
        length += Int64(buffer[..<written].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        buffer.removeAll()
        throw failure
    }

    /// Whether all lines have reached the system, where a crash of ours cannot lose them.
    var isFlushed: Bool { buffer.isEmpty }

    /// Synchronises on this thread.
    package func synchronize() throws(FileFailure) {
        try flush()
        guard unsynchronized > 0 else { return }
        try files.synchronize(descriptor)
        unsynchronized = 0
    }

    /// Says that so many of the octets in the file were synchronised elsewhere.
    func synchronized(_ octets: Int) { unsynchronized = max(0, unsynchronized - octets) }

    /// Forgets what is buffered and takes a torn line off the end of the file.
    package func cutToWholeLine() throws(FileFailure) {
        buffer.removeAll()
        try files.truncate(descriptor, to: length)
    }

    private static let bufferLimit = 64 * 1024
}
