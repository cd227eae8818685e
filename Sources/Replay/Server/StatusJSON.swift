import Registry
import TapeModel

extension ReplayReport {
    /// What `GET /_regtape/status` answers.
    var json: JSONValue {
        func number(_ value: Int) -> JSONValue { .number(String(value)) }
        return .object([
            .init("matched", number(matched)), .init("implied", number(implied)), .init("live", number(live)),
            .init("faults", number(faults)), .init("missed", number(missed)), .init("unused", number(unused)),
            .init("misses", .array(misses.map(\.json))),
            .init(
                "unusedExchanges",
                .array(
                    unusedExchanges.map { exchange in
                        .object([
                            .init("seq", .number(String(exchange.seq))), .init("method", .string(exchange.method)),
                            .init("url", .string(exchange.url)),
                        ])
                    })),
        ])
    }
}

extension NearMiss {
    fileprivate var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("method", .string(method)), .init("url", .string(url)),
            .init("operation", .string(endpoint.rawValue)),
        ]
        if let reason { members.append(.init("reason", .string(reason))) }
        if let nearest {
            members.append(
                .init(
                    "nearest",
                    .object([
                        .init("seq", .number(String(nearest.seq))), .init("method", .string(nearest.method)),
                        .init("url", .string(nearest.url)),
                        .init(
                            "differences",
                            .array(
                                nearest.differences.map { difference in
                                    .object([
                                        .init("part", .string(difference.part)),
                                        .init("asked", .string(difference.asked)),
                                        .init("recorded", .string(difference.recorded)),
                                    ])
                                })),
                    ])))
        }
        return .object(members)
    }
}
