import Jinja

/// Interfaces, addresses and default routes out of what `ip` prints, or `ifconfig` and `/proc/net/route` where it is not.
struct NetworkFacts {
    private(set) var facts = JinjaDict()

    private struct Interface {
        var address: String?
        var prefix = 0
        var broadcast = ""
        var others: [(String, Int)] = []
        var addresses6: [(String, Int, String)] = []
        var mac = ""
        var mtu = 0
        var isUp = false
        var isLoopback = false
    }

    init(_ records: Records) {
        var interfaces: [String: Interface] = [:]
        var names: [String] = []
        func with(_ name: String, _ body: (inout Interface) -> Void) {
            if interfaces[name] == nil { names.append(name) }
            body(&interfaces[name, default: Interface()])
        }
        for line in (records["ip_link"] ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 2 else { continue }
            with(Self.name(words[1])) { interface in
                interface.isUp = words[2].contains("UP")
                interface.isLoopback = words[2].contains("LOOPBACK")
                interface.mtu = Self.value(after: "mtu", in: words).flatMap { Int($0) } ?? 0
                interface.mac = Self.value(after: "link/ether", in: words) ?? ""
            }
        }
        for line in (records["ip_addr"] ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 3 else { continue }
            let parts = words[3].split(separator: "/").map(String.init)
            let length = parts.count > 1 ? Int(parts[1]) ?? 0 : 32
            with(Self.name(words[1])) { interface in
                switch words[2] {
                case "inet" where interface.address == nil:
                    interface.address = parts.first
                    interface.prefix = length
                    interface.broadcast = Self.value(after: "brd", in: words) ?? ""
                case "inet": interface.others.append((parts.first ?? "", length))
                case "inet6":
                    interface.addresses6.append(
                        (parts.first ?? "", length, Self.value(after: "scope", in: words) ?? "global"))
                default: break
                }
            }
        }
        Self.readIfconfig(records["ifconfig"] ?? "") { name, address, mask, mac in
            with(name) { interface in
                if let address { interface.address = address }
                if let mask { interface.prefix = Self.prefix(ofMask: mask) }
                if let mac { interface.mac = mac }
                interface.isUp = true
            }
        }
        write(interfaces, names: names)
        addKinds(records)
        defaultRoute(records, interfaces)
    }

    private mutating func write(_ interfaces: [String: Interface], names: [String]) {
        var all4: [JinjaValue] = []
        var all6: [JinjaValue] = []
        for name in names {
            guard let interface = interfaces[name] else { continue }
            var fact: JinjaDict = [
                "device": .string(name), "active": .bool(interface.isUp), "mtu": .int(interface.mtu),
                "type": .string(interface.isLoopback ? "loopback" : "ether"),
            ]
            if !interface.mac.isEmpty { fact["macaddress"] = .string(interface.mac) }
            if let address = interface.address {
                fact["ipv4"] = .dict(Self.ipv4(address, interface.prefix, interface.broadcast))
                if !address.hasPrefix("127.") { all4.append(.string(address)) }
            }
            if !interface.others.isEmpty {
                fact["ipv4_secondaries"] = .list(interface.others.map { .dict(Self.ipv4($0.0, $0.1, "")) })
                all4 += interface.others.filter { !$0.0.hasPrefix("127.") }.map { .string($0.0) }
            }
            if !interface.addresses6.isEmpty {
                fact["ipv6"] = .list(
                    interface.addresses6.map { address, prefix, scope in
                        .dict([
                            "address": .string(address), "prefix": .string(String(prefix)), "scope": .string(scope),
                        ])
                    })
            }
            all6 += interface.addresses6.filter { $0.0 != "::1" }.map { .string($0.0) }
            facts[Self.key(name)] = .dict(fact)
        }
        facts["interfaces"] = .list(names.map { .string($0) })
        facts["all_ipv4_addresses"] = .list(all4)
        facts["all_ipv6_addresses"] = .list(all6)
    }

    private static func key(_ name: String) -> String {
        name.replacing("-", with: "_").replacing(":", with: "_")
    }

    /// What `/sys/class/net` tells: kind, state, bridges and bonds.
    private mutating func addKinds(_ records: Records) {
        func change(_ line: String, _ body: (_ words: [String], _ fact: inout JinjaDict) -> Void) {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard let name = words.first, var fact = facts[Self.key(name)]?.dictValue else { return }
            body(words, &fact)
            facts[Self.key(name)] = .dict(fact)
        }
        let types = ["1": "ether", "32": "infiniband", "512": "ppp", "772": "loopback", "65534": "tunnel"]
        for line in records.values["net"] ?? [] {
            change(line) { words, fact in
                guard words.count > 4 else { return }
                fact["type"] = .string(types[words[1]] ?? "unknown")
                fact["active"] = .bool(words[2] != "down")
                if let flags = Int(words[3].drop { $0 == "0" || $0 == "x" }, radix: 16) {
                    fact["promisc"] = .bool(flags & 0x100 != 0)
                }
                if let speed = Int(words[4]) { fact["speed"] = .int(speed) }
            }
        }
        for line in records.values["bridge"] ?? [] {
            change(line) { words, fact in
                fact["type"] = "bridge"
                fact["interfaces"] = .list(words.dropFirst(3).map { .string($0) })
                fact["id"] = .string(words.dropFirst().first ?? "")
                fact["stp"] = .bool(words.dropFirst(2).first == "1")
            }
        }
        for line in records.values["bonding"] ?? [] {
            change(line) { words, fact in
                guard words.count > 3 else { return }
                fact["type"] = "bonding"
                fact["mode"] = .string(words[1])
                fact["miimon"] = .string(words[2])
                fact["lacp_rate"] = .string(words[3])
                fact["slaves"] = .list(words.dropFirst(4).filter { !$0.isEmpty }.map { .string($0) })
            }
        }
    }

    private mutating func defaultRoute(_ records: Records, _ interfaces: [String: Interface]) {
        var device: String?
        var gateway: String?
        var source: String?
        if let line = records["ip_route"]?.split(separator: "\n").first {
            let words = line.split(separator: " ").map(String.init)
            device = Self.value(after: "dev", in: words)
            gateway = Self.value(after: "via", in: words)
            source = Self.value(after: "src", in: words)
        }
        for line in (records["route"] ?? "").split(separator: "\n").dropFirst() where device == nil {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 3, words[1] == "00000000", let number = UInt32(words[2], radix: 16) else { continue }
            device = words[0]
            gateway = [0, 8, 16, 24].map { String(number >> $0 & 255) }.joined(separator: ".")
        }
        var fact = JinjaDict()
        if let device, let interface = interfaces[device] {
            let address = source ?? interface.address ?? ""
            fact = Self.ipv4(address, interface.prefix, interface.broadcast)
            fact["interface"] = .string(device)
            fact["alias"] = .string(device)
            fact["gateway"] = .string(gateway ?? "")
            fact["macaddress"] = .string(interface.mac)
            fact["mtu"] = .int(interface.mtu)
            fact["type"] = facts[Self.key(device)]?["type"] ?? "ether"
        }
        facts["default_ipv4"] = .dict(fact)
        facts["default_ipv6"] = .dict([:])
    }

    private static func ipv4(_ address: String, _ prefix: Int, _ broadcast: String) -> JinjaDict {
        let number = address.split(separator: ".").reduce(UInt32(0)) { $0 << 8 | (UInt32($1) ?? 0) & 255 }
        let mask: UInt32 = prefix <= 0 ? 0 : ~UInt32(0) << UInt32(32 - min(prefix, 32))
        return [
            "address": .string(address), "netmask": .string(dotted(mask)), "network": .string(dotted(number & mask)),
            "prefix": .string(String(prefix)), "broadcast": .string(broadcast),
        ]
    }

    private static func dotted(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { String(number >> $0 & 255) }.joined(separator: ".")
    }

    private static func prefix(ofMask mask: String) -> Int {
        mask.split(separator: ".").reduce(0) { $0 + (UInt8($1) ?? 0).nonzeroBitCount }
    }

    private static func name(_ word: String) -> String {
        let name = word.hasSuffix(":") ? String(word.dropLast()) : word
        return name.split(separator: "@").first.map(String.init) ?? name
    }

    private static func value(after word: String, in words: [String]) -> String? {
        guard let index = words.firstIndex(of: word), index + 1 < words.count else { return nil }
        return words[index + 1]
    }

    private static func readIfconfig(
        _ text: String, _ body: (_ name: String, _ address: String?, _ mask: String?, _ mac: String?) -> Void
    ) {
        var name: String?
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0.isWhitespace || $0 == ":" }).map(String.init)
            if line.first?.isWhitespace == false { name = words.first }
            guard let name else { continue }
            if let index = words.firstIndex(of: "HWaddr"), index + 6 < words.count {
                body(name, nil, nil, words[(index + 1)...(index + 6)].joined(separator: ":").lowercased())
            } else if words.first == "inet" {
                let address = value(after: "addr", in: words) ?? words.dropFirst().first
                body(name, address, value(after: "Mask", in: words) ?? value(after: "netmask", in: words), nil)
            }
        }
    }
}
