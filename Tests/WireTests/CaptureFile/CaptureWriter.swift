/// Writes captures for tests, in either byte order, right or wrong on demand.
struct CaptureWriter {
    var bigEndian = false
    var octets: [UInt8] = []

    func integer<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: bigEndian ? value.bigEndian : value.littleEndian) { Array($0) }
    }

    mutating func pcapHeader(nanoseconds: Bool = false, snapLength: UInt32 = 262_144, link: UInt32 = 1) {
        octets += integer(nanoseconds ? 0xA1B2_3C4D as UInt32 : 0xA1B2_C3D4)
        octets += integer(2 as UInt16) + integer(4 as UInt16) + integer(0 as UInt64)
        octets += integer(snapLength) + integer(link)
    }

    mutating func record(
        _ seconds: UInt32, _ fraction: UInt32, _ data: [UInt8], kept: UInt32? = nil, original: UInt32? = nil
    ) {
        let length = UInt32(data.count)
        octets += integer(seconds) + integer(fraction) + integer(kept ?? length) + integer(original ?? length) + data
    }

    mutating func block(_ type: UInt32, _ body: [UInt8], trailer: UInt32? = nil) {
        let body = Self.padded(body)
        let length = UInt32(body.count + 12)
        octets += integer(type) + integer(length) + body + integer(trailer ?? length)
    }

    mutating func section(options: [UInt8] = []) {
        block(
            0x0A0D_0D0A,
            integer(0x1A2B_3C4D as UInt32) + integer(1 as UInt16) + integer(0 as UInt16) + integer(UInt64.max) + options
        )
    }

    mutating func interface(link: UInt16 = 1, snapLength: UInt32 = 0, options: [UInt8] = []) {
        block(1, integer(link) + integer(0 as UInt16) + integer(snapLength) + options)
    }

    mutating func enhanced(
        _ ticks: UInt64, _ data: [UInt8], interface: UInt32 = 0, kept: UInt32? = nil, original: UInt32? = nil,
        options: [UInt8] = []
    ) {
        let length = UInt32(data.count)
        block(
            6,
            integer(interface) + time(ticks) + integer(kept ?? length) + integer(original ?? length)
                + Self.padded(data) + options)
    }

    func time(_ ticks: UInt64) -> [UInt8] {
        integer(UInt32(ticks >> 32)) + integer(UInt32(truncatingIfNeeded: ticks))
    }

    func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
        integer(code) + integer(UInt16(value.count)) + Self.padded(value)
    }

    private static func padded(_ octets: [UInt8]) -> [UInt8] {
        octets + Array(repeating: 0, count: (4 - octets.count % 4) % 4)
    }
}
