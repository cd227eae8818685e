import TapeModel
import Wire

/// What holds of the events of every capture, honest or not.
enum FlowRules {
    static func violation(_ events: [FlowEvent]) -> String? {
        var open: Set<FlowID> = []
        var closed: Set<FlowID> = []
        var ended: [FlowID: Set<Side>] = [:]
        for event in events {
            let flow: FlowID
            switch event {
            case .opened(let id, _):
                guard !closed.contains(id), open.insert(id).inserted else { return "\(id) opened twice" }
                continue
            case .octets(let id, let side, let octets, at: _):
                flow = id
                if ended[id]?.contains(side) == true { return "\(id) has octets behind its end" }
                if case .frame(let range) = octets, range.isEmpty { return "\(id) has no octets" }
            case .gap(let id, let side, let octets, at: _):
                flow = id
                if ended[id]?.contains(side) == true { return "\(id) has a gap behind its end" }
                if let octets, octets <= 0 { return "\(id) has a gap of \(octets)" }
            case .endOfStream(let id, let side, at: _):
                flow = id
                guard ended[id, default: []].insert(side).inserted else { return "\(id) ended twice" }
            case .anomaly(let id, let anomaly):
                flow = id
                if anomaly.raw.count > 512 { return "\(id) keeps \(anomaly.raw.count) octets of an anomaly" }
            case .closed(let id, _):
                guard open.remove(id) != nil else { return "\(id) closed and not open" }
                closed.insert(id)
                continue
            }
            guard open.contains(flow) else { return "\(flow) is not open" }
        }
        return open.isEmpty ? nil : "\(open.count) flows were not closed"
    }
}
