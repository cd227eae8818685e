import Foundation
import Registry
import Report
import TapeModel
import TestSupport
import Testing

/// Whatever was recorded, a report of it is text (RELIABILITY.md U8, U9, U10).
struct HostileTests {
    /// Five strings a report: one for each field in turn.
    static let reports: [TraceReport] = stride(from: 0, to: HostileStrings.all.count, by: 5).map { first in
        var next = first
        return SampleReport.failed { _ in
            next = next + 1 < min(first + 5, HostileStrings.all.count) ? next + 1 : first
            return HostileStrings.all[next]
        }
    }

    /// By Unicode's own properties and the list of RELIABILITY.md U9, not by what the reports themselves filter with.
    static func steers(_ scalar: Unicode.Scalar) -> Bool {
        let marks =
            "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}\u{200E}\u{200F}\u{61C}\u{200B}\u{200D}\u{FEFF}"
        switch scalar.properties.generalCategory {
        case .control: return scalar != "\n"
        case .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: return true
        default: return marks.unicodeScalars.contains(scalar) || (0xE0000...0xE0FFF).contains(scalar.value)
        }
    }

    @Test(arguments: ReportFormat.allCases)
    func `no form holds a character that steers a reader`(format: ReportFormat) {
        for report in Self.reports {
            let text = format.render(report)
            let active = text.unicodeScalars.first(where: Self.steers)
            #expect(active == nil, "\(String(active?.value ?? 0, radix: 16))")
        }
    }

    @Test func `the page has no tag and no attribute but its own`() {
        let own = MarkupScan(ReportFormat.html.render(SampleReport.failed()))
        #expect(own.trouble == [])
        let tags = Set(own.tags.map(\.name)).union(["p", "/p", "code", "/code"])
        let attributes = Set(own.tags.flatMap(\.attributes.keys))
        #expect(tags.isDisjoint(with: ["script", "iframe", "img", "link", "form", "base", "object"]))
        #expect(!attributes.contains { $0.hasPrefix("on") || $0 == "style" || $0 == "src" })
        for report in Self.reports {
            let scan = MarkupScan(ReportFormat.html.render(report))
            #expect(scan.trouble == [])
            #expect(Set(scan.tags.map(\.name)).subtracting(tags) == [])
            #expect(Set(scan.tags.flatMap(\.attributes.keys)).subtracting(attributes) == [])
            #expect(scan.tags.compactMap { $0.attributes["href"] }.allSatisfy { $0.hasPrefix("#") })
        }
    }

    @Test func `the policy allows the page's own style sheet and nothing else`() async throws {
        let page = ReportFormat.html.render(SampleReport.failed())
        let scan = MarkupScan(page)
        let policy = try #require(scan.tags.first { $0.attributes["http-equiv"] == "Content-Security-Policy" })
        let content = try #require(policy.attributes["content"]).replacing("&#39;", with: "'")
        let start = try #require(page.firstRange(of: "<style>")).upperBound
        let end = try #require(page.firstRange(of: "</style>")).lowerBound
        // Told by another program than our own hash.
        let directory = try TemporaryDirectory()
        let file = try directory.file("style.css", String(page[start..<end]))
        let outcome = try await ChildProcess.run(
            "/usr/bin/openssl", ["dgst", "-sha256", "-binary", "-out", directory.entry("hash"), file])
        #expect(outcome.ending == .exited(0), "\(outcome)")
        let hash = try Data(contentsOf: URL(filePath: directory.entry("hash"))).base64EncodedString()
        #expect(content == "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'")
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("url("))
    }

    @Test func `a ticket gets no link, picture, mention or HTML from the trace`() {
        for report in Self.reports {
            let text = ReportFormat.markdown.render(report)
            var isFenced = false
            for line in text.split(separator: "\n") {
                if line.hasPrefix("```") { isFenced.toggle() }
                guard !isFenced else { continue }
                let bare = MarkdownScan.withoutCode(String(line))
                #expect(!bare.contains("<"), "\(line)")
                #expect(!bare.contains("]("), "\(line)")
                #expect(!bare.contains("@"), "\(line)")
                #expect(!bare.contains("://"), "\(line)")
            }
        }
    }

    @Test(arguments: ["a|b\\|c`|`", "|", "`|", "\\\\|", "a\\"])
    func `rows of a table keep their cells`(text: String) {
        func shape(_ report: TraceReport) -> [Int] {
            ReportFormat.markdown.render(report).split(separator: "\n").filter { $0.hasPrefix("| ") }
                .map { MarkdownScan.cells(String($0)) }
        }
        var plain = SampleReport.failed { _ in "x" }
        plain.summary.anomalies = ["x": 1]
        #expect(shape(SampleReport.failed { _ in text }) == shape(plain))
    }
}

/// What of a line of Markdown is not code.
enum MarkdownScan {
    static func withoutCode(_ line: String) -> String {
        var result = String.UnicodeScalarView()
        var rest = Array(line.unicodeScalars)[...]
        while let scalar = rest.first {
            if scalar == "\\", rest.count > 1 {
                // Escaped: whatever it is, it is text.
                rest = rest.dropFirst(2)
                continue
            }
            guard scalar == "`" else {
                result.append(scalar)
                rest = rest.dropFirst()
                continue
            }
            let fence = rest.prefix { $0 == "`" }.count
            rest = rest.dropFirst(fence)
            while !rest.isEmpty {
                let run = rest.prefix { $0 == "`" }.count
                rest = rest.dropFirst(max(1, run))
                if run == fence { break }
            }
        }
        return String(result)
    }

    /// Bars that divide cells.
    static func cells(_ row: String) -> Int {
        var count = 0
        var isEscaped = false
        for scalar in row.unicodeScalars {
            if scalar == "|", !isEscaped { count += 1 }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return count
    }
}
