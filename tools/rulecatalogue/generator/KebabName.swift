extension String {
    /// The name of a rule from the name of its type: `AuthorizationForwarded` is `authorization-forwarded`, `TLSTooOld`
    /// is `tls-too-old`, `HTTP2Reset` is `http2-reset`.
    var kebabCase: String {
        let letters = Array(self)
        var name = ""
        for (index, letter) in letters.enumerated() {
            if index > 0, letter.isUppercase {
                let endsWord = !letters[index - 1].isUppercase
                let beginsWord = index + 1 < letters.count && letters[index + 1].isLowercase
                if endsWord || beginsWord { name += "-" }
            }
            name += letter.lowercased()
        }
        return name
    }
}
