/// Undoes the content codings of a message (RFC 9110 §8.4), as far as a reader of error answers and manifests needs it.
public enum ContentCoding {
    /// The content before it was coded: `identity`, `gzip` and `deflate`, each as often as `Content-Encoding` says.
    ///
    /// Nothing where a coding is another one (`zstd`, `br`), where the octets are not what they claim, or where more than
    /// `limit` octets come out.
    public static func decoded(_ octets: [UInt8], encodings: [String], limit: Int) -> [UInt8]? {
        let codings = encodings.flatMap { $0.split(separator: ",") }.map { coding in
            String(coding.filter { $0 != " " && $0 != "\t" }).lowercased()
        }.filter { !$0.isEmpty && $0 != "identity" }
        // Nobody codes content three times but to see what happens.
        guard codings.count <= 2 else { return nil }
        guard octets.count <= limit else { return nil }
        var content = octets
        for coding in codings.reversed() {
            let next: [UInt8]?
            switch coding {
            case "gzip", "x-gzip": next = gunzip(content, limit: limit)
            // The standard means zlib (RFC 1950); some servers send bare DEFLATE.
            case "deflate": next = zlib(content, limit: limit) ?? inflated(content[...], limit: limit)?.output
            default: next = nil
            }
            guard let next else { return nil }
            content = next
        }
        return content
    }

    /// Members of a gzip file one after another (RFC 1952); sums are not checked: a digest judges content.
    private static func gunzip(_ octets: [UInt8], limit: Int) -> [UInt8]? {
        var rest = octets[...]
        var content: [UInt8] = []
        repeat {
            guard let body = bodyOfMember(rest),
                let member = inflated(body, limit: limit - content.count), member.rest.count >= 8
            else { return nil }
            content += member.output
            rest = member.rest.dropFirst(8)
        } while rest.starts(with: [0x1F, 0x8B])
        return content
    }

    /// What follows the header of a member (RFC 1952 §2.3).
    private static func bodyOfMember(_ member: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard member.count > 10, member.starts(with: [0x1F, 0x8B, 8]) else { return nil }
        let flags = member[member.startIndex + 3]
        var rest = member.dropFirst(10)
        if flags & 4 != 0 {
            guard rest.count > 2 else { return nil }
            let length = Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8
            rest = rest.dropFirst(2 + length)
        }
        // File name and comment.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard let end = rest.firstIndex(of: 0) else { return nil }
            rest = rest[(end + 1)...]
        }
        return flags & 2 != 0 ? rest.dropFirst(2) : rest
    }

    private static func zlib(_ octets: [UInt8], limit: Int) -> [UInt8]? {
        guard octets.count > 2, octets[0] & 0x0F == 8, (Int(octets[0]) << 8 | Int(octets[1])) % 31 == 0,
            octets[1] & 0x20 == 0
        else { return nil }
        return inflated(octets.dropFirst(2), limit: limit)?.output
    }

    private static func inflated(
        _ octets: ArraySlice<UInt8>, limit: Int
    ) -> (output: [UInt8], rest: ArraySlice<UInt8>)? {
        var inflate = Inflate(octets, limit: limit)
        do throws(Inflate.Failure) {
            try inflate.run()
            return (inflate.output, inflate.rest)
        } catch {
            return nil
        }
    }
}
