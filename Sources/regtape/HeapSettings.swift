import Glibc

/// How the C library's heap treats memory that is free.
///
/// A layer passes in buffers of some hundred kilobytes. By default each goes back to the kernel when it is freed and is
/// taken from it again for the next read, and the kernel clears its pages every time: at 700 MB/s that was a tenth of the
/// event loop's time. What starting up left behind is given back first, since it is not needed again.
enum HeapSettings {
    /// From malloc.h, which the module of the C library does not export.
    private static let trimThreshold: CInt = -1
    private static let mmapThreshold: CInt = -3

    /// Free octets at the end of a heap that are kept; well below the 64 MiB that a recording may take over idle.
    private static let kept: CInt = 16 << 20
    /// The largest buffer that comes from the heap.
    private static let largest: CInt = 4 << 20

    /// Called when everything is open and traffic begins; without glibc it does nothing.
    static func prepareForTraffic() {
        typealias Trim = @convention(c) (Int) -> CInt
        typealias Option = @convention(c) (CInt, CInt) -> CInt
        guard let trim = dlsym(nil, "malloc_trim"), let option = dlsym(nil, "mallopt") else { return }
        _ = unsafeBitCast(trim, to: Trim.self)(0)
        let set = unsafeBitCast(option, to: Option.self)
        _ = set(trimThreshold, kept)
        _ = set(mmapThreshold, largest)
    }
}
