import ConnectorAPI
import Foundation
import HTTPTransport

/// Which machine of the host a server is, and what belongs to it: in the metadata of servers, and in the labels of
/// ports and floating addresses.
enum LaunchIdentity {
    static let machineKey = "gantry:machine"
    /// Place within the batch.
    static let indexKey = "gantry:index"
    /// Digest of all items of the batch: the token together with other items is refused.
    static let itemsKey = "gantry:items"
    /// Which interface each network is: see ``InterfaceNames``.
    static let interfacesKey = "gantry:interfaces"
    /// Of a port: place of the machine within the batch, and of the network within the machine.
    static let slotKey = "gantry:slot"

    private static let own: Set<String> = [indexKey, itemsKey, interfacesKey, slotKey]

    /// Metadata without what is this connector's own.
    static func hostTags(_ metadata: [String: String]) -> [String: String] {
        metadata.filter { !own.contains($0.key) }
    }

    /// The tag of a server by which Nova finds it, for a tag of the host: tags of Nova are words of at most 60
    /// characters.
    static func serverTag(_ key: String, _ value: String) throws(ConnectorError) -> String {
        "gantry-" + String(try digest(Array("\(key)=\(value)".utf8)).prefix(40))
    }

    /// Most tags that Nova allows is 50.
    private static let maximumServerTags = 45

    static func serverTags(_ tags: [String: String]) throws(ConnectorError) -> [String] {
        let order = tags.sorted { ($0.key.isHostsTag ? 0 : 1, $0.key) < ($1.key.isHostsTag ? 0 : 1, $1.key) }
        var words: [String] = []
        for (key, value) in order.prefix(maximumServerTags) { words.append(try serverTag(key, value)) }
        return words
    }

    /// Tags to look for at Nova: those of the host's, else any one. What is found is compared with all of them.
    static func searchTags(_ tags: [String: String]) throws(ConnectorError) -> [String] {
        var words: [String] = []
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) where key.isHostsTag {
            words.append(try serverTag(key, value))
        }
        return words
    }

    /// Name of all ports of a batch, by which Neutron finds them.
    static func portName(_ token: String) throws(ConnectorError) -> String {
        "gantry-" + String(try digest(Array(token.utf8)).prefix(40))
    }

    /// Digest of the items, the same for the same ones.
    static func items(_ items: [MachineSpec]) throws(ConnectorError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(try digest(Array(try encoder.encode(items))).prefix(16))
        } catch {
            throw ConnectorError(code: .internal, message: "the items of the batch cannot be encoded: \(error)")
        }
    }

    private static func digest(_ bytes: [UInt8]) throws(ConnectorError) -> String {
        do throws(HTTPError) {
            return Digest.hexadecimal(try Digest.sha256(bytes))
        } catch {
            throw ConnectorError(code: .internal, message: error.message)
        }
    }
}

/// Which interface of the host's a network of a server is, as metadata: `0:NETWORK;1p:NETWORK;2f`. `p` says that
/// addresses there are public, `f` is the floating one.
struct InterfaceNames: Sendable, Hashable {
    struct Place: Sendable, Hashable {
        var interface: Int
        var isPublic: Bool
    }

    /// By the name of the network.
    var networks: [String: Place] = [:]
    var floating: Int?

    init(_ choice: NetworkChoice) {
        for attachment in choice.attachments {
            networks[attachment.name] = Place(interface: attachment.interface, isPublic: attachment.isPublic)
        }
        floating = choice.floatingInterface
    }

    init(_ text: String?) {
        for entry in (text ?? "").split(separator: ";") {
            let sides = entry.split(separator: ":", maxSplits: 1)
            guard let number = Int(sides[0].filter(\.isNumber)) else { continue }
            if sides.count == 2 {
                networks[PercentEncoding.decode(String(sides[1]))] = Place(
                    interface: number, isPublic: sides[0].hasSuffix("p"))
            } else if sides[0].hasSuffix("f") {
                floating = number
            }
        }
    }

    /// nil where it does not fit into metadata; addresses then are of interface 0.
    var text: String? {
        var entries = networks.sorted { ($0.value.interface, $0.key) < ($1.value.interface, $1.key) }.map {
            name, place in
            let plain = name.replacing("%", with: "%25").replacing(";", with: "%3B").replacing(":", with: "%3A")
            return "\(place.interface)\(place.isPublic ? "p" : ""):\(plain)"
        }
        if let floating { entries.append("\(floating)f") }
        let text = entries.joined(separator: ";")
        return text.utf8.count <= 255 ? text : nil
    }
}
