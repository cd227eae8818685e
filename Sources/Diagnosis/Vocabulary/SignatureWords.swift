import Registry
import TapeModel

/// What rules about signed URLs ask alike.
extension DecodedExchange {
    /// The storage gives the age of the signature as its reason.
    var storageSaysExpired: Bool {
        guard let error = storageError else { return false }
        let said = (error.message + " " + (error["AuthenticationErrorDetail"] ?? "")).lowercased()
        switch error.code {
        case "AuthenticationFailed": return said.contains("time frame") || said.contains("signed expiry time")
        case "AccessDenied": return said.contains("expired") || error["Expires"] != nil && error["ServerTime"] != nil
        default: return said.contains("has expired") && error.code != "ExpiredToken"
        }
    }

    /// The signature was outside of its time already when the registry gave it: two clocks disagree.
    var wasStaleWhenIssued: Bool {
        guard let signature, let date, let source = redirectSource,
            started.microseconds(since: source.answered) < 60_000_000
        else { return false }
        if let starts = signature.starts, date < starts { return true }
        guard let expires = signature.expires else { return false }
        return date > expires
    }
}
