import Report
import Testing

/// The report for terminals.
struct TextTests {
    @Test(arguments: [40, 72, 100, 250])
    func `no line is wider than the terminal, nor than a hundred columns`(width: Int) {
        var options = ReportFormat.Options()
        options.width = width
        let text = ReportFormat.text.render(SampleReport.failed(), options: options)
        for line in text.split(separator: "\n") where width >= 72 {
            #expect(line.count <= min(width, 100), "\(line)")
        }
        #expect(text.contains("InvalidAuthenticationInfo"))
    }

    @Test func `colours come only where they are asked for, and only ours`() {
        #expect(!ReportFormat.text.render(SampleReport.failed()).unicodeScalars.contains("\u{1B}"))
        var options = ReportFormat.Options()
        options.isColoured = true
        let coloured = ReportFormat.text.render(SampleReport.failed { $0 + "\u{1B}[5m" }, options: options)
        #expect(coloured.contains("\u{1B}[31m"))
        #expect(!coloured.contains("\u{1B}[5m"))
        let plain = coloured.split(separator: "\u{1B}[").map { piece in
            piece.firstIndex(of: "m").map { String(piece[piece.index(after: $0)...]) } ?? String(piece)
        }
        #expect(!plain.joined().unicodeScalars.contains(where: HostileTests.steers))
    }
}
