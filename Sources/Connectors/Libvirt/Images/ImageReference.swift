import ConnectorAPI
import HTTPTransport

/// An image as a document names it.
enum ImageReference: Sendable, Hashable {
    case file(String)
    /// - Parameter sha256: Of its content, lower-case hexadecimal; nil: not stated.
    case download(HTTPURL, sha256: String?)
    /// A volume that is there; in any pool where none is named.
    case volume(pool: String?, name: String)

    static let schemes = ["file", "http", "https", "libvirt"]

    /// `file:///PATH`, `http(s)://…[#sha256=HEX]`, `libvirt://POOL/VOLUME`, or the name of a volume.
    init(_ text: String) throws(ConnectorError) {
        func refused(_ reason: String) -> ConnectorError {
            ConnectorError(code: .invalidArgument, message: "image '\(text)': \(reason)", field: "image")
        }
        guard let separator = text.firstRange(of: "://") else {
            guard !text.isEmpty, !text.hasPrefix("/") else {
                throw refused(text.isEmpty ? "no image is named" : "a file is written as file://\(text)")
            }
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            self = parts.count == 2 ? .volume(pool: parts[0], name: parts[1]) : .volume(pool: nil, name: text)
            return
        }
        let rest = text[separator.upperBound...]
        let scheme = text[..<separator.lowerBound].lowercased()
        if ["file", "libvirt"].contains(scheme), let digest = text.firstRange(of: "#sha256=") {
            throw refused(
                "a digest is looked at where an image is fetched (http://, https://) and not here; write "
                    + text[..<digest.lowerBound])
        }
        switch scheme {
        case "file":
            guard rest.hasPrefix("/") else { throw refused("a file's URL has three slashes: file:///PATH") }
            self = .file(PercentEncoding.decode(String(rest)))
        case "http", "https":
            let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            var digest: String?
            if parts.count == 2 {
                let words = parts[1].split(separator: "=", omittingEmptySubsequences: false)
                guard words.count == 2, words[0] == "sha256", words[1].utf8.count == 64,
                    words[1].allSatisfy(\.isHexDigit)
                else { throw refused("behind # stands sha256= and 64 hexadecimal digits") }
                digest = words[1].lowercased()
            }
            do throws(HTTPError) {
                self = .download(try HTTPURL(String(parts[0])), sha256: digest)
            } catch {
                throw refused(error.message)
            }
        case "libvirt":
            let parts = rest.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw refused("a volume's URL is libvirt://POOL/VOLUME") }
            self = .volume(pool: parts[0], name: parts[1])
        default: throw refused("it must begin with " + Self.schemes.map { "\($0)://" }.joined(separator: ", "))
        }
    }
}
