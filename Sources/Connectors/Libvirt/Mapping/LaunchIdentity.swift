import ConnectorAPI
import Foundation
import HTTPTransport

/// Which machine of the host a domain is: its UUID is made of the batch token and the place within the batch, so that the
/// same launch can make it only once, whoever asks and whenever.
enum LaunchIdentity {
    static func uuid(_ token: String, _ index: Int) throws(ConnectorError) -> String {
        var bytes = Array(try digest("gantry/machine/\(token)/\(index)").prefix(16))
        // A UUID that its maker chose (RFC 9562, version 8).
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        let text = Digest.hexadecimal(bytes)
        var parts: [String] = []
        var rest = text[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(String(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// A hardware address: of the block that QEMU uses, or of that of a security group.
    static func mac(_ uuid: String, _ interface: Int, group: String? = nil) throws(ConnectorError) -> String {
        let tail = try digest("gantry/interface/\(uuid)/\(interface)").prefix(3)
        let block = if let group { try block(of: group) } else { [0x52, 0x54, 0x00] as [UInt8] }
        return text(block + tail)
    }

    /// Whether a hardware address is one that a machine's cards may have, whatever their security group is.
    static func isMac(_ mac: String, of uuid: String) throws(ConnectorError) -> Bool {
        guard mac.hasPrefix("52:54:00:") || mac.hasPrefix("56:") else { return false }
        for interface in 0..<mostInterfaces where mac.hasSuffix(try self.mac(uuid, interface).dropFirst(9)) {
            return true
        }
        return false
    }

    /// Cards of a machine that are looked for when nobody knows how many it had.
    private static let mostInterfaces = 32

    /// As hardware addresses are written.
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { Digest.hexadecimal([$0]) }.joined(separator: ":")
    }

    /// The first bytes of the hardware addresses of a security group's cards, by which these know one another; of those
    /// that nobody gives to hardware, and another first one than QEMU's.
    static func block(of group: String) throws(ConnectorError) -> [UInt8] {
        [0x56] + (try bytes("gantry/group/\(group)", 2))
    }

    /// Digest of the items, the same for the same ones.
    static func items(_ items: [MachineSpec]) throws(ConnectorError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return Digest.hexadecimal(Array(try sha256(Array(try encoder.encode(items))).prefix(8)))
        } catch let error as ConnectorError {
            throw error
        } catch {
            throw ConnectorError(code: .internal, message: "the items of the batch cannot be encoded: \(error)")
        }
    }

    /// The first characters of a digest of a text, for names.
    static func word(_ text: String, _ length: Int = 12) throws(ConnectorError) -> String {
        String(Digest.hexadecimal(try digest(text)).prefix(length))
    }

    /// The first bytes of a digest of a text.
    static func bytes(_ text: String, _ count: Int) throws(ConnectorError) -> [UInt8] {
        Array(try digest(text).prefix(count))
    }

    private static func digest(_ text: String) throws(ConnectorError) -> [UInt8] {
        try sha256(Array(text.utf8))
    }

    private static func sha256(_ bytes: [UInt8]) throws(ConnectorError) -> [UInt8] {
        do throws(HTTPError) {
            return try Digest.sha256(bytes)
        } catch {
            throw ConnectorError(code: .internal, message: error.message)
        }
    }

    // MARK: - Names

    /// A name for people, unique by its end; of characters that files and host names take.
    static func domainName(_ name: String, _ uuid: String) -> String {
        "\(plain(name, longest: 40))-\(uuid.prefix(8))"
    }

    static func hostName(_ name: String) -> String { plain(name, longest: 63) }

    static func plain(_ name: String, longest: Int) -> String {
        let mapped = name.unicodeScalars.map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain ? Character(scalar) : "-"
        }
        let text = String(mapped.drop { $0 == "-" }.prefix(longest))
        return text.isEmpty ? "machine" : text
    }
}

/// Names of the volumes that end with a machine.
enum MachineVolume {
    static func root(_ uuid: String) -> String { "\(uuid)-root.qcow2" }
    static func disk(_ uuid: String, _ index: Int) -> String { "\(uuid)-disk\(index).qcow2" }
    static func seed(_ uuid: String) -> String { "\(uuid)-seed.iso" }
    static func console(_ uuid: String) -> String { "\(uuid)-console.log" }

    /// The machine whose volume it is; nil for others.
    static func machine(_ name: String) -> String? {
        let uuid = String(name.prefix(36))
        return UUIDText.isValid(uuid) && name.dropFirst(36).first == "-" ? uuid : nil
    }

    /// Whether it is one of the names above, for that machine: what else begins with its UUID is somebody else's.
    static func isOwn(_ name: String, _ uuid: String) -> Bool {
        guard machine(name) == uuid else { return false }
        return name.dropFirst(37).wholeMatch(of: /root\.qcow2|disk[0-9]+\.qcow2|seed\.iso|console\.log(\.[0-9]+)?/)
            != nil
    }
}

/// Volumes and filters have a name and nothing else: the tags stand in it, `gantry_KIND_NAME_TAGS`, as base64 with `-` and
/// `_`.
struct TaggedName: Sendable, Hashable {
    /// Of a file's name.
    static let maximumLength = 255

    var kind: String
    var name: String
    var tags: [String: String]

    init(kind: String, name: String, tags: [String: String]) {
        self.kind = kind
        self.name = LaunchIdentity.plain(name, longest: 40)
        self.tags = tags
    }

    /// A value that stands in others as well is written once: before it the first of these, in its place the second.
    private static let (told, again) = ("\u{1d}", "\u{1e}")

    /// - Throws: ``ConnectorError/Code/invalidArgument`` when the tags do not fit.
    func text(ending: String = "") throws(ConnectorError) -> String {
        let values = tags.values.filter { $0.utf8.count > 8 }.sorted()
        let common = values.first { value in values.contains { $0 != value && $0.contains(value) } }
        let words = tags.sorted { $0.key < $1.key }.flatMap { key, value in
            guard let common else { return [key, value] }
            return [key, value == common ? Self.told + value : value.replacing(common, with: Self.again)]
        }.joined(separator: "\u{1f}")
        let packed = Data(words.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        let whole = "gantry_\(kind)_\(name)_\(packed)\(ending)"
        guard whole.utf8.count <= Self.maximumLength else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "the tags do not fit into a name of \(Self.maximumLength) characters, which is all that "
                    + "libvirt keeps of a \(kind): " + tags.keys.sorted().joined(separator: ", "),
                field: "tags")
        }
        return whole
    }

    /// nil for a name that is somebody else's.
    init?(_ text: String, ending: String = "") {
        guard text.hasSuffix(ending) else { return nil }
        let parts = text.dropLast(ending.count).split(
            separator: "_", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "gantry" else { return nil }
        kind = String(parts[1])
        name = String(parts[2])
        var packed = parts[3].replacing("-", with: "+").replacing("_", with: "/")
        packed += String(repeating: "=", count: (4 - packed.count % 4) % 4)
        guard let data = Data(base64Encoded: String(packed)) else { return nil }
        tags = [:]
        guard !data.isEmpty else { return }
        let words = String(decoding: data, as: UTF8.self).split(separator: "\u{1f}", omittingEmptySubsequences: false)
        guard words.count % 2 == 0 else { return nil }
        let common = words.first { $0.hasPrefix(Self.told) }.map { String($0.dropFirst()) } ?? ""
        for place in stride(from: 0, to: words.count, by: 2) {
            let value = String(words[place + 1])
            tags[String(words[place])] =
                value.hasPrefix(Self.told) ? common : value.replacing(Self.again, with: common)
        }
    }
}

extension [String: String] {
    /// Whether all of `tags` are here.
    func contains(all tags: [String: String]) -> Bool { tags.allSatisfy { self[$0.key] == $0.value } }
}
