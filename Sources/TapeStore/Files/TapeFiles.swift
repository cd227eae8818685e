/// Everything that writing a tape asks of an operating system.
///
/// It is a protocol so that a simulated disk can fail each operation in turn; what recording promises after a crash
/// or on a full disk rests on the order of these calls and on nothing else. Directories are made 0700 and files
/// 0600 whatever the umask: a tape is the traffic of a person.
public protocol TapeFiles: Sendable {
    /// Names in a directory without `.` and `..`; nothing where there is no such directory.
    func entries(of directory: String) throws(FileFailure) -> [String]?
    /// Makes one directory; one that exists is left as it is.
    func makeDirectory(_ path: String) throws(FileFailure)
    /// Opens for reading and appending, making the file where there is none.
    func openForAppending(_ path: String) throws(FileFailure) -> Int32
    /// Makes an empty file, in place of one that may be there.
    func create(_ path: String) throws(FileFailure) -> Int32
    /// Takes the write lock of an open file; false where somebody else has it. It ends with the descriptor.
    func lock(_ descriptor: Int32) throws(FileFailure) -> Bool
    func size(_ descriptor: Int32) throws(FileFailure) -> Int64
    /// Size of the file at `path`; nothing where there is none.
    func size(ofFile path: String) throws(FileFailure) -> Int64?
    /// Up to `count` octets from `offset`; fewer only at the end of the file.
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(FileFailure) -> [UInt8]
    /// Writes at least one octet of `bytes` and says how many.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int
    func truncate(_ descriptor: Int32, to length: Int64) throws(FileFailure)
    /// Takes room on the device for `length` octets.
    func allocate(_ descriptor: Int32, length: Int64) throws(FileFailure)
    func synchronize(_ descriptor: Int32) throws(FileFailure)
    func synchronizeDirectory(_ path: String) throws(FileFailure)
    func rename(_ path: String, to target: String) throws(FileFailure)
    func remove(_ path: String) throws(FileFailure)
    /// Removes a directory that holds nothing.
    func removeDirectory(_ path: String) throws(FileFailure)
    func close(_ descriptor: Int32)
}

extension TapeFiles {
    /// Writes all of `bytes`, however many calls that takes.
    func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        var written = 0
        while written < bytes.count {
            written += try write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
    }

    func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(FileFailure) {
        var failure: FileFailure?
        bytes.withUnsafeBytes { buffer in
            do throws(FileFailure) { try writeAll(descriptor, buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
