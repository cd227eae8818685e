import Dispatch
import Listener
import Synchronization
import TapeModel
import TestSupport
import Testing

struct CertificateAuthorityTests {
    @Test func `all that make an authority in one place at once have the same`() throws {
        let directory = try TemporaryDirectory()
        let made = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            let authority = try? CertificateAuthority.open(
                in: directory.entry("ca"), at: Instant(microseconds: 1_700_000_000_000_000))
            made.withLock { $0.append(authority?.certificatePEM ?? "none") }
        }
        #expect(made.withLock { Set($0).count } == 1 && made.withLock { !$0.contains("none") })
    }
}
