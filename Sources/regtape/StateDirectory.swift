import Glibc

/// Where regtape keeps what outlives a run: `$REGTAPE_HOME`, else the XDG data directory.
enum StateDirectory {
    static func path() throws -> String {
        if let home = variable("REGTAPE_HOME") { return home }
        if let data = variable("XDG_DATA_HOME") { return data + "/regtape" }
        guard let home = variable("HOME") else {
            throw ExitStatus.Failure(
                ExitStatus.environment,
                "neither REGTAPE_HOME nor HOME is set; set REGTAPE_HOME to a directory for the CA")
        }
        return home + "/.local/share/regtape"
    }

    static func authority() throws -> String { try path() + "/ca" }

    static func variable(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }
}
