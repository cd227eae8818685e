import Foundation
import TapeModel
import TestSupport
import Wire

/// A recorded TLS session and its key log (fixtures/wire/tls/sessions).
struct TLSSession: Sendable {
    static let names = [
        "tls12-rsa-aes128-gcm", "tls12-ecdhe-aes256-gcm", "tls12-ecdhe-chacha20", "tls12-ecdhe-aes128-sha",
        "tls12-ecdhe-aes128-sha256", "tls12-ecdhe-aes256-sha384",
        "tls12-no-encrypt-then-mac", "tls13", "tls13-aes128-gcm", "tls13-chacha20", "tls13-retry", "tls13-key-update",
        "tls12-ecdsa-aes128-gcm", "tls12-ecdsa-aes256-sha", "tls12-dhe-aes256-gcm", "tls12-dhe-aes128-sha256",
        "tls13-ecdsa", "tls13-early", "tls13-early-refused",
    ].flatMap { [$0, $0 + "-resumed"] }

    var steps: [(side: Side, octets: [UInt8])] = []
    var keyLog: [UInt8]

    init(_ name: String) throws {
        let folder = RepositoryRoot.url.appending(path: "fixtures/wire/tls/sessions")
        keyLog = Array(try Data(contentsOf: folder.appending(path: name + ".keys")))
        var rest = Array(try Data(contentsOf: folder.appending(path: name + ".wire")))[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            let count = words.last.flatMap { Int($0) } ?? 0
            rest = rest[(end + 1)...]
            steps.append((words.first == "C" ? .client : .server, Array(rest.prefix(count))))
            rest = rest.dropFirst(count + 1)
        }
    }

    func secrets(isComplete: Bool = true) -> KeyLogSecrets {
        var secrets = KeyLogSecrets(isComplete: isComplete)
        secrets.append(keyLog.span)
        return secrets
    }

    /// What an observer says of these steps, and of the end.
    static func events(_ steps: [(side: Side, octets: [UInt8])], _ secrets: KeyLogSecrets) -> [TLSEvent] {
        var observer = TLSObserver()
        var events: [TLSEvent] = []
        let at = Instant(microseconds: 1)
        for step in steps {
            observer.receive(step.side, step.octets.span, at: at, secrets: secrets, into: &events)
        }
        observer.finish(at: at, secrets: secrets, into: &events)
        return events
    }
}

extension [TLSEvent] {
    func plaintext(_ wanted: Side) -> [UInt8] {
        flatMap { event -> [UInt8] in
            if case .plaintext(wanted, let octets, _) = event { octets } else { [] }
        }
    }

    var oddities: [String] {
        compactMap { if case .oddity(_, let code, _, _) = $0 { code } else { nil } }
    }

    var undecrypted: [String] {
        compactMap { if case .undecrypted(_, let reason) = $0 { reason } else { nil } }
    }

    var alerts: [String] {
        compactMap { if case .alert(_, let alert, _) = $0 { alert.name } else { nil } }
    }

    var certificates: [[UInt8]] {
        flatMap { if case .certificates(let chain) = $0 { chain } else { [[UInt8]]() } }
    }
}
