import Foundation
import Testing

/// Text that is compared with a file beside it in the checkout.
///
/// `REGTAPE_RECORD=1` writes the files anew; the tests then fail, so that nobody takes a recording for a pass. Read what
/// changed (`git diff fixtures`) before it is committed: a snapshot is a statement, not a by-product.
enum Snapshot {
    static var isRecording: Bool { ProcessInfo.processInfo.environment["REGTAPE_RECORD"] == "1" }

    static func expect(_ text: String, at path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let known = try? String(contentsOfFile: path, encoding: .utf8)
        if isRecording {
            if known != text { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            Issue.record("recorded \(path); run again without REGTAPE_RECORD", sourceLocation: sourceLocation)
            return
        }
        guard let known else {
            Issue.record(
                "there is no \(path) yet; record it with REGTAPE_RECORD=1\n\(text)", sourceLocation: sourceLocation)
            return
        }
        if known != text {
            Issue.record(
                "\(path) differs (- as recorded, + as found now)\n\(difference(known, text))",
                sourceLocation: sourceLocation)
        }
    }

    /// Line by line, with what is equal between.
    static func difference(_ old: String, _ new: String) -> String {
        let oldLines = old.components(separatedBy: "\n")
        let newLines = new.components(separatedBy: "\n")
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in newLines.difference(from: oldLines) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [String] = []
        var (left, right) = (0, 0)
        while left < oldLines.count || right < newLines.count {
            if left < oldLines.count, removed.contains(left) {
                lines.append("- " + oldLines[left])
                left += 1
            } else if right < newLines.count, inserted.contains(right) {
                lines.append("+ " + newLines[right])
                right += 1
            } else {
                lines.append("  " + newLines[min(right, newLines.count - 1)])
                left += 1
                right += 1
            }
        }
        return lines.joined(separator: "\n")
    }
}
