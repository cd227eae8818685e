package import TapeModel

/// Decides what happens to one CONNECT, from the request to the moment when bytes are merely copied.
///
/// The order is the point. The client hears 200 before the origin is reached, because an answer that it can show
/// to a person must come inside the tunnel: container clients print the body of a 502, but of a refused CONNECT
/// only the status. And the origin's handshake is finished before the client's, because only then is it known which
/// protocol the origin chose. Knows no sockets; `TunnelSession` performs the actions.
package struct TunnelMachine: Sendable {
    package enum Event: Sendable, Equatable {
        case connectReceived(isPassthrough: Bool)
        case dialed
        case dialFailed(ExchangeError)
        case helloReceived(Hello)
        /// A ClientHello that nobody should answer.
        case helloRefused(ExchangeError)
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

    package enum Action: Sendable, Equatable {
        case dial
        case answerConnected
        case refuseConnect(ExchangeError)
        case shakeServer(Hello)
        case shakeClient(alpn: String?)
        case pipe(Copying)
        /// Read requests and answer each with this failure.
        case answerFailure(ExchangeError)
        case recordFailure(ExchangeError)
        /// Tell the client, in an alert, that its host name is none.
        case sendAlert
        case close
    }

    /// What a ClientHello asks for, as far as decisions depend on it.
    package struct Hello: Sendable, Equatable {
        package var sni: String?
        package var alpn: [String]
        package var isPassthrough: Bool

        package init(sni: String?, alpn: [String], isPassthrough: Bool) {
            self.sni = sni
            self.alpn = alpn
            self.isPassthrough = isPassthrough
        }
    }

    package enum Copying: Sendable, Equatable {
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
        case shakingClient(alpn: String?, failure: ExchangeError?)
        case piping
        case refusing
        case done
    }

    private var state = State.idle

    package init() {}

    package mutating func handle(_ event: Event) -> [Action] {
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
        case (.sniffing, .helloRefused(let error)):
            state = .done
            return [.recordFailure(error), .sendAlert, .close]
        case (.sniffing, .clientFailed(let error)):
            state = .done
            return [.recordFailure(error), .close]

        case (.dialing(let first), .dialed):
            return proceed(.up, first)
        case (.dialing(let first), .dialFailed(let error)):
            return proceed(.failed(error), first)

        case (.shakingServer, .serverShaken(let alpn)):
            state = .shakingClient(alpn: alpn, failure: nil)
            return [.shakeClient(alpn: alpn)]
        case (.shakingServer(let hello), .serverFailed(let error)):
            return refuse(hello, error)

        case (.shakingClient(_, failure: nil), .clientShaken):
            state = .piping
            return [.pipe(.intercepted)]
        case (.shakingClient(_, failure: let error?), .clientShaken):
            state = .refusing
            return [.answerFailure(error)]
        case (.shakingClient(_, let failure), .clientFailed(let error)):
            state = .done
            return [.recordFailure(failure ?? error), .close]
        // The origin broke off while the client's handshake was under way, as it does when it wanted a certificate of
        // the client (RFC 8446 §4.4.2.4). That can be told, but only in the protocol that was agreed by then.
        case (.shakingClient(let alpn, failure: nil), .serverFailed(let error)) where alpn != "h2":
            state = .shakingClient(alpn: alpn, failure: error)
            return []
        case (.shakingClient(_, failure: nil), .serverFailed(let error)):
            state = .done
            return [.recordFailure(error), .close]

        case (.sniffing(.failed(let error)), .clientLeft), (.shakingClient(_, failure: let error?), .clientLeft):
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
            return refuse(hello, error)
        case (.failed(let error), .plaintext):
            state = .refusing
            return [.answerFailure(error)]
        case (.failed(let error), .silence):
            state = .done
            return [.recordFailure(error), .close]
        }
    }

    /// Failures are told over HTTP/1.1, which every client that offers HTTP/2 offers as well.
    private mutating func refuse(_ hello: Hello, _ error: ExchangeError) -> [Action] {
        let alpn = hello.alpn.contains("http/1.1") ? "http/1.1" : nil
        state = .shakingClient(alpn: alpn, failure: error)
        return [.shakeClient(alpn: alpn)]
    }

    private static let clientLeft = ExchangeError(
        party: .client, code: "client-left", detail: "The client closed the connection before it was established.")
}
