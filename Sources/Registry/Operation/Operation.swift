/// What one exchange means in the distribution protocol.
public struct Operation: Sendable, Hashable {
    public var endpoint: Endpoint
    /// `<name>` of the specification, percent-decoded, case as sent.
    public var repository: String?
    /// Tag or digest by which a manifest was named.
    public var reference: ManifestReference?
    /// The digest that the path or the query `digest=` names: of a blob, a manifest, an upload's end.
    public var digest: Digest?
    /// `Range` of a read, or `Content-Range` of an upload's chunk.
    public var range: ByteRange?
    /// What identifies an upload among others: the last path segment of its location.
    public var uploadSession: String?
    /// Source repository of a cross-repository mount.
    public var mountFrom: String?

    public init(
        endpoint: Endpoint, repository: String? = nil, reference: ManifestReference? = nil, digest: Digest? = nil,
        range: ByteRange? = nil, uploadSession: String? = nil, mountFrom: String? = nil
    ) {
        self.endpoint = endpoint
        self.repository = repository
        self.reference = reference
        self.digest = digest
        self.range = range
        self.uploadSession = uploadSession
        self.mountFrom = mountFrom
    }
}

/// Tag or digest, as the last segment of a manifest's path (distribution-spec, *reference*).
public enum ManifestReference: Sendable, Hashable, CustomStringConvertible {
    case tag(String)
    case digest(Digest)

    public var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}

/// `algorithm:hex` of the OCI image specification.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    public let algorithm: String
    public let hex: String

    /// Parses `sha256:…` or any other algorithm by the specification's grammar; nothing where it is none.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let algorithm = text[..<colon]
        let hex = text[text.index(after: colon)...]
        guard (1...64).contains(algorithm.utf8.count), algorithm.utf8.allSatisfy(Self.isAlgorithmOctet),
            (32...128).contains(hex.utf8.count),
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.algorithm = String(algorithm)
        self.hex = String(hex)
    }

    public var description: String { "\(algorithm):\(hex)" }

    /// `sha256:` and the first twelve digits, as people name digests.
    public var short: String { "\(algorithm):\(hex.prefix(12))" }

    private static func isAlgorithmOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

/// A range of octets as a message names it (RFC 9110 §14), or as an upload does (end-5), which leaves the unit out.
public struct ByteRange: Sendable, Hashable {
    public var first: Int64?
    /// Inclusive; absent for `N-`.
    public var last: Int64?
    /// Behind the slash of a Content-Range, where it is a number.
    public var total: Int64?
    /// Whether `bytes` stood in front.
    public var hasUnit: Bool

    public init(first: Int64?, last: Int64?, total: Int64? = nil, hasUnit: Bool) {
        self.first = first
        self.last = last
        self.total = total
        self.hasUnit = hasUnit
    }
}
