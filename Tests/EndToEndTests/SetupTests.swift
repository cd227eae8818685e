import Foundation
import TestSupport
import Testing

/// `regtape setup docker`: what it prints is pasted into a shell, here a real one over directories of its own.
@Suite(.timeLimit(.minutes(2)))
struct SetupTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func regtape(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            Recording.binary, arguments, environment: ["REGTAPE_HOME": directory.entry("it's home")])
    }

    @Test(.enabled(if: Program.isRoot)) func `pasted, it puts everything in place, and undo takes it back`()
        async throws
    {
        let registry = "registry.example:5443"
        for (name, more) in [("setup", []), ("undo", ["--undo"])] as [(String, [String])] {
            let printed = try await regtape(["setup", "docker", "--print", "--registry", registry] + more)
            #expect(printed.succeeded && printed.errorText.isEmpty, "\(printed)")
            _ = try directory.file(name, printed.outputText)
        }
        let bin = try directory.directory("bin")
        // The script writes the stub: of what this process writes, a child of another test may hold a copy open for
        // writing, and such a file cannot be run. A mount namespace of its own: the machine's /etc stays as it is.
        let script = """
            set -e
            printf '%s\\n' '#!/bin/sh' 'echo systemctl "$@"' >'\(bin)/systemctl'
            chmod 755 '\(bin)/systemctl'
            mkdir -p /etc/docker /etc/systemd/system
            mount -t tmpfs none /etc/docker
            mount -t tmpfs none /etc/systemd/system
            bash -eu '\(directory.path)/setup'
            cmp /etc/docker/certs.d/\(registry)/ca.crt "\(directory.entry("it's home"))/ca/ca.crt"
            cat /etc/systemd/system/docker.service.d/regtape.conf
            bash -eu '\(directory.path)/undo'
            find /etc/docker /etc/systemd/system -mindepth 1 ! -name certs.d
            """
        let pasted = try await ChildProcess.run(
            "/usr/bin/unshare", ["--mount", "--propagation", "private", "/bin/bash", "-c", script],
            environment: ["PATH": directory.entry("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")])
        #expect(pasted.succeeded, "\(pasted)")
        let restart = "systemctl daemon-reload\nsystemctl restart docker\n"
        #expect(
            pasted.outputText == restart + """
                [Service]
                Environment="HTTP_PROXY=http://127.0.0.1:8888"
                Environment="HTTPS_PROXY=http://127.0.0.1:8888"
                Environment="NO_PROXY="

                """ + restart)
    }

    @Test func `without --print it says that it changes nothing`() async throws {
        let outcome = try await regtape(["setup", "docker", "--listen", "10.0.75.1:9999"])
        #expect(outcome.succeeded)
        #expect(outcome.errorText.contains("changes nothing"))
        #expect(outcome.outputText.contains("HTTPS_PROXY=http://10.0.75.1:9999"))
    }

    @Test(arguments: ["", "a b", "x'; rm -rf /", "$(id)", "https://registry.example"])
    func `a registry that is no host is not put into a script`(name: String) async throws {
        let outcome = try await regtape(["setup", "docker", "--print", "--registry", name])
        #expect(outcome.ending == .exited(2), "\(outcome)")
        #expect(outcome.outputText.isEmpty)
    }
}
