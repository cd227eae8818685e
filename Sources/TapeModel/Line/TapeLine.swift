/// One record with its place on the tape, to and from one line of `tape.jsonl` without its line feed.
///
/// `record` and `seq` come first, so that a person's eye finds them; `sum` comes last and covers every octet before
/// it. A line edited by hand still decodes, and `sumMatches` is false.
public struct TapeLine: Sendable, Hashable {
    public var seq: Int64
    public var record: TapeRecord
    /// Whether the sum at the end is the one of the octets before it.
    public var sumMatches: Bool

    public init(seq: Int64, record: TapeRecord, sumMatches: Bool = true) {
        self.seq = seq
        self.record = record
        self.sumMatches = sumMatches
    }

    /// The octets of the line, sum included, without line feed.
    public var encoded: [UInt8] {
        Self.sealed(RecordEncoder.encode(record, seq: seq))
    }

    /// Reads one line without its line feed.
    /// - Throws: `JSONError` where it is no JSON object with a `record`: a torn line, or none of ours.
    public init(decoding line: [UInt8]) throws(JSONError) {
        let value = try JSONValue(parsing: line)
        guard let kind = value["record"]?.string else { throw JSONError(.unexpectedOctet, at: 0) }
        self.seq = value["seq"]?.int64 ?? 0
        self.record = RecordDecoder.decode(kind: kind, value, seq: seq)
        self.sumMatches = Self.hasRightSum(line)
    }

    /// The line with a right sum in place of the one it has, if any; every other octet is kept, so that members this
    /// version does not know survive.
    ///
    /// Nothing where `line` is no JSON object.
    public static func resealed(_ line: [UInt8]) -> [UInt8]? {
        guard let value = try? JSONValue(parsing: line), case .object(let members) = value else { return nil }
        if line.count > sumTail, isSum(line[(line.count - sumTail)...]) {
            return sealed(Array(line[..<(line.count - sumTail)]))
        }
        // The editor moved or reformatted the sum: what is left is written anew.
        var object = JSONValue.object(members.filter { $0.name != "sum" }).serialized
        object.removeLast()
        return sealed(object)
    }

    /// Octets of `,"sum":"xxxxxxxx"}` at the end of a line.
    private static let sumTail = 18

    /// Ends an object that is still open with its sum.
    private static func sealed(_ open: consuming [UInt8]) -> [UInt8] {
        let sum = CRC32C.sum(open)
        var line = open
        if line.count > 1 { line.append(UInt8(ascii: ",")) }
        line.append(contentsOf: "\"sum\":\"".utf8)
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            line.append(Hexadecimal.digits[Int(sum >> shift & 0xF)])
        }
        line.append(contentsOf: "\"}".utf8)
        return line
    }

    private static func isSum(_ tail: ArraySlice<UInt8>) -> Bool {
        tail.count == sumTail && tail.starts(with: ",\"sum\":\"".utf8) && tail.suffix(2).elementsEqual("\"}".utf8)
            && tail.dropFirst(8).prefix(8).allSatisfy { $0.hexadecimalDigit != nil }
    }

    private static func hasRightSum(_ line: [UInt8]) -> Bool {
        guard line.count > sumTail, isSum(line[(line.count - sumTail)...]) else { return false }
        let sum = CRC32C.sum(line[..<(line.count - sumTail)])
        // As it is written: eight digits in lower case, no other spelling of the number.
        let digits = line[(line.count - sumTail + 8)...].prefix(8)
        return zip(digits, stride(from: UInt32(28), through: 0, by: -4)).allSatisfy { digit, shift in
            digit == Hexadecimal.digits[Int(sum >> shift & 0xF)]
        }
    }
}
