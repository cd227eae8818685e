/// Why a file gives no entry, in the form of a compiler's error.
struct Complaint: Error, CustomStringConvertible {
    var path: String
    var line: Int
    var text: String

    var description: String { "\(path):\(line): error: \(text)" }
}
