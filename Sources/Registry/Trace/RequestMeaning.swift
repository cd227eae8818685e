public import TapeModel

/// What a request means that nobody has answered yet, by what a trace has shown.
public struct RequestMeaning: Sendable, Hashable {
    public var url: TargetURL
    public var operation: Operation
    /// What its host is in the trace.
    public var host: HostProfile
}

extension TraceDecoder {
    /// Says what a request means that is no part of the trace, for a replayer; learns nothing from it.
    ///
    /// Realms, hosts and upload locations of the trace count; redirects do not, because whoever plays a trace back knows
    /// better which of them it gave.
    public func meaning(of head: RequestHead) -> RequestMeaning {
        let url = Self.url(of: head)
        let host = hosts.profile(url.authority, host: url.host)
        let reader = OperationReader(realms: realms, uploads: uploads, followed: nil, host: host)
        return RequestMeaning(url: url, operation: reader.operation(head, url), host: host)
    }
}
