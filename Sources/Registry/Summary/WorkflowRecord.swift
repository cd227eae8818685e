import TapeModel

/// One workflow while it is put together.
struct WorkflowRecord: Sendable {
    /// What has been seen of it.
    struct Signs: OptionSet, Sendable {
        let rawValue: Int

        static let readManifest = Signs(rawValue: 1)
        static let readBlob = Signs(rawValue: 2)
        static let wrote = Signs(rawValue: 4)
        static let pushedManifest = Signs(rawValue: 8)
        /// A manifest was pushed under a tag, which comes last.
        static let pushedTag = Signs(rawValue: 16)
        static let listed = Signs(rawValue: 32)
        static let managed = Signs(rawValue: 64)
        static let loggedIn = Signs(rawValue: 128)
        static let askedToLogIn = Signs(rawValue: 256)
        /// Anything but the handshake succeeded.
        static let succeeded = Signs(rawValue: 512)
        static let gotManifest = Signs(rawValue: 1024)
        /// A ping was let in with credentials, with which a login ends.
        static let endedLogin = Signs(rawValue: 2048)
    }

    var summary: TraceSummary.Workflow
    var signs: Signs = []
    /// What failed and has not succeeded since; true where the client gave it up.
    var unresolved: [String: Bool] = [:]
    /// Digests that its manifests name: they tell whose a blob is.
    var expected: Set<Digest> = []
    /// Layers of the image last read, for those that need not be fetched.
    var imageLayers: [Digest] = []
    /// The manifest that named digests last.
    private var lastExpected: (manifest: Manifest, isPushed: Bool)?

    private static let mostUnresolved = 64
    /// A digest and a word; tags have 128 characters at most.
    private static let longestKey = 160
    /// Layers of an image are fewer; an index names its images.
    private static let mostExpected = 128

    init(number: Int, host: String, repository: String?, client: ClientProduct?, started: Instant) {
        summary = TraceSummary.Workflow(
            number: number, kind: .unknown, host: host, repository: repository, client: client, started: started,
            ended: started, outcome: .incomplete, exchanges: 0, failedExchanges: 0, bytes: 0, steps: [], moreSteps: 0)
    }

    /// The record as people are told, judged by what has been seen so far.
    var finished: TraceSummary.Workflow {
        var result = summary
        result.kind = kind
        result.outcome = outcome
        result.steps.sort { $0.started < $1.started }
        return result
    }

    var kind: TraceSummary.Workflow.Kind {
        if signs.contains(.wrote) { return .push }
        if signs.contains(.managed) { return .manage }
        if !signs.isDisjoint(with: [.readManifest, .readBlob]) { return .pull }
        if signs.contains(.listed) { return .discover }
        return !signs.isDisjoint(with: [.askedToLogIn, .loggedIn]) ? .login : .unknown
    }

    var outcome: TraceSummary.Workflow.Outcome {
        let faults = unresolved.filter { isFault($0.key) }
        if !faults.isEmpty { return faults.values.allSatisfy(\.self) ? .incomplete : .failed }
        switch kind {
        case .push: return signs.contains(.pushedManifest) ? .succeeded : .incomplete
        case .pull: return !signs.isDisjoint(with: [.gotManifest, .readBlob]) ? .succeeded : .incomplete
        case .login: return signs.contains(.loggedIn) ? .succeeded : .incomplete
        case .discover, .manage, .unknown: return signs.contains(.succeeded) ? .succeeded : .incomplete
        }
    }

    /// A push may well ask for a manifest that is not there; an open ping is nobody's aim but a login's.
    private func isFault(_ key: String) -> Bool {
        if key == "ping" { return kind == .login && !signs.contains(.loggedIn) }
        return !(kind == .push && key.hasPrefix("read "))
    }

    mutating func add(_ exchange: DecodedExchange, _ fate: ExchangeFate) {
        summary.exchanges += 1
        if fate.isFault { summary.failedExchanges += 1 }
        summary.started = min(summary.started, exchange.started)
        summary.ended = max(summary.ended, exchange.ended)
        summary.client = summary.client ?? exchange.client
        let sent = exchange.exchange.request.body.length
        let received = exchange.exchange.response?.body.length ?? 0
        summary.bytes =
            summary.bytes.addingReportingOverflow(sent).partialValue
            .addingReportingOverflow(received).partialValue
        note(exchange.operation, fate)
        if exchange.operation.endpoint == .ping, fate == .succeeded, exchange.credentials != nil {
            signs.insert(.endedLogin)
        }
        settle(exchange, fate)
        expect(exchange.manifest, of: exchange.operation)
        refer(exchange.operation)
    }

    private mutating func note(_ operation: Operation, _ fate: ExchangeFate) {
        let isDone = fate == .succeeded
        switch operation.endpoint {
        case .manifestGet, .manifestHead:
            if !operation.namesArtifact { signs.insert(.readManifest) }
            if isDone { signs.insert(.gotManifest) }
        case .blobGet, .storageGet: signs.insert(.readBlob)
        case .manifestPut:
            signs.insert(.wrote)
            if isDone { signs.insert(.pushedManifest) }
            if isDone, operation.imageTag != nil { signs.insert(.pushedTag) }
        case .uploadStart, .uploadPost, .uploadMount, .uploadPatch, .uploadPut, .trustPublish: signs.insert(.wrote)
        case .manifestDelete, .blobDelete: signs.insert(.managed)
        case .tagsList, .catalogList, .referrersGet, .extensionDiscover, .acrMetadata, .helmIndex: signs.insert(.listed)
        case .tokenGet, .tokenPost, .tokenExchange: signs.insert(isDone ? [.askedToLogIn, .loggedIn] : .askedToLogIn)
        case .ping: signs.insert(isDone ? [.askedToLogIn, .loggedIn] : .askedToLogIn)
        default: break
        }
        if isDone, !operation.endpoint.isToken, operation.endpoint != .ping { signs.insert(.succeeded) }
    }

    /// Keeps what failed until it succeeds.
    private mutating func settle(_ exchange: DecodedExchange, _ fate: ExchangeFate) {
        let key = Self.key(exchange.operation)
        switch fate {
        case .succeeded:
            // A redirect is a promise that the storage host has to keep; until then the pull is incomplete.
            guard exchange.redirect == nil else {
                if exchange.method == "GET", unresolved.count < Self.mostUnresolved, unresolved[key] == nil {
                    unresolved[key] = true
                }
                return
            }
            unresolved[key] = nil
            if exchange.operation.endpoint == .manifestPut {
                // The registry holds every blob of a manifest that it took.
                unresolved = unresolved.filter { !$0.key.hasPrefix("upload ") && !$0.key.hasPrefix("read ") }
            }
            if exchange.credentials != nil, !exchange.operation.endpoint.isToken { unresolved["token"] = nil }
        case .benign: break
        case .challenged, .failed, .aborted:
            guard unresolved.count < Self.mostUnresolved || unresolved[key] != nil else { return }
            unresolved[key] = fate == .aborted
        }
    }

    private static func key(_ operation: Operation) -> String {
        let key = aim(operation)
        return key.utf8.count <= longestKey ? key : String(decoding: key.utf8.prefix(longestKey), as: UTF8.self)
    }

    private static func aim(_ operation: Operation) -> String {
        if operation.endpoint.isToken { return "token" }
        if operation.endpoint.isUpload { return "upload " + (operation.digest?.hex ?? "") }
        switch operation.endpoint {
        case .ping: return "ping"
        case .manifestPut: return "push " + (operation.reference?.description ?? "")
        case .manifestDelete, .blobDelete, .acrMetadata:
            return "manage " + (operation.reference?.description ?? operation.digest?.hex ?? "")
        case .manifestGet, .manifestHead, .blobGet, .blobHead, .storageGet, .storageHead:
            return "read " + (operation.reference?.description ?? operation.digest?.description ?? "")
        default: return operation.endpoint.rawValue
        }
    }

    private mutating func expect(_ manifest: Manifest?, of operation: Operation) {
        guard let manifest else { return }
        let isPushed = operation.endpoint == .manifestPut
        // A client that asks for one manifest again and again expects nothing new.
        if let last = lastExpected, last.isPushed == isPushed, last.manifest == manifest { return }
        lastExpected = (manifest, isPushed)
        for descriptor in manifest.layers + manifest.manifests + [manifest.config].compactMap(\.self)
        where expected.count < Self.mostExpected {
            if let digest = descriptor.digest { expected.insert(digest) }
        }
        if !manifest.isIndex, operation.endpoint != .manifestPut {
            // Layers that lie elsewhere are fetched from there.
            imageLayers = manifest.layers.prefix(Self.mostExpected).filter(\.urls.isEmpty).compactMap(\.digest)
        }
    }

    /// What the workflow is about: the tag that was asked for or pushed, else a digest.
    private mutating func refer(_ operation: Operation) {
        guard
            operation.endpoint.isManifestRead || operation.endpoint == .manifestPut
                || operation.endpoint == .manifestDelete, let reference = operation.reference, !operation.namesArtifact,
            reference.description.utf8.count <= Self.longestKey
        else { return }
        if summary.reference == nil || operation.endpoint == .manifestPut && operation.imageTag != nil {
            summary.reference = reference
        }
    }
}
