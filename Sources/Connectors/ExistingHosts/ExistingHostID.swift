import ConnectorAPI
import Foundation

/// The id of a machine that already runs: says which one it is and where, so that nothing has to be remembered.
///
/// Form: `MACHINE/TOKEN/PORT/ADDRESS,ADDRESS`, each address as `INDEX=ADDRESS` with `+` before public ones; all parts
/// are percent-encoded.
struct ExistingHostID {
    var machineID: String
    var batchToken: String
    var sshPort: Int?
    var addresses: [Machine.Address]

    var machine: Machine {
        Machine(
            id: text, machineID: machineID, batchToken: batchToken, state: .running, addresses: addresses,
            sshPort: sshPort)
    }

    var text: String {
        let list = addresses.map { address in
            "\(address.interface)=\(address.public ? "+" : "")\(Self.quote(address.address))"
        }
        let port = sshPort.map(String.init) ?? ""
        return [Self.quote(machineID), Self.quote(batchToken), port, list.joined(separator: ",")]
            .joined(separator: "/")
    }

    init(machineID: String, batchToken: String, sshPort: Int?, addresses: [Machine.Address]) {
        self.machineID = machineID
        self.batchToken = batchToken
        self.sshPort = sshPort
        self.addresses = addresses
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let machineID = parts[0].removingPercentEncoding,
            let batchToken = parts[1].removingPercentEncoding, parts[2].isEmpty || Int(parts[2]) != nil
        else { return nil }
        self.machineID = machineID
        self.batchToken = batchToken
        sshPort = Int(parts[2])
        addresses = []
        for part in parts[3].split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let interface = Int(pair[0]) else { return nil }
            let isPublic = pair[1].hasPrefix("+")
            guard let address = pair[1].dropFirst(isPublic ? 1 : 0).removingPercentEncoding, !address.isEmpty
            else { return nil }
            addresses.append(
                Machine.Address(
                    interface: interface, address: address, family: address.contains(":") ? .ipv6 : .ipv4,
                    public: isPublic))
        }
        guard !addresses.isEmpty else { return nil }
    }

    private static let plain = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:")

    private static func quote(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
    }
}
