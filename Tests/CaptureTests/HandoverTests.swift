import Capture
import Testing

/// Whom root hands over to.
struct HandoverTests {
    private let alice = Account(user: 1000, group: 1000, name: "alice")
    private let bob = Account(user: 1001, group: 100, name: "bob")
    private let root = Account(user: 0, group: 0, name: "root")

    private func choose(
        _ effectiveUser: UInt32, asked: Account? = nil, sudoer: Account? = nil, owner: Account? = nil
    ) throws -> Handover {
        try Handover.choose(effectiveUser: effectiveUser, asked: asked, sudoer: sudoer, owner: owner)
    }

    @Test func `who is asked for comes first, then who called sudo, then who owns the tape`() throws {
        #expect(try choose(0, asked: alice, sudoer: bob, owner: bob) == .become(alice))
        #expect(try choose(0, sudoer: bob, owner: alice) == .become(bob))
        #expect(try choose(0, owner: alice) == .become(alice))
    }

    @Test func `root stays root where it is asked to, or nobody is known`() throws {
        #expect(try choose(0) == .keepRoot)
        #expect(try choose(0, asked: root, sudoer: bob) == .keepRoot)
    }

    @Test func `who is no root stays who it is, and cannot become another`() throws {
        #expect(try choose(1000, sudoer: bob, owner: bob) == .keepUser)
        #expect(try choose(1000, asked: alice) == .keepUser)
        #expect { try choose(1000, asked: bob) } throws: { ($0 as? CaptureFailure)?.code == .badUser }
    }

    @Test func `sudo called by root names nobody, and neither does nonsense`() {
        #expect(Account.ofSudo(user: "4242", group: "4243") == Account(user: 4242, group: 4243))
        for user in [nil, "", "0", "-1", "4294967295", "4294967296", "alice"] {
            #expect(Account.ofSudo(user: user, group: "1") == nil, "\(user ?? "nothing")")
        }
    }

    @Test func `an account by name, by number, and one that is not there`() throws {
        #expect(try Account.named("root").user == 0)
        #expect(try Account.named("4242") == Account(user: 4242, group: 4242))
        #expect { try Account.named("no-such-user") } throws: { ($0 as? CaptureFailure)?.code == .badUser }
    }
}
