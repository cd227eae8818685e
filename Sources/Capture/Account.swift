import Glibc

/// A user of this machine, as far as a process can become one.
public struct Account: Sendable, Hashable {
    public var user: UInt32
    public var group: UInt32
    /// Nothing where the machine knows only the number.
    public var name: String?

    public init(user: UInt32, group: UInt32, name: String? = nil) {
        self.user = user
        self.group = group
        self.name = name
    }

    /// How a person calls it.
    public var title: String { name ?? "user \(user)" }

    /// The account that `--user` names, by name or number.
    /// - Throws: `.badUser` where there is none.
    public static func named(_ name: String) throws(CaptureFailure) -> Account {
        if let entry = getpwnam(name) { return Account(entry.pointee) }
        if let number = UInt32(name), number != UInt32.max {
            return account(number) ?? Account(user: number, group: number)
        }
        throw CaptureFailure(.badUser, "there is no user \(name)")
    }

    /// The account from which sudo was called; nothing where it was not, or by root.
    public static func ofSudo(user: String?, group: String?) -> Account? {
        guard let user = user.flatMap(UInt32.init), user != 0, user != UInt32.max else { return nil }
        let known = account(user)
        guard let group = group.flatMap(UInt32.init) ?? known?.group, group != UInt32.max else { return nil }
        return Account(user: user, group: group, name: known?.name)
    }

    /// The account to which a tape that stands there, or its directory, belongs; nothing where that is root.
    public static func owning(tape: String) -> Account? {
        var status = stat()
        guard stat(tape, &status) == 0 || stat(parent(of: tape), &status) == 0, status.st_uid != 0 else { return nil }
        let known = account(status.st_uid)
        return Account(user: status.st_uid, group: known?.group ?? status.st_gid, name: known?.name)
    }

    static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    private static func account(_ number: UInt32) -> Account? {
        getpwuid(number).map { Account($0.pointee) }
    }

    private init(_ entry: passwd) {
        self.init(user: entry.pw_uid, group: entry.pw_gid, name: entry.pw_name.map { String(cString: $0) })
    }
}
