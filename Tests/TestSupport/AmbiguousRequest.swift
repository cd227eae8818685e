import Foundation
public import Testing

/// A request that two readers might read differently, or that is more than anybody should take (RELIABILITY.md S1-S6,
/// S12, D2).
///
/// One table for everything that reads requests in order to act on them.
public struct AmbiguousRequest: Sendable, CustomTestStringConvertible {
    public let sentence: String
    /// `{POST}` and the like stand for a start line, `{host}` for the Host field.
    public let text: String
    /// Of the refusal.
    public var status = 400
    /// Whether so much comes before the trouble that the request can be under way by then.
    public var mayBegin = false

    public var testDescription: String { sentence }

    /// What follows the ambiguous message; whoever hears of it, or answers it, was fooled.
    public static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n"

    /// The octets with every place holder filled in: `{GET}`, `{POST 1.0}`, `{target}`, `{host}`.
    public func octets(target: String, host: String) -> [UInt8] {
        var text = Self.replacing("{host}", by: "Host: \(host)", in: text)
        text = Self.replacing("{target}", by: target, in: text)
        for method in ["GET", "POST", "HEAD", "PUT"] {
            for (mark, version) in [("", "1.1"), (" 1.1", "1.1"), (" 1.0", "1.0")] {
                text = Self.replacing(
                    "{\(method)\(mark)}", by: "\(method) \(target) HTTP/\(version)", in: text)
            }
        }
        return Latin1.octets(text)
    }

    private static func replacing(_ mark: String, by replacement: String, in text: String) -> String {
        text.components(separatedBy: mark).joined(separator: replacement)
    }

    public static let all =
        framing + transferCodings + contentLengths + fieldLines + terminators + chunks + connectionOptions + limits
        + startLines

    private static let framing: [AmbiguousRequest] = [
        ("Content-Length before Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "1.1"),
        ("Transfer-Encoding before Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "1.1"),
        ("Content-Length: 0 with Transfer-Encoding", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "1.1"),
        ("both in HTTP/1.0", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "1.0"),
        ("Transfer-Encoding in HTTP/1.0", "Transfer-Encoding: chunked\r\n", "1.0"),
        ("both, the coding unknown", "Content-Length: 5\r\nTransfer-Encoding: x\r\n", "1.1"),
    ].map { AmbiguousRequest(sentence: "S1 " + $0.0, text: "{POST \($0.2)}\r\n{host}\r\n\($0.1)\r\n0\r\n\r\n") }

    private static let transferCodings: [AmbiguousRequest] =
        [
            "", " ", ",", ",chunked", "chunked,", "chunked, ", ", chunked", "xchunked", "chunkedx", "chunked x",
            "x chunked",
            "\"chunked\"", "'chunked'", "chunked;", "chunked;q=1", "chunked; a=b", "chunk", "chunked\u{B}",
            "\u{B}chunked",
            "chunked\u{0}", "chunked\u{7F}", "identity", "identity, chunked", "chunked, identity", "chunked, chunked",
            "chunked,chunked", "gzip", "gzip, chunked", "chunked, gzip", "deflate", "compress", "br", "trailers", "cow",
            "chunked/1", "=chunked", "chunk\u{130}ed", "\u{A0}chunked", "chunked\u{85}", "chunked\t,", "CHUNKED\u{FF}",
        ].map {
            AmbiguousRequest(
                sentence: "S2 Transfer-Encoding is \($0.debugDescription)",
                text: "{POST}\r\n{host}\r\nTransfer-Encoding: \($0)\r\n\r\n0\r\n\r\n")
        }
        + [
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked",
        ].map {
            AmbiguousRequest(
                sentence: "S2 \($0.debugDescription)", text: "{POST}\r\n{host}\r\n\($0)\r\n\r\n0\r\n\r\n")
        }

    private static let contentLengths: [AmbiguousRequest] =
        [
            "+5", "-5", "-0", "0x5", "5,5", "5, 5", "5,6", "", "5 5", "5;", "5.0", "5e0", "\"5\"", "five", "05a",
            "\u{0}5",
            "9223372036854775808", "18446744073709551616", "99999999999999999999999", "\u{B}5", "5\u{A0}", "\u{661}",
        ].map {
            AmbiguousRequest(
                sentence: "S3 Content-Length is \($0.debugDescription)",
                text: "{POST}\r\n{host}\r\nContent-Length: \($0)\r\n\r\nhello")
        }
        + [
            "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\ncontent-length: 0", "Content-Length : 5", "Content-Length:\r\n 5",
        ].map {
            AmbiguousRequest(sentence: "S3 \($0.debugDescription)", text: "{POST}\r\n{host}\r\n\($0)\r\n\r\nhello")
        }

    private static let fieldLines: [AmbiguousRequest] = [
        "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n \r\n b", " X: a", "\tX: a", "X : a", "X\t: a", "X Y: a", ": a", "X",
        "X\r\n: a", "X:a\r\nY :b", "\u{B}X: a", "X\u{B}: a", "X(: a", "X\u{E9}: a", "X\"Y\": a", "X@: a",
    ].map { AmbiguousRequest(sentence: "S4 \($0.debugDescription)", text: "{GET}\r\n{host}\r\n\($0)\r\n\r\n") }

    private static let terminators: [AmbiguousRequest] = ["\n", "\r", "\r\r\n", "\u{B}", "\u{0}", "\n\r", "\r\n\r"]
        .flatMap {
            mark in
            [
                ("after the start line", "{GET}\(mark){host}\r\nX: a\r\n\r\n"),
                ("after the first field", "{GET}\r\n{host}\(mark)X: a\r\n\r\n"),
                ("after the last field", "{GET}\r\n{host}\r\nX: a\(mark)\r\n"),
                ("in place of the empty line", "{GET}\r\n{host}\r\nX: a\r\n\(mark)"),
            ]
            // Some of them happen to be an ordinary end: CR LF, CR LF CR LF, and CR LF with something behind it.
            .filter {
                !["\rafter the last field", "\r\n\rafter the last field", "\r\n\rin place of the empty line"].contains(
                    mark + $0.0)
            }
            .map { AmbiguousRequest(sentence: "S5 \(mark.debugDescription) \($0.0)", text: $0.1) }
        }

    private static let chunks: [AmbiguousRequest] =
        [
            "0x1", "1_0", "+1", "-1", " 1", "1 ", "\t1", "1\t;a", "00000000000000001", "FFFFFFFFFFFFFFFF",
            "7FFFFFFFFFFFFFFFF",
            "", ";a", "g", "1g", "1,", "1\u{0}", "1;a\u{0}", "1;a\rb",
        ].map {
            AmbiguousRequest(
                sentence: "S6 a chunk size of \($0.debugDescription)",
                text: "{POST}\r\n{host}\r\nTransfer-Encoding: chunked\r\n\r\n\($0)\r\na\r\n0\r\n\r\n")
        }
        + [
            ("a chunk longer than it says", "1\r\nab\r\n0\r\n\r\n"), ("a chunk that ends in LF", "1\r\na\n0\r\n\r\n"),
            ("a size that ends in LF", "1\na\r\n0\r\n\r\n"), ("a size that ends in CR", "1\ra\r\n0\r\n\r\n"),
            ("a chunk shorter than it says", "2\r\na\r\n0\r\n\r\n"),
            ("an extension of 5 KiB", "1;" + String(repeating: "x", count: 5_000) + "\r\na\r\n0\r\n\r\n"),
            (
                "extensions far longer than the content",
                String(repeating: "1;" + String(repeating: "x", count: 200) + "\r\na\r\n", count: 200) + "0\r\n\r\n"
            ),
            ("a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"), ("a trailer without a colon", "0\r\nX\r\n\r\n"),
            ("trailers that end in LF", "0\r\nX: a\n\r\n"),
        ].map {
            AmbiguousRequest(
                sentence: "S6 \($0.0)", text: "{POST}\r\n{host}\r\nTransfer-Encoding: chunked\r\n\r\n\($0.1)",
                mayBegin: $0.1.utf8.count > 1_000)
        }

    private static let connectionOptions: [AmbiguousRequest] = [
        "content-length", "Transfer-Encoding", "host", "authorization", "cookie", "close, Content-Length",
        "keep-alive,\tAUTHORIZATION", "x\r\nConnection: Cookie",
    ].map {
        AmbiguousRequest(
            sentence: "S12 Connection names \($0.debugDescription)",
            text: "{POST}\r\n{host}\r\nConnection: \($0)\r\nContent-Length: 5\r\n\r\nhello")
    }

    private static let limits: [AmbiguousRequest] = [
        AmbiguousRequest(
            sentence: "D2 257 fields",
            text: "{GET}\r\n{host}\r\n" + (0..<256).map { "X-\($0): a\r\n" }.joined() + "\r\n", status: 431),
        AmbiguousRequest(
            sentence: "D2 a field of 65 KiB",
            text: "{GET}\r\n{host}\r\nX: " + String(repeating: "a", count: 66_560) + "\r\n\r\n", status: 431),
        AmbiguousRequest(
            sentence: "D2 a target of 65 KiB",
            text: "GET http://h/" + String(repeating: "a", count: 66_560) + " HTTP/1.1\r\n{host}\r\n\r\n", status: 431),
        AmbiguousRequest(
            sentence: "D2 100,000 short fields",
            text: "{GET}\r\n{host}\r\n" + String(repeating: "X: a\r\n", count: 100_000) + "\r\n", status: 431),
    ]

    private static let startLines: [AmbiguousRequest] = [
        ("no version", "GET {target}\r\n{host}\r\n\r\n"), ("two spaces", "GET  {target} HTTP/1.1\r\n{host}\r\n\r\n"),
        ("a tab", "GET\t{target} HTTP/1.1\r\n{host}\r\n\r\n"),
        ("a version unknown", "GET {target} HTTP/1.2\r\n{host}\r\n\r\n"),
        ("a version in small letters", "GET {target} http/1.1\r\n{host}\r\n\r\n"),
        ("a space behind it", "GET {target} HTTP/1.1 \r\n{host}\r\n\r\n"),
        ("a method that is no token", "G@T {target} HTTP/1.1\r\n{host}\r\n\r\n"),
        ("a control octet in the target", "GET {target}\u{1} HTTP/1.1\r\n{host}\r\n\r\n"),
        ("no Host", "{GET}\r\nX: a\r\n\r\n"), ("two Hosts", "{GET}\r\n{host}\r\n{host}\r\n\r\n"),
    ].map { AmbiguousRequest(sentence: "start line: \($0.0)", text: $0.1) }
}
