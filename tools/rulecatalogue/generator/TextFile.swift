import Glibc

/// Files as text, without Foundation.
enum TextFile {
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            octets += buffer[..<count]
        }
        return ferror(file) == 0 ? String(decoding: octets, as: UTF8.self) : nil
    }

    static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "wb") else { return false }
        let octets = Array(text.utf8)
        let count = fwrite(octets, 1, octets.count, file)
        return fclose(file) == 0 && count == octets.count
    }

    static func say(_ sentence: String) {
        let octets = Array((sentence + "\n").utf8)
        _ = Glibc.write(STDERR_FILENO, octets, octets.count)
    }
}
