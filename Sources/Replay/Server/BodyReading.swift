import Glibc
import NIOCore

/// Reads from an open file; blocks.
enum BodyReading {
    /// Exactly `count` octets from `offset`; nothing where the file has fewer by now.
    static func octets(_ descriptor: Int32, from offset: Int64, count: Int) -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var filled = 0
        while filled < count {
            let position = offset + Int64(filled)
            let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count - filled) { space in
                while true {
                    let got = pread(descriptor, space.baseAddress, min(space.count, count - filled), off_t(position))
                    if got < 0, errno == EINTR { continue }
                    return max(0, got)
                }
            }
            guard got > 0 else { return nil }
            filled += got
        }
        return buffer
    }

    /// Octets of the file as it is now; does not block.
    static func length(_ descriptor: Int32) -> Int64? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : nil
    }

    static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
