import Foundation
import TestSupport
import Testing

/// A report that is compared with the file beside these tests.
///
/// `REGTAPE_RECORD=1` writes the files anew and fails the tests; read what changed before it is committed.
enum ReportSnapshot {
    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = RepositoryRoot.path("Tests/ReportTests/Snapshots/\(name)")
        if ProcessInfo.processInfo.environment["REGTAPE_RECORD"] == "1" {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("recorded \(name); run again without REGTAPE_RECORD", sourceLocation: sourceLocation)
            return
        }
        let known = try String(contentsOfFile: path, encoding: .utf8)
        guard known != text else { return }
        let lines = zip(known.components(separatedBy: "\n"), text.components(separatedBy: "\n"))
        let first = lines.enumerated().first { $0.element.0 != $0.element.1 }
        Issue.record(
            """
            \(name) differs from line \((first?.offset ?? -1) + 1) on
            - \(first?.element.0 ?? "(lines at the end)")
            + \(first?.element.1 ?? "(lines at the end)")
            """, sourceLocation: sourceLocation)
    }
}
