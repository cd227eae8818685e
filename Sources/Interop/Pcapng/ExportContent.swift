public import TapeModel

/// Where an export finds what its plan only names: exchanges, and the octets of bodies.
public protocol ExportContent {
    /// The exchange that was noted with this place; nothing where it can no longer be read.
    func exchange(at place: Int64) throws -> Exchange?
    /// Octets of the body file with this digest; nothing where there is none.
    func length(ofBody sha256: String) throws -> Int64?
    /// At most `count` octets of a body file; fewer at its end.
    func octets(ofBody sha256: String, at offset: Int64, count: Int) throws -> [UInt8]
}
