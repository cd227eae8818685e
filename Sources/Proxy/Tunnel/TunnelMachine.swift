import TapeModel

/// Decides what happens to one CONNECT, from the request to the moment when bytes are merely copied.
///
/// The order is the point. The client hears 200 before the origin is reached, because an answer that it can show
/// to a person must come inside the tunnel: container clients print the body of a 502, but of a refused CONNECT
/// only the status. And the origin's handshake is finished before the client's, because only then is it known which
/// protocol the origin chose. Knows no sockets; `TunnelSession` performs the actions.
struct TunnelMachine: Sendable {
    enum Event: Sendable, Equatable {
        case connectReceived(isPassthrough: Bool)
        case dialed
        case dialFailed(ExchangeError)
        case helloReceived(Hello)
        /// The client spoke first, and not TLS.
        case plaintextReceived
        /// The client waits for the origin to speak first.
        case silenceLasted
        case serverShaken(alpn: String?)
        case serverFailed(ExchangeError)
        case clientShaken
        case clientFailed(ExchangeError)
        case clientLeft
    }

    enum Action: Sendable, Equatable {
        case dial
        case answerConnected
        case refuseConnect(ExchangeError)
        case shakeServer(Hello)
        case shakeClient(alpn: String?)
        case pipe(Copying)
        /// Read requests and answer each with this failure.
        case answerFailure(ExchangeError)
        case recordFailure(ExchangeError)
        case close
    }

    /// What a ClientHello asks for, as far as decisions depend on it.
    struct Hello: Sendable, Equatable {
        var sni: String?
        var alpn: [String]
        var isPassthrough: Bool
    }

    enum Copying: Sendable, Equatable {
        /// Plaintext of an opened TLS connection.
        case intercepted
        /// Bytes that were never TLS; the decoder finds out whether they are HTTP.
        case plaintext
        /// Bytes that are none of our business.
        case blind
    }

    private enum Dial: Sendable, Equatable {
        case pending
        case up
        case failed(ExchangeError)
    }

    private enum First: Sendable, Equatable {
        case hello(Hello)
        case plaintext
        case silence
    }

    private enum State: Sendable, Equatable {
        case idle
        case dialingBlindly
        case sniffing(Dial)
        case dialing(First)
        case shakingServer(Hello)
        case shakingClient(failure: ExchangeError?)
        case piping
        case refusing
        case done
    }

    private var state = State.idle

    mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.idle, .connectReceived(isPassthrough: true)):
            state = .dialingBlindly
            return [.dial]
        case (.idle, .connectReceived(isPassthrough: false)):
            state = .sniffing(.pending)
            return [.dial, .answerConnected]

        case (.dialingBlindly, .dialed):
            state = .piping
            return [.answerConnected, .pipe(.blind)]
        case (.dialingBlindly, .dialFailed(let error)):
            state = .done
            return [.recordFailure(error), .refuseConnect(error)]

        case (.sniffing(.pending), .dialed):
            state = .sniffing(.up)
            return []
        case (.sniffing(.pending), .dialFailed(let error)):
            state = .sniffing(.failed(error))
            return []
        case (.sniffing(let dial), .helloReceived(let hello)):
            return proceed(dial, .hello(hello))
        case (.sniffing(let dial), .plaintextReceived):
            return proceed(dial, .plaintext)
        case (.sniffing(let dial), .silenceLasted):
            return proceed(dial, .silence)

        case (.dialing(let first), .dialed):
            return proceed(.up, first)
        case (.dialing(let first), .dialFailed(let error)):
            return proceed(.failed(error), first)

        case (.shakingServer, .serverShaken(let alpn)):
            state = .shakingClient(failure: nil)
            return [.shakeClient(alpn: alpn)]
        case (.shakingServer(let hello), .serverFailed(let error)):
            state = .shakingClient(failure: error)
            return [.shakeClient(alpn: Self.protocolToRefuseIn(hello))]

        case (.shakingClient(failure: nil), .clientShaken):
            state = .piping
            return [.pipe(.intercepted)]
        case (.shakingClient(failure: let error?), .clientShaken):
            state = .refusing
            return [.answerFailure(error)]
        case (.shakingClient(let failure), .clientFailed(let error)):
            state = .done
            return [.recordFailure(failure ?? error), .close]
        // The origin can break off while the client's handshake is under way.
        case (.shakingClient(failure: nil), .serverFailed(let error)):
            state = .done
            return [.recordFailure(error), .close]

        case (.sniffing(.failed(let error)), .clientLeft), (.shakingClient(failure: let error?), .clientLeft):
            state = .done
            return [.recordFailure(error), .close]
        case (.idle, .clientLeft), (.piping, _), (.refusing, _), (.done, _):
            return []
        case (.dialingBlindly, .clientLeft), (.sniffing, .clientLeft), (.dialing, .clientLeft),
            (.shakingServer, .clientLeft), (.shakingClient, .clientLeft):
            state = .done
            return [.recordFailure(Self.clientLeft), .close]

        // A late echo of a socket that another action has closed already.
        case (.idle, _), (.dialingBlindly, _), (.sniffing, _), (.dialing, _), (.shakingServer, _), (.shakingClient, _):
            return []
        }
    }

    /// The one table that joins the fate of the dial with the first words of the client.
    private mutating func proceed(_ dial: Dial, _ first: First) -> [Action] {
        switch (dial, first) {
        case (.pending, _):
            state = .dialing(first)
            return []
        case (.up, .hello(let hello)) where hello.isPassthrough:
            state = .piping
            return [.pipe(.blind)]
        case (.up, .hello(let hello)):
            state = .shakingServer(hello)
            return [.shakeServer(hello)]
        case (.up, .plaintext), (.up, .silence):
            state = .piping
            return [.pipe(.plaintext)]
        case (.failed(let error), .hello(let hello)) where hello.isPassthrough:
            state = .done
            return [.recordFailure(error), .close]
        case (.failed(let error), .hello(let hello)):
            state = .shakingClient(failure: error)
            return [.shakeClient(alpn: Self.protocolToRefuseIn(hello))]
        case (.failed(let error), .plaintext):
            state = .refusing
            return [.answerFailure(error)]
        case (.failed(let error), .silence):
            state = .done
            return [.recordFailure(error), .close]
        }
    }

    /// Failures are told over HTTP/1.1, which every client that offers HTTP/2 offers as well.
    private static func protocolToRefuseIn(_ hello: Hello) -> String? {
        hello.alpn.contains("http/1.1") ? "http/1.1" : nil
    }

    private static let clientLeft = ExchangeError(
        party: .client, code: "client-left", detail: "The client closed the connection before it was established.")
}
