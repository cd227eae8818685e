import DequeModule
import TapeModel

/// Puts datagrams together from their fragments (RFC 791 §3.2, RFC 8200 §4.5).
///
/// Registries are seldom reached in fragments, since TCP avoids them; this is for tunnels, and against tricks.
/// Overlapping fragments end their datagram, as with current systems: to guess which one the receiver took would be
/// to make the trace say what was perhaps not so.
struct FragmentTable: Sendable {
    fileprivate struct Key: Hashable {
        let source: InternetAddress
        let destination: InternetAddress
        let identification: UInt32
        let transport: UInt8
        let isVersion6: Bool
    }

    fileprivate struct Datagram {
        /// In order, without overlap.
        var parts: [(start: Int, octets: [UInt8])] = []
        var octets = 0
        var length: Int?
        let since: Instant
        /// Overlapped: whatever else comes of it is dropped.
        var isSpoiled = false

        var isWhole: Bool { length == octets }
    }

    /// A datagram has at most 65,535 octets, and fragments that matter carry more than this many: a datagram in more
    /// pieces is an attack on whoever puts it together.
    private static let mostParts = 1_024

    private let limits: ReassemblyLimits
    private var waiting: [Key: Datagram] = [:]
    private var order: Deque<Key> = []
    private var octets = 0

    init(limits: ReassemblyLimits) { self.limits = limits }

    var isEmpty: Bool { waiting.isEmpty }

    /// The payload of the datagram, once all of it is there.
    mutating func receive(
        _ packet: InternetPacket, _ fragment: InternetPacket.Fragment, _ frame: Span<UInt8>, at now: Instant,
        _ ignored: inout IgnoredFrames
    ) -> [UInt8]? {
        expire(at: now, &ignored)
        // Of a fragment that the snap length cut, the rest will never come: nor will its datagram.
        let end = fragment.offset + packet.payload.count
        guard packet.missing == 0, !packet.payload.isEmpty, end <= 65_535,
            fragment.isLast || packet.payload.count.isMultiple(of: 8)
        else {
            ignored.malformed += 1
            return nil
        }
        let key = Key(
            source: packet.source, destination: packet.destination, identification: fragment.identification,
            transport: packet.isVersion6 ? 0 : packet.transport, isVersion6: packet.isVersion6)
        if waiting[key] == nil {
            waiting[key] = Datagram(since: now)
            order.append(key)
        }
        let before = waiting[key]?.octets ?? 0
        let outcome = waiting[key]?.put(fragment, Octets.copy(frame, packet.payload), mostParts: Self.mostParts)
        octets += (waiting[key]?.octets ?? 0) - before
        switch outcome {
        case .spoiled?: ignored.overlappingFragments += 1
        case .whole(let payload)?:
            forget(key)
            return payload
        case .waiting?, nil: break
        }
        while order.count > limits.fragmentedDatagrams || octets > limits.fragmentOctets {
            guard forgetFirst(&ignored) else { break }
        }
        return nil
    }

    mutating func finish(_ ignored: inout IgnoredFrames) {
        while forgetFirst(&ignored) {}
    }

    private mutating func expire(at now: Instant, _ ignored: inout IgnoredFrames) {
        while let key = order.first, let datagram = waiting[key],
            now.microseconds(since: datagram.since) > limits.fragmentWait
        {
            _ = forgetFirst(&ignored)
        }
    }

    private mutating func forgetFirst(_ ignored: inout IgnoredFrames) -> Bool {
        guard let key = order.popFirst() else { return false }
        guard let datagram = waiting.removeValue(forKey: key) else { return true }
        octets -= datagram.octets
        if !datagram.isSpoiled { ignored.unfinishedDatagrams += 1 }
        return true
    }

    private mutating func forget(_ key: Key) {
        if let datagram = waiting.removeValue(forKey: key) { octets -= datagram.octets }
        // At most some hundreds, and a whole datagram is most often the last that began.
        if let index = order.lastIndex(of: key) { order.remove(at: index) }
    }
}

extension FragmentTable.Datagram {
    fileprivate enum Outcome {
        case waiting
        case spoiled
        case whole([UInt8])
    }

    fileprivate mutating func put(
        _ fragment: InternetPacket.Fragment, _ part: [UInt8], mostParts: Int
    ) -> Outcome {
        guard !isSpoiled else { return .waiting }
        let end = fragment.offset + part.count
        let index = parts.firstIndex { $0.start >= fragment.offset } ?? parts.endIndex
        if index < parts.endIndex, parts[index].start == fragment.offset, parts[index].octets == part {
            // The same packet twice is no overlap: networks do that.
            return .waiting
        }
        let overlapsBehind = index < parts.endIndex && parts[index].start < end
        let overlapsBefore = index > 0 && parts[index - 1].start + parts[index - 1].octets.count > fragment.offset
        let contradicts =
            length.map { end > $0 || fragment.isLast && end != $0 } ?? false
            || fragment.isLast && parts.contains { $0.start + $0.octets.count > end }
        guard !overlapsBehind, !overlapsBefore, !contradicts, parts.count < mostParts else {
            isSpoiled = true
            parts = []
            octets = 0
            return .spoiled
        }
        parts.insert((fragment.offset, part), at: index)
        octets += part.count
        if fragment.isLast { length = end }
        return isWhole ? .whole(parts.flatMap(\.octets)) : .waiting
    }
}
