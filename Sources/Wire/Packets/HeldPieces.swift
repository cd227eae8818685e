import TapeModel

/// Octets of one stream that came before those in front of them, in order and without overlap.
///
/// Kept as a list of short lists, so that 64 thousand pieces of one octet each, in whatever order they come, cost
/// neither a walk over all nor a move of all.
struct HeldPieces: Sendable {
    /// Octets from `start` on, and behind them those that the snap length cut off.
    struct Piece: Sendable {
        let start: Int64
        let octets: [UInt8]
        let missing: Int64
        let seen: Instant

        var end: Int64 { start + Int64(octets.count) + missing }
        /// What it costs to keep: an octet alone takes some hundred with its array and place.
        var cost: Int { octets.count + 96 }
    }

    private static let longestRun = 128

    private var runs: [[Piece]] = []
    /// Memory taken, about.
    private(set) var cost = 0

    var isEmpty: Bool { runs.isEmpty }
    var start: Int64? { runs.first?.first?.start }
    /// When the first piece was seen.
    var seen: Instant? { runs.first?.first?.seen }
    /// The end of the last piece.
    var end: Int64? { runs.last?.last?.end }

    mutating func popFirst() -> Piece? {
        guard let piece = runs.first?.first else { return nil }
        if runs[0].count == 1 { runs.removeFirst() } else { runs[0].removeFirst() }
        cost -= piece.cost
        return piece
    }

    /// Drops what lies behind `end`, and says whether that was anything.
    mutating func cut(at end: Int64) -> Bool {
        var hasCut = false
        while let piece = runs.last?.last, piece.end > end {
            hasCut = true
            cost -= piece.cost
            let run = runs.count - 1
            runs[run].removeLast()
            if piece.start < end {
                put(
                    Self.piece(piece.octets.span, piece.start, from: piece.start, to: end, piece.seen), run,
                    runs[run].count)
            } else if runs[run].isEmpty {
                runs.removeLast()
            }
        }
        return hasCut
    }

    /// Puts in what of the octets is not held yet, which is where the first version of an octet wins.
    ///
    /// Gives the number of new octets, and what is held already with another content.
    mutating func insert(
        start: Int64, _ octets: Span<UInt8>, missing: Int64, at now: Instant, into conflict: inout OverlapConflict?
    ) -> Int64 {
        let end = start + Int64(octets.count) + missing
        var place = start
        var added: Int64 = 0
        var (run, index) = position(endingBehind: start)
        while place < end {
            guard run < runs.count, runs[run][index].start < end else {
                put(Self.piece(octets, start, from: place, to: end, now), run, index)
                return added + end - place
            }
            let other = runs[run][index]
            if place < other.start {
                put(Self.piece(octets, start, from: place, to: other.start, now), run, index)
                added += other.start - place
                place = other.start
                // What was put in may have split its run: look again, behind it.
                (run, index) = position(endingBehind: place)
                continue
            }
            OverlapConflict.compare(
                first: other.octets.span, other.start, second: octets, start, into: &conflict)
            place = max(place, other.end)
            index += 1
            if index == runs[run].count { (run, index) = (run + 1, 0) }
        }
        return added
    }

    private static func piece(
        _ octets: Span<UInt8>, _ start: Int64, from: Int64, to end: Int64, _ now: Instant
    ) -> Piece {
        let first = min(Int(from - start), octets.count)
        let last = min(Int(end - start), octets.count)
        return Piece(
            start: from, octets: Octets.copy(octets, first..<last), missing: end - from - Int64(last - first),
            seen: now)
    }

    /// The first piece that ends behind `place`.
    private func position(endingBehind place: Int64) -> (run: Int, index: Int) {
        let run = runs.partition { ($0.last?.end ?? 0) <= place }
        return run < runs.count ? (run, runs[run].partition { $0.end <= place }) : (run, 0)
    }

    private mutating func put(_ piece: Piece, _ run: Int, _ index: Int) {
        cost += piece.cost
        if run == runs.count {
            // Behind all that is there: the usual case, while one segment is missing.
            if let last = runs.indices.last, runs[last].count < Self.longestRun {
                runs[last].append(piece)
            } else {
                runs.append([piece])
            }
            return
        }
        runs[run].insert(piece, at: index)
        if runs[run].count > Self.longestRun {
            let half = Array(runs[run][(Self.longestRun / 2)...])
            runs[run].removeSubrange((Self.longestRun / 2)...)
            runs.insert(half, at: run + 1)
        }
    }
}

extension Array {
    /// The number of elements at the front for which `isBefore` holds, where it holds for a front part only.
    fileprivate func partition(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
