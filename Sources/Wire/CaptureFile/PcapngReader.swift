import TapeModel

/// The form of blocks and sections (draft-ietf-opsawg-pcapng).
struct PcapngReader: Sendable {
    private struct Interface: Sendable {
        var link: UInt16
        var snapLength: Int
        var clock = CaptureClock()
        /// Lost packets told so far, since statistics count from the beginning and packets from the one before.
        var dropped: UInt64 = 0
    }

    /// No machine has more; without a bound a file of descriptions alone would fill the memory.
    private static let mostInterfaces = 4096
    private static let sectionHeader: UInt32 = 0x0A0D_0D0A
    private static let tlsKeyLog: UInt32 = 0x544C_534B

    private var fields = CaptureFields(bigEndian: false)
    private var interfaces: [Interface] = []
    /// Simple packet blocks have no time: they were captured no earlier than what stands before them.
    private var latest = Instant(microseconds: 0)

    mutating func read(
        _ octets: Span<UInt8>, position: Int64, deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) -> Int {
        var index = 0
        while let type = fields.uint32(octets, at: index) {
            let offset = position + Int64(index)
            if type == Self.sectionHeader {
                guard let mark = CaptureFields(bigEndian: true).uint32(octets, at: index + 8) else { break }
                switch mark {
                case 0x1A2B_3C4D: fields.bigEndian = true
                case 0x4D3C_2B1A: fields.bigEndian = false
                default: throw CaptureFileFailure(at: offset, "a section header has no byte order mark")
                }
            }
            guard let total = fields.uint32(octets, at: index + 4) else { break }
            guard total >= 12, total % 4 == 0, total <= UInt32(CaptureFileReader.longestBlock) else {
                throw CaptureFileFailure(at: offset, "a block claims a length of \(total) octets, which cannot be")
            }
            let length = Int(total)
            guard length <= octets.count - index else { break }
            guard let trailer = fields.uint32(octets, at: index + length - 4), trailer == total else {
                throw CaptureFileFailure(at: offset, "a block's two lengths disagree")
            }
            try block(type, octets, index + 8..<index + length - 4, offset, deliver)
            index += length
        }
        return index
    }

    private mutating func block(
        _ type: UInt32, _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        switch type {
        case Self.sectionHeader: try section(octets, body, offset, deliver)
        case 1: try describe(octets, body, offset, deliver)
        case 2, 6: try packet(octets, body, offset, obsolete: type == 2, deliver)
        case 3: try simplePacket(octets, body, offset, deliver)
        case 5: try statistics(octets, body, offset, deliver)
        case 10: try secrets(octets, body, offset, deliver)
        default: break
        }
    }

    private mutating func section(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        guard body.count >= 16, let major = fields.uint16(octets, at: body.lowerBound + 4) else {
            throw CaptureFileFailure(at: offset, "a section header is too short")
        }
        guard major == 1 else { throw CaptureFileFailure(at: offset, "pcapng version \(major) is not read") }
        interfaces.removeAll()
        options(octets, body.lowerBound + 16..<body.upperBound) { code, value in
            if code == 1 { deliver(.comment(Self.text(octets, value))) }
        }
    }

    private mutating func describe(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        guard body.count >= 8, let link = fields.uint16(octets, at: body.lowerBound),
            let snapLength = fields.uint32(octets, at: body.lowerBound + 4)
        else { throw CaptureFileFailure(at: offset, "an interface description is too short") }
        guard interfaces.count < Self.mostInterfaces else {
            throw CaptureFileFailure(at: offset, "a section describes more than \(Self.mostInterfaces) interfaces")
        }
        var interface = Interface(link: link, snapLength: snapLength == 0 ? .max : Int(snapLength))
        options(octets, body.lowerBound + 8..<body.upperBound) { code, value in
            switch code {
            case 1: deliver(.comment(Self.text(octets, value)))
            case 9 where value.count >= 1: interface.clock.resolution = octets[value.lowerBound]
            case 14 where value.count >= 8:
                if let seconds = fields.uint64(octets, at: value.lowerBound) {
                    interface.clock.offset = Int64(bitPattern: seconds)
                }
            default: break
            }
        }
        interfaces.append(interface)
    }

    /// Enhanced packet blocks, and the obsolete ones, which have a shorter interface number and their losses beside it.
    private mutating func packet(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, obsolete: Bool, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        let start = body.lowerBound
        guard body.count >= 20, let ticks = ticks(octets, at: start + 4),
            let kept = fields.uint32(octets, at: start + 12), let original = fields.uint32(octets, at: start + 16),
            let number = obsolete
                ? fields.uint16(octets, at: start).map(Int.init)
                : fields.uint32(octets, at: start).map(Int.init)
        else { throw CaptureFileFailure(at: offset, "a packet block is too short") }
        try check(number, offset)
        let first = start + 20
        let length = Int(kept)
        guard length <= body.upperBound - first else {
            throw CaptureFileFailure(
                at: offset, "a packet claims \(length) octets in a block with room for \(body.upperBound - first)")
        }
        latest = interfaces[number].clock.instant(ticks)
        if obsolete, let lost = fields.uint16(octets, at: start + 2), lost != .max {
            drop(UInt64(lost), of: number, deliver)
        }
        let padded = min(first + (length + 3) / 4 * 4, body.upperBound)
        if padded < body.upperBound {
            var lost: UInt64 = 0
            options(octets, padded..<body.upperBound) { code, value in
                if code == 1 { deliver(.comment(Self.text(octets, value))) }
                if code == 4, !obsolete, value.count >= 8 { lost = fields.uint64(octets, at: value.lowerBound) ?? 0 }
            }
            drop(lost, of: number, deliver)
        }
        frame(first..<first + length, of: number, original: Int(original), deliver)
    }

    private func simplePacket(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        guard let original = fields.uint32(octets, at: body.lowerBound), body.count >= 4 else {
            throw CaptureFileFailure(at: offset, "a packet block is too short")
        }
        try check(0, offset)
        let first = body.lowerBound + 4
        let length = min(Int(original), interfaces[0].snapLength)
        guard length <= body.upperBound - first else {
            throw CaptureFileFailure(
                at: offset, "a packet claims \(length) octets in a block with room for \(body.upperBound - first)")
        }
        frame(first..<first + length, of: 0, original: Int(original), deliver)
    }

    private mutating func statistics(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        guard body.count >= 12, let number = fields.uint32(octets, at: body.lowerBound).map(Int.init),
            let ticks = ticks(octets, at: body.lowerBound + 4)
        else { throw CaptureFileFailure(at: offset, "interface statistics are too short") }
        try check(number, offset)
        var total: UInt64 = 0
        options(octets, body.lowerBound + 12..<body.upperBound) { code, value in
            // isb_ifdrop and isb_osdrop: lost in the device, lost in the system.
            guard code == 5 || code == 7, value.count >= 8, let lost = fields.uint64(octets, at: value.lowerBound)
            else { return }
            total = total.addingReportingOverflow(lost).overflow ? .max : total + lost
        }
        latest = interfaces[number].clock.instant(ticks)
        let told = interfaces[number].dropped
        drop(total > told ? total - told : 0, of: number, deliver)
    }

    private func secrets(
        _ octets: Span<UInt8>, _ body: Range<Int>, _ offset: Int64, _ deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) {
        let first = body.lowerBound + 8
        guard body.count >= 8, let type = fields.uint32(octets, at: body.lowerBound),
            let length = fields.uint32(octets, at: body.lowerBound + 4).map(Int.init),
            length <= body.upperBound - first
        else { throw CaptureFileFailure(at: offset, "a block of secrets is shorter than it claims") }
        if type == Self.tlsKeyLog { deliver(.keyLog(Self.copy(octets, first..<first + length))) }
    }

    private func check(_ number: Int, _ offset: Int64) throws(CaptureFileFailure) {
        guard number < interfaces.count else {
            throw CaptureFileFailure(
                at: offset, "interface \(number) is used and \(interfaces.count) are described")
        }
    }

    private mutating func drop(_ lost: UInt64, of number: Int, _ deliver: (CaptureItem) -> Void) {
        guard lost > 0 else { return }
        let (sum, overflow) = interfaces[number].dropped.addingReportingOverflow(lost)
        interfaces[number].dropped = overflow ? .max : sum
        deliver(.dropped(packets: Int64(clamping: lost), at: latest))
    }

    private func frame(_ range: Range<Int>, of number: Int, original: Int, _ deliver: (CaptureItem) -> Void) {
        deliver(
            .frame(
                CapturedFrame(
                    octets: range, link: interfaces[number].link, originalLength: max(original, range.count),
                    time: latest)))
    }

    private func ticks(_ octets: Span<UInt8>, at index: Int) -> UInt64? {
        guard let high = fields.uint32(octets, at: index), let low = fields.uint32(octets, at: index + 4) else {
            return nil
        }
        return UInt64(high) << 32 | UInt64(low)
    }

    /// Options only add to what a block says: one that runs over its block ends the list, and the block stands.
    private func options(_ octets: Span<UInt8>, _ range: Range<Int>, _ each: (UInt16, Range<Int>) -> Void) {
        var index = range.lowerBound
        while index <= range.upperBound - 4, let code = fields.uint16(octets, at: index), code != 0,
            let length = fields.uint16(octets, at: index + 2).map(Int.init), length <= range.upperBound - index - 4
        {
            each(code, index + 4..<index + 4 + length)
            index += 4 + (length + 3) / 4 * 4
        }
    }

    private static func text(_ octets: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: copy(octets, range), as: UTF8.self)
    }

    private static func copy(_ octets: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        Octets.copy(octets, range)
    }
}
