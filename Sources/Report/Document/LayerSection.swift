import Registry
import TapeModel

/// What was moved, how fast, and how much of it at once.
enum LayerSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.layers.isEmpty else { return nil }
        let rows = summary.layers.map { layer -> [ReportTable.Cell] in
            [
                .code(layer.digest.algorithm == "sha256" ? String(layer.digest.hex.prefix(12)) : layer.digest.short),
                .word(layer.isPush ? "push" : "pull"),
                size(layer),
                layer.wasSkipped
                    ? .word("already there", .dim)
                    : .word(Quantity.duration(layer.ended.microseconds(since: layer.started))),
                layer.throughput.map { .word(Quantity.rate($0)) } ?? .nothing,
                layer.wasSkipped ? .nothing : .word(tenths(layer.parallelism)),
                .code(layer.host),
                .word("#\(layer.seq)"),
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Digest"), .init(title: "Way"), .init(title: "Size", isNumeric: true),
                .init(title: "Time", isNumeric: true), .init(title: "Throughput", isNumeric: true),
                .init(title: "Others at once", short: "Others", isNumeric: true), .init(title: "Host"),
                .init(title: "Exchange", short: "#", isNumeric: true),
            ], rows: rows, omitted: summary.omitted["layers"] ?? 0, caption: "Layers with throughput and parallelism")
        return .init(id: "layers", title: "Layers", blocks: [.table(table)])
    }

    /// Less than the manifest promises is told beside it.
    private static func size(_ layer: TraceSummary.Layer) -> ReportTable.Cell {
        if layer.wasSkipped { return layer.expectedBytes.map { .word(Quantity.bytes($0), .dim) } ?? .nothing }
        guard let expected = layer.expectedBytes, expected != layer.bytes else {
            return .word(Quantity.bytes(layer.bytes))
        }
        let (moved, whole) = (Quantity.bytes(layer.bytes), Quantity.bytes(expected))
        return moved == whole
            ? .word("\(layer.bytes) of \(expected) B", .bad) : .word("\(moved) of \(whole)", .bad)
    }

    private static func tenths(_ value: Double) -> String {
        guard value.isFinite, (0..<1e6).contains(value) else { return "–" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
