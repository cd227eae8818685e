import Registry

/// What was done: each workflow with its waterfall.
enum WorkflowSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.workflows.isEmpty else { return nil }
        let shown = chosen(summary.workflows)
        var blocks = shown.map { ReportDocument.Block.waterfall(Waterfall($0, layers: summary.layers)) }
        let omitted = summary.workflows.count - shown.count + (summary.omitted["workflows"] ?? 0)
        if omitted > 0 { blocks.append(.sentence("… and \(Quantity.count(omitted, "workflow")) more.")) }
        return .init(id: "workflows", title: "Workflows", blocks: blocks)
    }

    /// Those that failed or were not finished before those that went well, and much before little; then in their order.
    private static func chosen(_ workflows: [TraceSummary.Workflow]) -> [TraceSummary.Workflow] {
        guard workflows.count > limit else { return workflows }
        func weight(_ workflow: TraceSummary.Workflow) -> (Int, Int, Int64) {
            let trouble = workflow.outcome == .failed ? 2 : workflow.outcome == .incomplete ? 1 : 0
            return (trouble, workflow.failedExchanges, workflow.bytes)
        }
        return workflows.sorted { weight($0) > weight($1) }.prefix(limit).sorted { $0.number < $1.number }
    }

    /// A person reads no more; the JSON form has all.
    private static let limit = 20
}
