public import Registry

/// Runs the catalogue of rules over a decoded trace and gives its findings, the weightiest first.
public struct DiagnosisEngine: Sendable {
    public init(rules: [any Rule.Type]) {}

    public mutating func handle(_ event: TraceDecoder.Event) {}

    /// The trace is over: what is left in the window is judged, and findings are merged and put in order.
    public mutating func finish(_ summary: TraceSummary) -> [Finding] { [] }
}
