import CPcap
import Glibc

/// Who dissects packets, once the device is open.
///
/// Packets are written by strangers. Whatever goes wrong in reading them must not go wrong as root, so that every right
/// beyond those of an ordinary user is given up before the first is looked at (RELIABILITY I6).
public enum Handover: Sendable, Hashable {
    /// The process is no root; whatever capability it has goes.
    case keepUser
    case become(Account)
    /// Root, and nobody is known to whom it could hand over: it stays, as a root without any capability.
    case keepRoot

    /// Decides by what is known: the user asked for, else the one who called sudo, else the owner of the tape.
    /// - Throws: `.badUser` where one was asked for and this process cannot become another.
    public static func choose(
        effectiveUser: UInt32, asked: Account?, sudoer: Account?, owner: Account?
    ) throws(CaptureFailure) -> Handover {
        guard effectiveUser == 0 else {
            guard let asked, asked.user != effectiveUser else { return .keepUser }
            throw CaptureFailure(.badUser, "only root can hand over to \(asked.title); leave --user out, or use sudo")
        }
        guard let account = asked ?? sudoer ?? owner, account.user != 0 else { return .keepRoot }
        return .become(account)
    }

    /// Gives up what is not needed any more, for good.
    ///
    /// Capabilities belong to threads: call it before there is a second one.
    /// - Throws: `.notPermitted` where something of it did not happen.
    public func perform() throws(CaptureFailure) {
        // No program that this process might start gets rights that it does not have itself.
        guard regtape_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0 else { throw Self.failure("set no_new_privs") }
        // Only root may do this, and only root has need of it; the kernel says EINVAL behind the last capability.
        if geteuid() == 0 { for capability: UInt in 0..<64 { _ = regtape_prctl(PR_CAPBSET_DROP, capability) } }
        if case .become(let account) = self { try become(account) }
        var header = Self.header
        var nothing = [UInt32](repeating: 0, count: Self.words)
        guard capset(&header, &nothing) == 0 else { throw Self.failure("drop the capabilities") }
        var left = [UInt32](repeating: .max, count: Self.words)
        guard capget(&header, &left) == 0, left.allSatisfy({ $0 == 0 }) else {
            throw Self.failure("drop the capabilities")
        }
    }

    private func become(_ account: Account) throws(CaptureFailure) {
        // Groups first: without root they cannot be left any more.
        if let name = account.name {
            guard initgroups(name, account.group) == 0 else { throw Self.failure("take the groups of \(name)") }
        } else {
            var group = account.group
            guard setgroups(1, &group) == 0 else { throw Self.failure("leave the groups of root") }
        }
        guard setgid(account.group) == 0, setuid(account.user) == 0 else {
            throw Self.failure("become \(account.title)")
        }
        guard getuid() == account.user, geteuid() == account.user, getgid() == account.group,
            getegid() == account.group, setuid(0) != 0
        else { throw Self.failure("become \(account.title)") }
    }

    private static func failure(_ what: String) -> CaptureFailure {
        CaptureFailure(.notPermitted, "cannot \(what): \(String(cString: strerror(errno)))")
    }

    /// _LINUX_CAPABILITY_VERSION_3, of this thread: three sets of 64 bits (capset(2)).
    private static let header: [UInt32] = [0x2008_0522, 0]
    private static let words = 6
}
