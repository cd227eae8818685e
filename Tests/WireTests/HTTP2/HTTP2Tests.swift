import Testing

/// Every conversation is read whole, octet by octet, cut at random and with frames behind it, and must read the same.
struct HTTP2Tests {
    static let all = MessageCases.all + MalformedCases.all + StreamCases.all + FrameCases.all

    @Test(arguments: MessageCases.all) func messages(case conversation: Conversation) { check(conversation) }

    @Test(arguments: MalformedCases.all) func `malformed messages`(case conversation: Conversation) {
        check(conversation)
    }

    @Test(arguments: StreamCases.all) func streams(case conversation: Conversation) { check(conversation) }

    @Test(arguments: FrameCases.all) func frames(case conversation: Conversation) { check(conversation) }

    @Test func `there are enough conversations, each with its own name`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }

    private func check(_ conversation: Conversation) {
        let ping = HTTP2.frame(6, 0, 0, Array(repeating: 7, count: 8)) + HTTP2.frame(0xB, 0, 0, [1])
        Cutting.check(conversation) { last in
            switch last {
            case .client(let octets): .client(octets + ping)
            case .server(let octets): .server(octets + ping)
            case .clientEnds, .serverEnds: last
            }
        }
    }
}
