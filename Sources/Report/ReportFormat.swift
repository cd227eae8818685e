public import Diagnosis

/// The forms that a report takes.
public enum ReportFormat: String, Sendable, CaseIterable {
    case text
    case html
    case markdown
    case json
    case sarif
    case junit

    /// What a form may be told about the place where it will be read.
    public struct Options: Sendable {
        /// Columns of the terminal; a text report uses no more than 100.
        public var width = 100
        /// Whether text may have colours.
        public var isColoured = false
        /// From which severity on a JUnit case fails.
        public var failOn = Severity.warning

        public init() {}
    }

    /// The report in this form, ended by a line feed.
    ///
    /// Whatever the trace holds, the result holds no control character but line feeds and, where asked for, our own colours.
    public func render(_ report: TraceReport, options: Options = Options()) -> String {
        switch self {
        case .text:
            TextReport.render(ReportDocument(report), width: options.width, isColoured: options.isColoured)
        case .html: HTMLReport.render(ReportDocument(report))
        case .markdown: MarkdownReport.render(ReportDocument(report))
        case .json: JSONReport.render(report)
        case .sarif: SARIFReport.render(report)
        case .junit: JUnitReport.render(report, failOn: options.failOn)
        }
    }
}
