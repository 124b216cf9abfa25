import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    /// Names that are no constants of the library. The literals are valid names, so they are never the fallback.
    static let acceptPost = HTTPField.Name("Accept-Post") ?? .via
    static let forwardedHost = HTTPField.Name("X-Forwarded-Host") ?? .via
    static let forwardedPrefix = HTTPField.Name("X-Forwarded-Prefix") ?? .via
    static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto") ?? .via
    static let hostHeader = HTTPField.Name("Host") ?? .via
    static let infrastructureID = HTTPField.Name("InfID") ?? .via
}
