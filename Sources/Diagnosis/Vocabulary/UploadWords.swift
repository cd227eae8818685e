import Registry
import TapeModel

extension TraceWindow {
    /// The step of the same upload right before this one, where its connection broke or its answer was cut.
    func brokenStep(before exchange: DecodedExchange) -> DecodedExchange? {
        guard let session = exchange.operation.uploadSession else { return nil }
        let steps: Set<Endpoint> = [.uploadPatch, .uploadPut, .uploadStatus]
        let step = lastEarlier(than: exchange, at: steps) { $0.operation.uploadSession == session }
        return step.flatMap { $0.exchange.error == nil ? nil : $0 }
    }
}
