import TapeModel

/// Which contents the meaning of an exchange depends on.
///
/// Layers and uploads never are among them: a trace of terabytes is
/// judged without reading one.
enum ContentNeeds {
    static func request(_ operation: Operation) -> Bool {
        switch operation.endpoint {
        case .manifestPut, .tokenPost, .tokenExchange: true
        default: false
        }
    }

    static func response(_ operation: Operation, _ head: ResponseHead) -> Bool {
        guard head.status < 400 else { return true }
        guard (200..<300).contains(head.status) else { return false }
        switch operation.endpoint {
        case .manifestGet, .tokenGet, .tokenPost, .tokenExchange, .tagsList, .catalogList, .referrersGet, .acrMetadata:
            return true
        case .storageGet: return operation.reference != nil
        case .blobGet, .blobHead, .storageHead, .connect: return false
        // A page of a portal or a gateway in the place of an answer.
        default: return isMarkup(head)
        }
    }

    static func isMarkup(_ head: ResponseHead) -> Bool {
        guard let field = head.fields.first("content-type") else { return false }
        let type = String(decoding: field.utf8.prefix(64), as: UTF8.self).lowercasedASCII
        return type.hasPrefix("text/html") || type.hasPrefix("application/xhtml")
            || type.hasPrefix("application/xml") || type.hasPrefix("text/xml")
    }

    /// The content as handed over, or as it stands in the record.
    static func content(_ given: [UInt8]?, _ body: Body) -> [UInt8]? {
        if let given { return given }
        return body.text.map { Array($0.utf8) }
    }
}
