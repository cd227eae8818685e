import TapeModel

/// Records behind a lost stretch: where the next one begins, and which number it has, has to be tried.
extension TLSObserver {
    /// Record numbers that are tried behind a loss: 64 full records are 1 MiB, more than a capture loses at once.
    private static let mostLostRecords = 64
    /// Openings that may be tried in vain for one loss, of at most 18 KiB each.
    static let mostAttempts = 1_024

    static let lossReason = "Packets are missing from the capture, and what follows them could not be decrypted."

    /// Whether the head of a side's stream is a record again; false while more octets are needed for that.
    mutating func findRecord(_ side: Side, _ events: inout [TLSEvent]) -> Bool {
        guard case .protected(var protection, let epoch) = self[side].reading else {
            self[side].attemptsLeft = nil
            return true
        }
        var attempts = self[side].attemptsLeft ?? 0
        while self[side].stream.count >= 5 {
            guard case .record(let header) = self[side].stream.next() else {
                if case .incomplete = self[side].stream.next() { break }
                self[side].stream.skip(1)
                continue
            }
            let first = protection.sequence
            if is13 ? header.type == 23 : header.type != 24, header.minorVersion == 3, header.length >= 17 {
                for lost in 0..<UInt64(Self.mostLostRecords) where attempts > 0 {
                    attempts -= 1
                    protection.sequence = first &+ lost
                    guard protection.open(header, self[side].stream.body(header)) != nil else { continue }
                    protection.sequence = first &+ lost
                    let at = self[side].stream.arrival(5 + header.length).at
                    self[side].reading = .protected(protection, epoch)
                    self[side].attemptsLeft = nil
                    events.append(
                        .oddity(
                            side, code: "tls-records-lost",
                            detail: "\(lost) records and a part of one are not in the capture.", at: at))
                    return true
                }
                protection.sequence = first
            }
            if attempts <= 0 {
                self[side].attemptsLeft = nil
                makeOpaque(side, Self.lossReason, &events)
                return true
            }
            self[side].stream.skip(1)
        }
        self[side].attemptsLeft = attempts
        return false
    }
}
