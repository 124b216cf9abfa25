import ConnectorAPI

/// How images are named by those who ask for them: an id, `ost://HOST/ID`, `ost://HOST/image/ID`, or
/// `ost://HOST/volume/ID` for a volume to boot from.
struct ImageName: Sendable, Hashable {
    var id: String
    var isVolume: Bool

    /// - Throws: ``ConnectorError/Code/invalidArgument`` for anything else, and for an image of another cloud.
    init(_ text: String, host: String, field: String) throws(ConnectorError) {
        var path = Substring(text)
        isVolume = false
        if text.hasPrefix("ost://") {
            let parts = text.dropFirst(6).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Self.unusable(text, host, field) }
            guard parts[0].lowercased() == host else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "image '\(text)' is of the cloud at '\(parts[0])', but these credentials are for '\(host)'; "
                        + "name ost://\(host)/… or the credentials of '\(parts[0])'",
                    field: field)
            }
            path = parts[1]
            if path.hasPrefix("image/") {
                path = path.dropFirst(6)
            } else if path.hasPrefix("volume/") {
                path = path.dropFirst(7)
                isVolume = true
            }
        }
        guard OpenStackID.isValid(path) else { throw Self.unusable(text, host, field) }
        id = path.lowercased()
    }

    private static func unusable(_ text: String, _ host: String, _ field: String) -> ConnectorError {
        ConnectorError(
            code: .invalidArgument,
            message: "'\(text)' names no image of OpenStack; it must be like "
                + "ost://\(host)/3a1c5b0e-52d8-4b0c-9d35-0d6a6a6f1c11",
            field: field)
    }
}

/// Ids of OpenStack: UUIDs, with or without hyphens.
enum OpenStackID {
    static func isValid(_ text: some StringProtocol) -> Bool {
        let digits = text.filter { $0 != "-" }
        return digits.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit } && text.first != "-"
    }
}
