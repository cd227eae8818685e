import Testing

/// Every conversation is read whole, octet by octet, cut at random and with octets behind it, and must read the same.
struct HTTP1Tests {
    static let all =
        FramingCases.all + NoContentCases.all + ChunkedCases.all + FieldCases.all + TargetCases.all + PairingCases.all
        + EndCases.all

    @Test(arguments: FramingCases.all) func `the length of a message`(case conversation: Conversation) {
        check(conversation)
    }

    @Test(arguments: NoContentCases.all) func `answers without content`(case conversation: Conversation) {
        check(conversation)
    }

    @Test(arguments: ChunkedCases.all) func `chunked content`(case conversation: Conversation) {
        check(conversation)
    }

    @Test(arguments: FieldCases.all) func `lines of a head`(case conversation: Conversation) { check(conversation) }

    @Test(arguments: TargetCases.all) func `request targets`(case conversation: Conversation) { check(conversation) }

    @Test(arguments: PairingCases.all) func `pairing`(case conversation: Conversation) { check(conversation) }

    @Test(arguments: EndCases.all) func `ends and other protocols`(case conversation: Conversation) {
        check(conversation)
    }

    @Test func `there are enough conversations, each with its own name`() {
        #expect(Self.all.count >= 60)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }

    private func check(_ conversation: Conversation) {
        Cutting.check(conversation) { last in
            switch last {
            case .client(let octets): .client(octets + Array("GET /trailing HTTP/1.1\r\nHost: r.test\r\n\r\n".utf8))
            case .server(let octets): .server(octets + Array("\u{0}HTTP/1.1 trailing".utf8))
            case .clientEnds, .serverEnds: last
            }
        }
    }
}
