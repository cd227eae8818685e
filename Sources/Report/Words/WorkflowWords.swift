import Registry
import TapeModel

/// Says who did what with which image.
enum WorkflowWords {
    /// `docker pulled app:1 (6 layers, 88.1 MB) in 4.2 s from registry.example`.
    static func deed(_ workflow: TraceSummary.Workflow, layers: [TraceSummary.Layer]) -> String {
        let client = workflow.client?.name ?? "a client"
        let time = workflow.ended.microseconds(since: workflow.started)
        var text = "\(client) \(verb(workflow))"
        let image = self.image(workflow)
        if !image.isEmpty { text += " \(image)" }
        let own = layers.filter { $0.workflow == workflow.number }
        var figures: [String] = []
        if !own.isEmpty, workflow.kind == .pull || workflow.kind == .push {
            figures.append(Quantity.count(own.count, "layer"))
        }
        if workflow.bytes > 0 { figures.append(Quantity.bytes(workflow.bytes)) }
        if !figures.isEmpty { text += " (\(figures.joined(separator: ", ")))" }
        if workflow.outcome == .succeeded { text += " in \(Quantity.duration(time))" }
        return "\(text) \(preposition(workflow.kind)) \(workflow.host)"
    }

    /// `Pull of app:1 from registry.example`.
    static func title(_ workflow: TraceSummary.Workflow) -> String {
        let image = self.image(workflow)
        let noun =
            switch workflow.kind {
            case .pull: "Pull"
            case .push: "Push"
            case .discover: "Look-up"
            case .manage: "Change"
            case .login: "Login"
            case .unknown: "Exchanges"
            }
        return "\(noun)\(image.isEmpty ? "" : " of \(image)") \(preposition(workflow.kind)) \(workflow.host)"
    }

    /// `app:1` or `app@sha256:…`.
    static func image(_ workflow: TraceSummary.Workflow) -> String {
        guard let repository = workflow.repository else { return "" }
        switch workflow.reference {
        case .tag(let tag): return "\(repository):\(tag)"
        case .digest(let digest): return "\(repository)@\(digest.short)"
        case nil: return repository
        }
    }

    private static func verb(_ workflow: TraceSummary.Workflow) -> String {
        let (done, begun, failed) =
            switch workflow.kind {
            case .pull: ("pulled", "began to pull", "could not pull")
            case .push: ("pushed", "began to push", "could not push")
            case .discover: ("looked up", "began to look up", "could not look up")
            case .manage: ("changed", "began to change", "could not change")
            case .login: ("logged in", "began to log in", "could not log in")
            case .unknown: ("spoke", "began to speak", "had no success")
            }
        switch workflow.outcome {
        case .succeeded: return done
        case .incomplete: return begun
        case .failed: return failed
        }
    }

    private static func preposition(_ kind: TraceSummary.Workflow.Kind) -> String {
        switch kind {
        case .pull: "from"
        case .push, .login: "to"
        case .discover, .manage: "at"
        case .unknown: "with"
        }
    }
}
