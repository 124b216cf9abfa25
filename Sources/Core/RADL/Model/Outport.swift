/// One entry of a network's `outports`: a port, or a range of ports, that is reached from outside.
public struct Outport: Sendable, Hashable {
    public enum TransportProtocol: String, Sendable, Hashable {
        case tcp, udp, icmp
    }

    /// Port as seen from outside; the first one of a range.
    public var remote: Int
    /// Port of the machine; the last one of a range.
    public var local: Int
    public var transport: TransportProtocol
    /// Whether ``remote`` to ``local`` is a range; else ``remote`` is led to ``local``.
    public var isRange: Bool
    /// Who may reach it.
    public var cidr: String

    public init(
        remote: Int, local: Int, transport: TransportProtocol = .tcp, isRange: Bool = false,
        cidr: String = "0.0.0.0/0"
    ) {
        self.remote = remote
        self.local = local
        self.transport = transport
        self.isRange = isRange
        self.cidr = cidr
    }

    /// Ports of the machine that have to be open.
    public var localPorts: ClosedRange<Int> {
        isRange ? min(remote, local)...max(remote, local) : local...local
    }

    /// Why a text is not a list of ports. The cases' texts are IM's.
    public enum Failure: String, Error, Sendable, Hashable {
        case format = "Invalid outports format."
        case differentProtocols = "Different protocols used in local and remote outports."
    }

    /// Reads `[CIDR-]port[:port][/proto][-port[:port][/proto]]`, separated by commas, without blanks.
    ///
    /// - Throws: ``Failure``.
    public static func list(parsing text: String) throws(Failure) -> [Outport] {
        var result: [Outport] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            var reader = OutportReader(Array(item.utf8))
            result.append(try reader.outport())
        }
        return result
    }
}

private struct OutportReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private struct Side {
        var first: Int
        var last: Int?
        var transport: Outport.TransportProtocol?
    }

    mutating func outport() throws(Outport.Failure) -> Outport {
        let cidr = cidrPrefix()
        let remote = try side()
        var local = remote
        if take(UInt8(ascii: "-")) {
            local = try side()
            if local.transport == nil { local.transport = remote.transport }
        }
        guard position == bytes.count else { throw .format }
        guard (remote.transport ?? .tcp) == (local.transport ?? .tcp) else { throw .differentProtocols }
        return Outport(
            remote: remote.first, local: remote.last ?? local.first, transport: remote.transport ?? .tcp,
            isRange: remote.last != nil, cidr: cidr ?? "0.0.0.0/0")
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func digits(atMost limit: Int) -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, position - start < limit, bytes[position] &- 0x30 <= 9 {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        return position > start ? value : nil
    }

    private mutating func cidrPrefix() -> String? {
        let start = position
        for part in 0..<4 {
            guard part == 0 || take(UInt8(ascii: ".")), let octet = digits(atMost: 3), octet <= 255 else {
                position = start
                return nil
            }
        }
        guard take(UInt8(ascii: "/")), let length = digits(atMost: 2), length <= 32, position < bytes.count,
            bytes[position] == UInt8(ascii: "-")
        else {
            position = start
            return nil
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        position += 1
        return text
    }

    private mutating func side() throws(Outport.Failure) -> Side {
        var side = Side(first: try port())
        if take(UInt8(ascii: ":")) { side.last = try port() }
        if take(UInt8(ascii: "/")) {
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: "-") { position += 1 }
            let name = String(decoding: bytes[start..<position], as: UTF8.self)
            guard let transport = Outport.TransportProtocol(rawValue: name) else { throw .format }
            side.transport = transport
        }
        return side
    }

    private mutating func port() throws(Outport.Failure) -> Int {
        guard let value = digits(atMost: 9), value <= 65_535 else { throw .format }
        return value
    }
}
