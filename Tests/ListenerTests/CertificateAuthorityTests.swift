import Dispatch
import Listener
import Synchronization
import TapeModel
import TestSupport
import Testing

struct CertificateAuthorityTests {
    /// In fresh places, again and again: without a lock a few of them end with a certificate beside another's key.
    @Test func `all that make an authority in one place at once have the same`() throws {
        let directory = try TemporaryDirectory()
        for round in 0..<50 {
            let made = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                let authority = try? CertificateAuthority.open(
                    in: directory.entry("\(round)"), at: Instant(microseconds: 1_700_000_000_000_000))
                made.withLock { $0.append(authority?.certificatePEM ?? "none") }
            }
            let all = made.withLock { Set($0) }
            #expect(all.count == 1 && !all.contains("none"))
        }
    }
}
