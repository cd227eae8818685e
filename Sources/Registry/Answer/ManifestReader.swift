import TapeModel

extension Manifest {
    /// Reads a manifest or an index as it travelled; nothing where the content is no JSON object.
    ///
    /// The digest of `body` is the manifest's unless redaction or a content coding changed the octets.
    init?(_ content: [UInt8], fields: [FieldLine], body: Body) {
        guard let json = try? JSONValue(parsing: content), json.members != nil else { return nil }
        mediaType = json["mediaType"]?.string
        contentType = fields.first("content-type").map {
            // Media types have 127 characters on either side of the slash at most (RFC 6838 §4.2).
            String(decoding: $0.utf8.prefix(256).prefix { $0 != 0x3B }, as: UTF8.self).trimmingBlanks.lowercasedASCII
        }
        schemaVersion = json["schemaVersion"]?.int
        manifests = Self.list(json["manifests"])
        layers = Self.list(json["layers"])
        config = json["config"].flatMap(Descriptor.init)
        subject = json["subject"].flatMap(Descriptor.init)
        isIndex = json["manifests"]?.array != nil
        if schemaVersion == 1, let blobs = json["fsLayers"]?.array {
            // Docker schema 1 names layers without type and size, the uppermost first.
            layers = blobs.prefix(Self.mostDescriptors).reversed().map {
                Descriptor(mediaType: "", digest: $0["blobSum"]?.string.flatMap(Digest.init), urls: [])
            }
        }
        let isCoded = fields.first("content-encoding").map { !$0.equalsIgnoringASCIICase("identity") } ?? false
        if !body.isRedacted, !isCoded, body.stored == .inline || body.stored == .file {
            digest = body.sha256.flatMap { Digest("sha256:" + $0) }
        }
    }

    /// An image has at most 127 layers on overlay file systems; indexes of a hundred platforms are unheard of.
    private static let mostDescriptors = 1_024

    private static func list(_ value: JSONValue?) -> [Descriptor] {
        (value?.array ?? []).prefix(mostDescriptors).compactMap(Descriptor.init)
    }
}

extension Manifest.Descriptor {
    fileprivate init?(_ value: JSONValue) {
        guard value.members != nil else { return nil }
        mediaType = value["mediaType"]?.string ?? ""
        digest = value["digest"]?.string.flatMap(Digest.init)
        size = value["size"]?.int64
        urls = (value["urls"]?.array ?? []).prefix(16).compactMap(\.string)
        if let platform = value["platform"] {
            let parts = [platform["os"]?.string, platform["architecture"]?.string, platform["variant"]?.string]
            let named = parts.compactMap(\.self).filter { !$0.isEmpty }
            self.platform = named.isEmpty ? nil : named.joined(separator: "/")
        }
    }
}

extension String {
    /// Without blanks and tabs at both ends (RFC 9110 §5.6.3, OWS).
    var trimmingBlanks: String {
        var octets = utf8[...]
        while let first = octets.first, first == 0x20 || first == 0x09 { octets.removeFirst() }
        while let last = octets.last, last == 0x20 || last == 0x09 { octets.removeLast() }
        return String(Substring(octets))
    }
}
