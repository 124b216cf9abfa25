import ConnectorAPI
import HTTPTransport

/// Tags in the description of what Neutron has: `gantry;KEY=VALUE;KEY=VALUE`.
///
/// Everything of Neutron can be described in the request that makes it, in every version, so that there is no moment at
/// which something exists without an owner; its own tags come later or not at all.
struct ResourceLabel: Sendable, Hashable {
    static let maximumLength = 255
    private static let mark = "gantry"

    var tags: [String: String]

    init(_ tags: [String: String]) {
        self.tags = tags
    }

    /// nil when the description is somebody else's.
    init?(description: String?) {
        guard let description, description == Self.mark || description.hasPrefix(Self.mark + ";") else { return nil }
        var tags: [String: String] = [:]
        for pair in description.split(separator: ";").dropFirst() {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { return nil }
            tags[PercentEncoding.decode(String(sides[0]))] = PercentEncoding.decode(String(sides[1]))
        }
        self.tags = tags
    }

    /// The description. The host's own tags must fit into it, others stand in it as far as they do.
    ///
    /// - Throws: ``ConnectorError/Code/invalidArgument`` when they do not.
    func description(field: String = "tags") throws(ConnectorError) -> String {
        var text = Self.mark
        let order = tags.sorted { ($0.key.isHostsTag ? 0 : 1, $0.key) < ($1.key.isHostsTag ? 0 : 1, $1.key) }
        for (key, value) in order {
            let pair = ";\(Self.encode(key))=\(Self.encode(value))"
            if text.utf8.count + pair.utf8.count <= Self.maximumLength {
                text += pair
            } else if key.isHostsTag {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "the tags do not fit into \(Self.maximumLength) bytes, which is what OpenStack has for them: "
                        + tags.keys.sorted().joined(separator: ", "),
                    field: field)
            }
        }
        return text
    }

    private static func encode(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%", ";", "=": out += PercentEncoding.encode(String(scalar))
            case _ where scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7f:
                out.unicodeScalars.append(scalar)
            default: out += PercentEncoding.encode(String(scalar))
            }
        }
        return out
    }
}

extension String {
    /// Whether it is the key of a tag that the host looks for.
    var isHostsTag: Bool { hasPrefix("gantry") }
}

extension [String: String] {
    /// Whether all of the other entries are here too.
    func contains(all others: [String: String]) -> Bool {
        others.allSatisfy { self[$0.key] == $0.value }
    }
}
