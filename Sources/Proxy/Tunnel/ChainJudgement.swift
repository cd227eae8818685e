import Listener
import NIOCore
import NIOSSL
import Synchronization
import TapeModel

/// One handshake's verdict on the chain that an origin presented, kept for the tape and for the client's answer.
final class ChainJudgement: Sendable {
    private struct Result {
        var summaries: [CertificateSummary] = []
        var refusal: ExchangeError?
    }

    private let trust: OriginTrust
    private let host: String
    private let clock: RecordingClock
    private let result = Mutex(Result())

    init(trust: OriginTrust, host: String, clock: RecordingClock) {
        self.trust = trust
        self.host = host
        self.clock = clock
    }

    var summaries: [CertificateSummary] { result.withLock { $0.summaries } }
    var refusal: ExchangeError? { result.withLock { $0.refusal } }

    var callback: NIOSSLCustomVerificationCallback {
        { chain, promise in
            // The verifier is asynchronous by its protocol; the handshake waits on this promise.
            promise.completeWithTask { [self] in
                let (summaries, verdict) = await trust.judge(chain, host: host, at: clock.now())
                switch verdict {
                case .trusted:
                    result.withLock { $0.summaries = summaries }
                    return .certificateVerified
                case .refused(let error):
                    result.withLock { $0 = Result(summaries: summaries, refusal: error) }
                    return .failed
                }
            }
        }
    }
}

extension SocketAddress {
    /// `address:port`, as the tape shows it.
    var plainText: String {
        guard let ipAddress, let port else { return description }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
