import Listener
import NIOCore
import Proxy
import TapeModel
import TestSupport
import Testing
import Wire

/// The decisions of the message modes as transcripts.
struct MessageMachineTests {
    private let registry = Place(scheme: "https", authority: authority("registry.test:443"))
    private let storage = Place(scheme: "https", authority: authority("blobs.test:443"))
    private let head = ByteBuffer(string: "head")
    private let body = ByteBuffer(string: "body")
    private let nothing = ByteBuffer()
    private let failure = ExchangeError(party: .network, code: "closed-early", detail: "gone")
    private let left = ExchangeError(party: .client, code: "client-left", detail: "gone")
    private let ok = ResponseHead(status: 200, reason: "OK", version: "HTTP/1.1", fields: [])

    private static func authority(_ text: String) -> Authority {
        guard let authority = Authority(text, defaultPort: nil) else { preconditionFailure("a good name") }
        return authority
    }

    private func play() -> Playbook<MessageMachine, MessageMachine.Event, MessageMachine.Action> {
        Playbook(MessageMachine()) { $0.handle($1) }
    }

    private func request(
        _ method: String = "GET", _ framing: MessageFraming = .none, to place: Place? = nil, isOld: Bool = false,
        upgrade: Bool = false
    ) -> MessageMachine.Event {
        .requestReceived(
            MessageMachine.Request(
                method: method, place: place ?? registry, framing: framing, isOld: isOld, wantsUpgrade: upgrade,
                head: head))
    }

    private func answer(_ status: Int = 200, _ framing: MessageFraming = .length(2), keeps: Bool = true)
        -> MessageMachine.Event
    {
        .answerReceived(
            MessageMachine.Answer(
                head: ResponseHead(status: status, reason: "OK", version: "HTTP/1.1", fields: []), framing: framing,
                keepsAlive: keeps))
    }

    /// Up to the moment when one exchange is over and its connection kept.
    private func playedOnce() -> Playbook<MessageMachine, MessageMachine.Event, MessageMachine.Action> {
        play()
            .send(request()).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.requestEnded(nothing)).expect()
            .send(.upstreamOpened).expect(.sendUpstream(head))
            .send(answer()).expect(.answer(ok, .length(2), .kept))
            .send(.answerOctets(body)).expect(.answerOctets(body))
            .send(.answerEnded(trailers: [])).expect(.endAnswer(trailers: []))
    }

    @Test func `a second request to the same place uses the connection again`() {
        playedOnce()
            .send(request()).expect(.expectAnswer(toMethod: "GET"), .sendUpstream(head))
            .finished()
    }

    @Test func `a request to another place closes the connection and opens one`() {
        playedOnce()
            .send(request(to: storage))
            .expect(.closeUpstream(nil), .openUpstream(storage), .expectAnswer(toMethod: "GET"))
            .finished()
    }

    @Test func `what comes before the connection is open waits for it`() {
        play()
            .send(request("PUT", .length(4))).expect(.openUpstream(registry), .expectAnswer(toMethod: "PUT"))
            .send(.requestOctets(body)).expect()
            .send(.upstreamOpened).expect(.sendUpstream(head), .sendUpstream(body))
            .send(.requestEnded(nothing)).expect()
            .finished()
    }

    @Test func `a kept connection that dies before a word is opened again, once`() {
        playedOnce()
            .send(request("PUT", .chunked)).expect(.expectAnswer(toMethod: "PUT"), .sendUpstream(head))
            .send(.requestOctets(body)).expect(.sendUpstream(body))
            .send(.upstreamEnded(failure, hasAnswered: false))
            .expect(.openUpstream(registry), .expectAnswer(toMethod: "PUT"))
            .send(.requestEnded(body)).expect()
            .send(.upstreamOpened).expect(.sendUpstream(head), .sendUpstream(body), .sendUpstream(body))
            .send(.upstreamEnded(failure, hasAnswered: false))
            .expect(.closeUpstream(failure), .answerFailure(failure), .finishClient)
            .finished()
    }

    @Test func `more than can be kept is not sent again`() {
        let large = ByteBuffer(repeating: 0, count: 65 * 1024)
        playedOnce()
            .send(request("PUT", .chunked)).expect(.expectAnswer(toMethod: "PUT"), .sendUpstream(head))
            .send(.requestOctets(large)).expect(.sendUpstream(large))
            .send(.upstreamEnded(failure, hasAnswered: false))
            .expect(.closeUpstream(failure), .answerFailure(failure), .finishClient)
            .finished()
    }

    @Test func `a place that cannot be reached is told and recorded`() {
        play()
            .send(request()).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.upstreamEnded(failure, hasAnswered: false))
            .expect(.recordUnsent(failure), .closeUpstream(failure), .answerFailure(failure), .finishClient)
            .send(.clientLeft(left)).expect()
            .finished()
    }

    @Test func `a client that leaves while the connection is opened leaves a request on the tape`() {
        play()
            .send(request()).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.clientLeft(left)).expect(.recordUnsent(left), .closeUpstream(left), .breakClient(isReset: false))
            .finished()
    }

    @Test func `an answer before the end of the request ends the connection`() {
        play()
            .send(request("PUT", .length(9))).expect(.openUpstream(registry), .expectAnswer(toMethod: "PUT"))
            .send(.upstreamOpened).expect(.sendUpstream(head))
            .send(answer()).expect(.answer(ok, .length(2), .closed))
            .send(.requestOctets(body)).expect(.sendUpstream(body))
            .send(.answerEnded(trailers: [])).expect(.endAnswer(trailers: []), .closeUpstream(nil), .finishClient)
            .send(request()).expect()
            .finished()
    }

    @Test func `a body that ends with the connection breaks off with a reset`() {
        play()
            .send(request()).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.requestEnded(nothing)).send(.upstreamOpened).expect(.sendUpstream(head))
            .send(answer(200, .untilClose)).expect(.answer(ok, .untilClose, .closed))
            .send(.upstreamEnded(failure, hasAnswered: true))
            .expect(.closeUpstream(failure), .breakClient(isReset: true))
            .finished()
    }

    @Test func `chunks become a body that ends with the connection for an old client`() {
        play()
            .send(request(isOld: true)).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.requestEnded(nothing)).send(.upstreamOpened).expect(.sendUpstream(head))
            .send(answer(103, .none)).expect()
            .send(answer(200, .chunked)).expect(.answer(ok, .untilClose, .closed))
            .finished()
    }

    @Test func `a switch of protocols turns both sides into a pipe whose halves end apart`() {
        let switching = ResponseHead(status: 101, reason: "OK", version: "HTTP/1.1", fields: [])
        play()
            .send(request(upgrade: true)).expect(.openUpstream(registry), .expectAnswer(toMethod: "GET"))
            .send(.requestEnded(nothing)).send(.upstreamOpened).expect(.sendUpstream(head))
            .send(answer(101, .none)).expect(.answer(switching, .none, .switched))
            .send(.answerEnded(trailers: [])).expect()
            .send(.requestOctets(body)).expect(.sendUpstream(body))
            .send(.clientFinished).expect(.finishUpstream)
            .send(.answerOctets(body)).expect(.answerOctets(body))
            .send(.upstreamFinished).expect(.closeUpstream(nil), .finishClient)
            .finished()
    }

    @Test func `a refused request is recorded and told, and the connection ends`() {
        let refusal = MessageRefusal(code: "bad-host", detail: "two")
        let error = ExchangeError(party: .client, code: "bad-host", detail: "two")
        playedOnce()
            .send(.requestRefused(refusal))
            .expect(.recordRejected(refusal, .client), .closeUpstream(nil), .answerFailure(error), .finishClient)
            .finished()
    }
}
