import Proxy
import TapeModel
import TestSupport
import Testing

/// One CONNECT from its request to the copying of bytes, as a table of plays.
struct TunnelMachineTests {
    typealias Play = Playbook<TunnelMachine, TunnelMachine.Event, TunnelMachine.Action>

    private let hello = TunnelMachine.Hello(sni: "r.test", alpn: ["h2", "http/1.1"], isPassthrough: false)
    private let blindHello = TunnelMachine.Hello(sni: "r.test", alpn: [], isPassthrough: true)
    private let refused = ExchangeError(party: .network, code: "connection-refused", detail: "")
    private let untrusted = ExchangeError(party: .registry, code: "certificate-expired", detail: "")
    private let distrust = ExchangeError(party: .client, code: "client-refused-certificate", detail: "")
    private let left = ExchangeError(
        party: .client, code: "client-left", detail: "The client closed the connection before it was established.")

    /// A tunnel whose client has heard 200 and whose dial is under way.
    private func begun() -> Play {
        Playbook(TunnelMachine()) { $0.handle($1) }
            .send(.connectReceived(isPassthrough: false)).expect(.dial, .answerConnected)
    }

    private func shakingServer() -> Play {
        begun().send(.dialed).send(.helloReceived(hello)).expect(.shakeServer(hello))
    }

    private func shakingClient(alpn: String?) -> Play {
        shakingServer().send(.serverShaken(alpn: alpn)).expect(.shakeClient(alpn: alpn))
    }

    // MARK: Good endings

    @Test func `the origin is shaken first and the client gets its protocol`() {
        shakingClient(alpn: "h2").send(.clientShaken).expect(.pipe(.intercepted)).finished()
    }

    @Test func `a hello that is faster than the dial waits for it`() {
        begun().send(.helloReceived(hello)).expect().send(.dialed).expect(.shakeServer(hello)).finished()
    }

    @Test func `a host that is not to be opened is copied blindly, in either order`() {
        begun().send(.dialed).send(.helloReceived(blindHello)).expect(.pipe(.blind)).finished()
        begun().send(.helloReceived(blindHello)).send(.dialed).expect(.pipe(.blind)).finished()
    }

    @Test func `a passthrough target hears 200 only when its origin is there`() {
        Playbook(TunnelMachine()) { $0.handle($1) }
            .send(.connectReceived(isPassthrough: true)).expect(.dial)
            .send(.dialed).expect(.answerConnected, .pipe(.blind))
            .finished()
        Playbook(TunnelMachine()) { $0.handle($1) }
            .send(.connectReceived(isPassthrough: true)).expect(.dial)
            .send(.dialFailed(refused)).expect(.recordFailure(refused), .refuseConnect(refused))
            .finished()
    }

    @Test(arguments: [TunnelMachine.Event.plaintextReceived, .silenceLasted])
    func `what is no TLS is copied as it is, in either order`(first: TunnelMachine.Event) {
        begun().send(.dialed).send(first).expect(.pipe(.plaintext)).finished()
        begun().send(first).expect().send(.dialed).expect(.pipe(.plaintext)).finished()
    }

    // MARK: Failures

    @Test func `a failed dial is told inside the client's TLS, in either order`() {
        begun().send(.dialFailed(refused)).expect()
            .send(.helloReceived(hello)).expect(.shakeClient(alpn: "http/1.1"))
            .send(.clientShaken).expect(.answerFailure(refused)).finished()
        begun().send(.helloReceived(hello)).expect()
            .send(.dialFailed(refused)).expect(.shakeClient(alpn: "http/1.1"))
            .send(.clientShaken).expect(.answerFailure(refused)).finished()
    }

    @Test func `a client that speaks only HTTP 2 is refused without a protocol`() {
        let onlyH2 = TunnelMachine.Hello(sni: nil, alpn: ["h2"], isPassthrough: false)
        begun().send(.dialFailed(refused)).send(.helloReceived(onlyH2)).expect(.shakeClient(alpn: nil)).finished()
    }

    @Test func `a failed dial is told in plain HTTP where the client speaks it, and not where it says nothing`() {
        begun().send(.dialFailed(refused)).send(.plaintextReceived).expect(.answerFailure(refused)).finished()
        begun().send(.plaintextReceived).send(.dialFailed(refused)).expect(.answerFailure(refused)).finished()
        begun().send(.dialFailed(refused)).send(.silenceLasted).expect(.recordFailure(refused), .close).finished()
        begun().send(.silenceLasted).send(.dialFailed(refused)).expect(.recordFailure(refused), .close).finished()
        begun().send(.dialFailed(refused)).send(.helloReceived(blindHello))
            .expect(.recordFailure(refused), .close).finished()
    }

    @Test func `a certificate that is refused is told inside the client's TLS`() {
        shakingServer().send(.serverFailed(untrusted)).expect(.shakeClient(alpn: "http/1.1"))
            .send(.clientShaken).expect(.answerFailure(untrusted)).finished()
    }

    @Test func `when both sides fail, the origin's failure is the one to record`() {
        shakingServer().send(.serverFailed(untrusted)).expect(.shakeClient(alpn: "http/1.1"))
            .send(.clientFailed(distrust)).expect(.recordFailure(untrusted), .close).finished()
        shakingClient(alpn: "h2").send(.clientFailed(distrust)).expect(.recordFailure(distrust), .close).finished()
    }

    @Test func `an origin that breaks off after its handshake is told where HTTP 1 was agreed`() {
        shakingClient(alpn: "http/1.1").send(.serverFailed(untrusted)).expect()
            .send(.clientShaken).expect(.answerFailure(untrusted)).finished()
        shakingClient(alpn: nil).send(.serverFailed(untrusted)).expect()
            .send(.clientLeft).expect(.recordFailure(untrusted), .close).finished()
        shakingClient(alpn: "h2").send(.serverFailed(untrusted))
            .expect(.recordFailure(untrusted), .close).finished()
    }

    @Test func `a hello that nobody should answer gets an alert, whatever became of the dial`() {
        let bad = ExchangeError(party: .client, code: "bad-server-name", detail: "")
        begun().send(.helloRefused(bad)).expect(.recordFailure(bad), .sendAlert, .close)
            .send(.dialed).expect().finished()
        begun().send(.dialFailed(refused)).send(.helloRefused(bad))
            .expect(.recordFailure(bad), .sendAlert, .close).finished()
    }

    @Test func `a client that is too slow with its hello is cut off`() {
        let late = ExchangeError(party: .client, code: "client-timeout", detail: "")
        begun().send(.dialed).send(.clientFailed(late)).expect(.recordFailure(late), .close).finished()
        begun().send(.clientFailed(late)).expect(.recordFailure(late), .close).send(.dialed).expect().finished()
    }

    // MARK: Leaving

    @Test func `a client may leave at any moment and is recorded once`() {
        let moments = [
            begun(), begun().send(.dialed), begun().send(.helloReceived(hello)), begun().send(.plaintextReceived),
            shakingServer(), shakingClient(alpn: "h2"),
            Playbook(TunnelMachine()) { $0.handle($1) }
                .send(.connectReceived(isPassthrough: true)).expect(.dial),
        ]
        for moment in moments {
            moment.send(.clientLeft).expect(.recordFailure(left), .close)
                .send(.clientLeft).send(.dialed).send(.dialFailed(refused)).send(.serverShaken(alpn: nil))
                .send(.serverFailed(untrusted)).send(.clientShaken).send(.clientFailed(distrust)).expect()
                .finished()
        }
    }

    @Test func `a client that leaves when the origin had failed leaves the origin's failure on the tape`() {
        begun().send(.dialFailed(refused)).send(.clientLeft).expect(.recordFailure(refused), .close).finished()
        shakingServer().send(.serverFailed(untrusted)).expect(.shakeClient(alpn: "http/1.1"))
            .send(.clientLeft).expect(.recordFailure(untrusted), .close).finished()
    }

    @Test func `once bytes are copied, or an answer is given, the machine has nothing to say`() {
        let copying = shakingClient(alpn: "h2").send(.clientShaken).expect(.pipe(.intercepted))
        let refusing = begun().send(.dialFailed(refused)).send(.plaintextReceived).expect(.answerFailure(refused))
        for play in [copying, refusing] {
            play.send(.clientLeft).send(.serverFailed(untrusted)).send(.dialed).send(.silenceLasted)
                .send(.helloReceived(hello)).expect().finished()
        }
    }

    @Test func `an event that its state cannot have changes nothing`() {
        begun().send(.serverShaken(alpn: nil)).send(.clientShaken).send(.serverFailed(untrusted))
            .send(.connectReceived(isPassthrough: false)).expect()
            .send(.dialed).send(.helloReceived(hello)).expect(.shakeServer(hello)).finished()
        Playbook(TunnelMachine()) { $0.handle($1) }.send(.dialed).send(.clientLeft).expect().finished()
    }
}
