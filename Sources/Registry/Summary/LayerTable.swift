import TapeModel

/// Blobs that were pulled or pushed, each once for every workflow.
struct LayerTable: Sendable {
    private struct Key: Sendable, Hashable {
        var workflow: Int?
        var digest: Digest
    }

    private struct Entry: Sendable {
        var layer: TraceSummary.Layer
        /// Microseconds in which octets flowed.
        var flowing: Int64 = 0
        /// Octets of the exchange that `seq` names.
        var largest: Int64 = 0
        /// A HEAD said that the blob is there: of interest to a push only.
        var isTentative = false
    }

    /// Ten images of two hundred layers each.
    private static let limit = 2_000

    private var entries: [Entry] = []
    private var places: [Key: Int] = [:]
    private(set) var omitted = 0
    /// Sizes that manifests gave.
    private var sizes = BoundedTable<Digest, Int64>(limit: 4_096)
    /// The manifest that gave sizes last.
    private var lastExpected: Manifest?

    mutating func expect(_ manifest: Manifest?) {
        guard let manifest else { return }
        if manifest == lastExpected { return }
        lastExpected = manifest
        for descriptor in manifest.layers + [manifest.config].compactMap(\.self) {
            if let digest = descriptor.digest, let size = descriptor.size { sizes[digest] = size }
        }
    }

    mutating func add(_ exchange: DecodedExchange, workflow: Int?, upload: UploadTable.Session?) {
        let operation = exchange.operation
        guard let digest = operation.digest else { return }
        switch (operation.endpoint, exchange.status) {
        case (.blobGet, 200), (.blobGet, 206), (.storageGet, 200), (.storageGet, 206):
            guard operation.reference == nil else { return }
            move(
                digest, workflow, isPush: false, exchange, bytes: exchange.exchange.response?.body.length ?? 0,
                flowing: exchange.exchange.timing.receive, started: exchange.started)
        case (.uploadPut, 201), (.uploadPost, 201), (.uploadPut, 204):
            move(
                digest, workflow, isPush: true, exchange,
                bytes: upload?.sent ?? exchange.exchange.request.body.length,
                flowing: upload?.flowing ?? exchange.exchange.timing.send, started: upload?.started ?? exchange.started,
                carrier: upload?.carrier)
        case (.uploadMount, 201): skip(digest, workflow, exchange, isTentative: false)
        case (.blobHead, 200), (.storageHead, 200):
            guard operation.reference == nil else { return }
            skip(digest, workflow, exchange, isTentative: true)
        default: break
        }
    }

    private mutating func move(
        _ digest: Digest, _ workflow: Int?, isPush: Bool, _ exchange: DecodedExchange, bytes: Int64, flowing: Int64,
        started: Instant, carrier: Int64? = nil
    ) {
        guard let place = place(digest, workflow, exchange, isPush: isPush) else { return }
        var entry = entries[place]
        if entry.layer.wasSkipped {
            entry.layer.wasSkipped = false
            entry.layer.started = started
        }
        entry.isTentative = false
        entry.layer.isPush = isPush
        entry.layer.bytes = entry.layer.bytes.addingReportingOverflow(bytes).partialValue
        entry.layer.started = min(entry.layer.started, started)
        entry.layer.ended = max(entry.layer.ended, exchange.ended)
        entry.flowing = entry.flowing.addingReportingOverflow(max(0, flowing)).partialValue
        if bytes >= entry.largest {
            entry.largest = bytes
            entry.layer.seq = carrier ?? exchange.seq
            entry.layer.host = exchange.url.authority
        }
        entries[place] = entry
    }

    private mutating func skip(_ digest: Digest, _ workflow: Int?, _ exchange: DecodedExchange, isTentative: Bool) {
        guard places[Key(workflow: workflow, digest: digest)] == nil,
            let place = place(digest, workflow, exchange, isPush: true)
        else { return }
        entries[place].isTentative = isTentative
    }

    private mutating func place(
        _ digest: Digest, _ workflow: Int?, _ exchange: DecodedExchange, isPush: Bool
    ) -> Int? {
        let key = Key(workflow: workflow, digest: digest)
        if let place = places[key] { return place }
        guard entries.count < Self.limit else {
            omitted += 1
            return nil
        }
        places[key] = entries.count
        entries.append(
            Entry(
                layer: TraceSummary.Layer(
                    digest: digest, workflow: workflow, isPush: isPush, bytes: 0, started: exchange.started,
                    ended: exchange.ended, seq: exchange.seq, host: exchange.url.authority, wasSkipped: true,
                    parallelism: 0)))
        return entries.count - 1
    }

    // MARK: At the end

    func finished(_ workflows: WorkflowTable) -> [TraceSummary.Layer] {
        var layers: [TraceSummary.Layer] = []
        for entry in entries {
            if entry.isTentative {
                guard let workflow = entry.layer.workflow, workflows[workflow]?.kind == .push else { continue }
            }
            var layer = entry.layer
            layer.expectedBytes = sizes[layer.digest]
            if entry.flowing >= 1_000, !layer.wasSkipped {
                layer.throughput = Double(layer.bytes) / (Double(entry.flowing) / 1e6)
            }
            layers.append(layer)
        }
        addParallelism(&layers)
        addPresent(&layers, workflows)
        return layers
    }

    /// How many others moved meanwhile, on average over a layer's time.
    private func addParallelism(_ layers: inout [TraceSummary.Layer]) {
        let moving = layers.indices.filter { !layers[$0].wasSkipped }.sorted { layers[$0].started < layers[$1].started }
        var shared: [Int: Int64] = [:]
        for (rank, index) in moving.enumerated() {
            for other in moving[(rank + 1)...] {
                guard layers[other].started < layers[index].ended else { break }
                let overlap = min(layers[index].ended, layers[other].ended)
                    .microseconds(since: layers[other].started)
                shared[index] = (shared[index] ?? 0).addingReportingOverflow(overlap).partialValue
                shared[other] = (shared[other] ?? 0).addingReportingOverflow(overlap).partialValue
            }
        }
        for (index, overlap) in shared {
            let span = layers[index].ended.microseconds(since: layers[index].started)
            if span > 0 { layers[index].parallelism = Double(overlap) / Double(span) }
        }
    }

    /// Layers of a pulled image that the client had: named by the manifest and never asked for, while others were.
    private func addPresent(_ layers: inout [TraceSummary.Layer], _ workflows: WorkflowTable) {
        for workflow in workflows.finished where workflow.kind == .pull && workflow.outcome == .succeeded {
            let image = workflows[workflow.number]?.imageLayers ?? []
            let missing = image.filter {
                places[Key(workflow: workflow.number, digest: $0)] == nil
            }
            guard missing.count < image.count else { continue }
            for digest in missing where layers.count < Self.limit {
                layers.append(
                    TraceSummary.Layer(
                        digest: digest, workflow: workflow.number, isPush: false, bytes: 0,
                        expectedBytes: sizes[digest], started: workflow.started, ended: workflow.started,
                        seq: workflow.steps.first?.seq ?? 0, host: workflow.host, wasSkipped: true, parallelism: 0))
            }
        }
    }
}
