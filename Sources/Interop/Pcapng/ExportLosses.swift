/// What an export does not show, counted.
///
/// A statement of it is part of every export, because whoever opens the file has nothing else to tell made-up from seen.
public struct ExportLosses: Sendable, Hashable {
    public var exchanges = 0
    public var connections = 0
    public var secureConnections = 0
    /// Connections of which nothing was sent, as where a name was not found.
    public var unsent = 0
    public var movedPorts = 0
    public var madeUpAddresses = 0
    public var isRedacted = false
    public var redactedBodies = 0
    public var decodedBodies = 0
    public var bodiesNotKept = 0
    public var bodiesCut = 0
    public var changedFraming = 0
    public var unreadableExchanges = 0
    public var anomalies = 0
    public var openEnded = 0

    public init() {}

    /// One sentence for each kind of loss, the general ones first.
    public var statement: [String] {
        var lines = [
            "The packets are made from exchanges, not captured: segments, acknowledgements and their times between the first and "
                + "the last octet of a message are made up, and so are all sizes below HTTP."
        ]
        func add(_ count: Int, _ one: String, _ many: String) {
            if count > 0 { lines.append(count == 1 ? one : many.replacingFirst("#", with: String(count))) }
        }
        add(
            secureConnections, "The TLS layer of one connection is left out: it is plain HTTP here.",
            "The TLS layer of # connections is left out: they are plain HTTP here.")
        add(
            movedPorts, "One connection is shown on port 80 instead of its own, so that it is read as HTTP.",
            "# connections are shown on port 80 instead of their own, so that they are read as HTTP.")
        add(
            madeUpAddresses, "One connection has an address that is made up.",
            "# connections have addresses that are made up.")
        if isRedacted {
            lines.append("Secrets in fields, URLs and bodies are redacted on the tape, and stay so: ‹kind:pseudonym›.")
        }
        add(
            redactedBodies, "One body is redacted, and filled up with blanks where it was longer.",
            "# bodies are redacted, and filled up with blanks where they were longer.")
        add(
            decodedBodies, "One body was stored after content decoding, and is shown so.",
            "# bodies were stored after content decoding, and are shown so.")
        add(
            bodiesNotKept, "One body is not on the tape: zeros stand for it.",
            "# bodies are not on the tape, or not whole: zeros stand for them.")
        add(bodiesCut, "One body is shorter than it was.", "# bodies are shorter than they were.")
        add(
            changedFraming, "The framing of one message was made anew.", "The framing of # messages was made anew.")
        add(
            unsent, "One connection is left out, since nothing was sent on it.",
            "# connections are left out, since nothing was sent on them.")
        add(
            openEnded, "The tape does not say how one connection ended; here it stays open.",
            "The tape does not say how # connections ended; here they stay open.")
        add(
            anomalies, "One anomaly of the wire is not shown: messages are written as the standard asks.",
            "# anomalies of the wire are not shown: messages are written as the standard asks.")
        add(
            unreadableExchanges, "One exchange could not be read a second time and is left out.",
            "# exchanges could not be read a second time and are left out.")
        return lines
    }
}

extension String {
    fileprivate func replacingFirst(_ character: Character, with text: String) -> String {
        guard let index = firstIndex(of: character) else { return self }
        return self[..<index] + text + self[self.index(after: index)...]
    }
}
