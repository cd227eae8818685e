import TapeModel

extension TraceDecoder {
    /// Gives one exchange its meaning, and learns from it what those behind it need.
    mutating func decode(_ exchange: Exchange, seq: Int64, _ contents: Contents) -> DecodedExchange {
        var exchange = exchange
        exchange.seq = seq
        let head = exchange.request.head
        let url = Self.url(of: head)
        let authority = url.authority
        let counted = connections.count(exchange, authority: authority)
        let client = clientKey(exchange)
        let followed = redirects.source(of: url, client: client, started: exchange.started)
        let operation = self.operation(exchange, url, followed)
        let request = ContentNeeds.content(contents.request, exchange.request.body)
        let response = exchange.response.flatMap { ContentNeeds.content(contents.response, $0.body) }
        exchange.request.body.text = nil
        exchange.response?.body.text = nil

        var decoded = DecodedExchange(
            exchange: exchange, url: url, operation: operation, host: hosts.profile(authority, host: url.host),
            challenges: [], anomalies: counted.anomalies)
        decoded.client = head.fields.first("user-agent").flatMap { readings.client($0) }
        decoded.credentials = head.fields.first("authorization").flatMap { readings.credentials($0) }
        decoded.redirectSource = followed?.source
        decoded.signature = URLSignature(url)
        decoded.redirect = Self.redirect(decoded)
        read(response, into: &decoded)
        authenticate(request, response, &decoded)
        if let status = decoded.status, (200..<300).contains(status) {
            if operation.endpoint == .manifestPut { decoded.manifest = manifest(request, decoded, .client) }
            if operation.endpoint == .manifestGet || operation.endpoint == .storageGet && operation.reference != nil {
                decoded.manifest = manifest(response, decoded, .server)
            }
        } else if operation.endpoint == .manifestPut {
            decoded.manifest = manifest(request, decoded, .client)
        }
        switch operation.endpoint {
        case .tagsList, .catalogList, .referrersGet, .acrMetadata:
            if let fields = exchange.response?.head.fields {
                decoded.pagination = Pagination(url, fields: fields, content: response)
            }
        default: break
        }
        var upload: Int?
        if operation.endpoint.isUpload {
            let known = uploads.session(at: url)
            let (number, step) = uploads.step(exchange, operation, url, known: known, seq: seq)
            decoded.upload = step
            upload = number
            if let location = step.location, !location.hasSameOrigin(as: url), decoded.status == 202 {
                learnStorage(location, from: seq)
            }
        }
        learnHost(&decoded, isNewConnection: counted.isNew)
        decoded.workflow = summaries.add(
            decoded, client: client, source: followed?.workflow, upload: upload.flatMap { uploads[$0] })
        if let upload { uploads.setWorkflow(decoded.workflow, of: upload) }
        follow(decoded, client: client, followed)
        return decoded
    }

    static func url(of head: RequestHead) -> TargetURL {
        if head.method == "CONNECT", let url = TargetURL(authority: head.url) { return url }
        return TargetURL(head.url) ?? .unreadable
    }

    func operation(_ exchange: Exchange, _ url: TargetURL, _ followed: RedirectTable.Entry?) -> Operation {
        OperationReader(
            realms: realms, uploads: uploads, followed: followed, host: hosts.profile(url.authority, host: url.host)
        ).operation(exchange.request.head, url)
    }

    func clientKey(_ exchange: Exchange) -> ClientKey {
        let userAgent = exchange.request.head.fields.first("user-agent") ?? ""
        return ClientKey(
            address: connections[exchange.connection]?.address ?? "",
            userAgent: userAgent.utf8.count <= 1_024 ? userAgent : String(userAgent.prefix(1_024)))
    }

    /// What the answer says of itself.
    private func read(_ content: [UInt8]?, into decoded: inout DecodedExchange) {
        guard let response = decoded.exchange.response else { return }
        let fields = response.head.fields
        decoded.date = fields.first("date").flatMap { Instant(httpDate: $0) }
        decoded.rateLimit = RateLimit(fields, now: decoded.date ?? decoded.ended)
        if response.head.status >= 400 {
            decoded.errorBody = content.flatMap(ErrorBodyReader.read)
            if decoded.errorBody == nil, let code = fields.first("x-ms-error-code") {
                // A HEAD has no body; Azure gives the code in a field as well.
                decoded.errorBody = .storage(StorageError(code: code, message: "", elements: []))
            }
        } else if (200..<300).contains(response.head.status), let content, expectsNoMarkup(decoded, response.head) {
            decoded.errorBody = ErrorBodyReader.readUnexpected(content)
        }
        decoded.challenges = ChallengeReader.challenges(
            response.head.status == 407 ? "proxy-authenticate" : "www-authenticate", in: fields)
    }

    /// Blobs may hold anything; only a type that says so makes a page of one.
    private func expectsNoMarkup(_ decoded: DecodedExchange, _ head: ResponseHead) -> Bool {
        switch decoded.operation.endpoint {
        case .blobGet, .storageGet, .unknown, .helmIndex, .connect: ContentNeeds.isMarkup(head)
        default: true
        }
    }

    private mutating func manifest(_ content: [UInt8]?, _ decoded: DecodedExchange, _ side: Side) -> Manifest? {
        guard let content else { return nil }
        switch side {
        case .client:
            let request = decoded.exchange.request
            return readings.manifest(content, fields: request.head.fields, body: request.body)
        case .server:
            guard let response = decoded.exchange.response else { return nil }
            return readings.manifest(content, fields: response.head.fields, body: response.body)
        }
    }

    private mutating func authenticate(
        _ request: [UInt8]?, _ response: [UInt8]?, _ decoded: inout DecodedExchange
    ) {
        let seq = decoded.seq
        if decoded.operation.endpoint.isToken {
            let asked = TokenRequest(
                decoded.url, form: request, hasCredentials: decoded.credentials != nil, method: decoded.method)
            decoded.tokenRequest = asked
            if decoded.status == 200, let answer = response.flatMap({ TokenAnswer($0) }) {
                decoded.tokenAnswer = answer
                let expires =
                    answer.claims?.expires
                    ?? (answer.issued ?? decoded.ended).adding(seconds: answer.expiresIn)
                tokens.remember(
                    TokenGrant(
                        seq: seq, host: decoded.url.authority, request: asked, answer: answer, granted: decoded.ended,
                        expires: expires))
            }
        } else {
            decoded.grant = tokens.grant(for: decoded.credentials)
        }
        realms.learn(decoded.challenges, seq: seq)
        if decoded.credentials != nil {
            decoded.challenge = challenges.source(
                method: decoded.method, url: decoded.url, started: decoded.started)
        }
        if decoded.status == 401 {
            let length = decoded.challenges.reduce(decoded.exchange.request.head.url.utf8.count) { sum, challenge in
                challenge.parameters.reduce(sum) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            }
            challenges.remember(
                ChallengeSource(seq: seq, challenges: decoded.challenges, ended: decoded.ended),
                method: decoded.method, url: decoded.url, length: length)
        } else if decoded.challenge != nil, decoded.isSuccess {
            challenges.forget(method: decoded.method, url: decoded.url)
        }
    }

    private mutating func learnHost(_ decoded: inout DecodedExchange, isNewConnection: Bool) {
        let url = decoded.url
        let authority = url.authority
        if let role = Self.role(decoded.operation, url) {
            var learntFrom: Int64?
            if role == .tokenServer { learntFrom = realms.learntFrom(url) }
            if role == .storage { learntFrom = decoded.redirectSource?.seq }
            hosts.learn(role, of: authority, host: url.host, from: learntFrom)
        }
        let shown = HostProductReader.product(decoded.exchange, decoded.operation, decoded.challenges)
        let exchange = decoded.exchange
        let hasFailed = ExchangeFate.of(decoded).isFault
        hosts.update(authority, host: url.host) { entry in
            if let shown, entry.profile.product == .unknown || entry.profile.product == .distribution {
                if shown != .distribution || entry.profile.product == .unknown { entry.profile.product = shown }
            }
            entry.exchanges += 1
            if hasFailed { entry.failures += 1 }
            if isNewConnection { entry.connections += 1 }
            entry.bytesSent = entry.bytesSent.addingReportingOverflow(exchange.request.body.length).partialValue
            entry.bytesReceived =
                entry.bytesReceived.addingReportingOverflow(exchange.response?.body.length ?? 0)
                .partialValue
            if exchange.response != nil { entry.waits.add(exchange.timing.wait) }
        }
        decoded.host = hosts.profile(authority, host: url.host)
        decoded.answerer = AnswererReader.answerer(
            exchange, decoded.operation, decoded.host, decoded.errorBody)
    }

    private mutating func learnStorage(_ url: TargetURL, from seq: Int64) {
        hosts.learn(.storage, of: url.authority, host: url.host, from: seq)
    }

    private static func role(_ operation: Operation, _ url: TargetURL) -> HostProfile.Role? {
        // An upload that a registry has handed on to its storage does not make a registry of that.
        if operation.endpoint.isUpload, !url.path.utf8.starts(with: "/v2/".utf8) { return .storage }
        return switch operation.endpoint {
        case .tokenGet, .tokenPost, .tokenExchange: .tokenServer
        case .storageGet, .storageHead: .storage
        case .trustGet, .trustPublish, .trustKey: .notary
        case .connect, .unknown: nil
        default: .registry
        }
    }

    private static func redirect(_ decoded: DecodedExchange) -> Redirect? {
        guard let status = decoded.status, [301, 302, 303, 307, 308].contains(status),
            let location = decoded.responseField("location")
        else { return nil }
        let target = decoded.url.resolving(location)
        return Redirect(
            location: location, target: target, signature: target.flatMap { URLSignature($0) },
            crossesOrigin: target.map { !$0.hasSameOrigin(as: decoded.url) } ?? false)
    }

    /// Remembers this exchange's redirect, and marks the one that it followed.
    private mutating func follow(
        _ decoded: DecodedExchange, client: ClientKey, _ followed: RedirectTable.Entry?
    ) {
        if let hop = followed?.hop {
            summaries.follow(
                hop: hop, by: decoded.seq,
                carriedCredentials: decoded.credentials != nil
                    && decoded.credentials?.identity == followed?.source.credentials?.identity)
        }
        guard let redirect = decoded.redirect, let target = redirect.target else { return }
        let isRead = decoded.operation.endpoint.isBlobRead || decoded.operation.endpoint.isStorage
        if redirect.crossesOrigin, isRead, !target.path.utf8.starts(with: "/v2/".utf8) {
            learnStorage(target, from: decoded.seq)
        }
        let hop = summaries.add(redirect, target, of: decoded)
        redirects.remember(
            RedirectTable.Entry(
                target: target,
                source: RedirectSource(
                    seq: decoded.seq, operation: decoded.operation, url: decoded.url,
                    credentials: decoded.credentials, status: decoded.status ?? 0, answered: decoded.ended),
                client: client, workflow: decoded.workflow, hop: hop),
            length: redirect.location.utf8.count + decoded.exchange.request.head.url.utf8.count)
    }
}
