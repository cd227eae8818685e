import Registry

/// What was done: each workflow with its waterfall.
enum WorkflowSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.workflows.isEmpty else { return nil }
        var blocks = summary.workflows.map {
            ReportDocument.Block.waterfall(Waterfall($0, layers: summary.layers))
        }
        if let omitted = summary.omitted["workflows"], omitted > 0 {
            blocks.append(.sentence("… and \(Quantity.count(omitted, "workflow")) more."))
        }
        return .init(id: "workflows", title: "Workflows", blocks: blocks)
    }
}
