import Registry

extension ManifestReference {
    var isDigest: Bool {
        if case .digest = self { true } else { false }
    }

    /// A tag under which signatures and attachments of another manifest lie: `sha256-….sig`, or the referrers fallback.
    ///
    /// That there is none is the usual case (distribution-spec, referrers tag schema; cosign).
    var isAttachment: Bool {
        guard case .tag(let tag) = self, tag.hasPrefix("sha256-") || tag.hasPrefix("sha512-") else { return false }
        return tag.utf8.count >= 64
    }
}
