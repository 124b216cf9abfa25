import ConnectorAPI
import JSONCoding
import Testing

@testable import OpenStack

/// IM's rules for networks that are there.
@Suite("Networks of a machine")
struct NetworkChoiceTests {
    /// A network in short: `name`, then words: `external`, `shared`, `default`, `two`, or a block of addresses.
    private static func site(_ lines: String...) throws -> SiteNetworks {
        var networks: [NeutronNetwork] = []
        var subnets: [NeutronSubnet] = []
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let json = """
                {"id": "id-\(words[0])", "name": "\(words[0])", "subnets": [],
                "router:external": \(words.contains("external")), "shared": \(words.contains("shared")),
                "is_default": \(words.contains("default")), "port_security_enabled": \(!words.contains("open")),
                "tags": [\(words.contains("two") ? #""enable_two_nics""# : "")]}
                """
            networks.append(try JSONText.decode(NeutronNetwork.self, from: json))
            for block in words where block.contains("/") {
                subnets.append(
                    try JSONText.decode(
                        NeutronSubnet.self,
                        from:
                            #"{"id": "sub-\#(words[0])", "network_id": "id-\#(words[0])", "ip_version": 4, "cidr": "\#(block)"}"#
                    ))
            }
        }
        return SiteNetworks(networks, subnets)
    }

    /// `INDEX[p][=NETWORK]`, several.
    private static func interfaces(_ text: String) -> [MachineSpec.Interface] {
        text.split(separator: " ").map { word in
            let sides = word.split(separator: "=", maxSplits: 1)
            return MachineSpec.Interface(
                index: sides[0].first?.wholeNumberValue ?? 0, network: sides.count > 1 ? String(sides[1]) : nil,
                public: sides[0].hasSuffix("p"), groups: ["sg-\(sides[0])"])
        }
    }

    /// What is attached, `INDEX:NETWORK`, `p` for public, and `f POOL…`.
    private static func text(_ choice: NetworkChoice) -> String {
        var words = choice.attachments.map { "\($0.interface):\($0.name)\($0.isPublic ? "(p)" : "")" }
        if !choice.pools.isEmpty {
            words.append("f\(choice.floatingInterface ?? -1)=" + choice.pools.joined(separator: ","))
        }
        return words.joined(separator: " ")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var interfaces: String
        var site: [String]
        var chosen: String
        var testDescription: String { "\(interfaces) at \(site)" }
    }

    static let usual = ["lan 10.0.0.0/24", "ext external 198.51.100.0/24"]

    @Test(arguments: [
        Case(interfaces: "", site: usual, chosen: "0:lan"),
        Case(interfaces: "0", site: usual, chosen: "0:lan"),
        Case(interfaces: "0p", site: usual, chosen: "0:lan f0=id-ext"),
        Case(interfaces: "0 1p", site: usual, chosen: "0:lan f1=id-ext"),
        Case(interfaces: "0p 1", site: usual, chosen: "1:lan f0=id-ext"),
        Case(interfaces: "0p=ext", site: usual, chosen: "0:lan f0=id-ext"),
        Case(interfaces: "0=lan 1p=ext", site: usual, chosen: "0:lan f1=id-ext"),
        // By id as by name.
        Case(interfaces: "0=id-lan", site: usual, chosen: "0:lan"),
        // Those that call themselves default first.
        Case(interfaces: "0", site: ["a 10.0.0.0/24", "b default 10.1.0.0/24"], chosen: "0:b"),
        Case(interfaces: "0", site: ["a 10.0.0.0/24", "my-default-net 10.1.0.0/24"], chosen: "0:my-default-net"),
        // Each network once.
        Case(interfaces: "0 1", site: ["a 10.0.0.0/24", "b 10.1.0.0/24"], chosen: "0:a 1:b"),
        // A name goes before the first free one, wherever it stands.
        Case(interfaces: "0 1=a", site: ["a 10.0.0.0/24", "b 10.1.0.0/24"], chosen: "0:b 1:a"),
        // A network with public addresses is attached to.
        Case(interfaces: "0p", site: ["lan 10.0.0.0/24", "flat 198.51.100.0/24"], chosen: "0:flat(p)"),
        // Without pools the private interfaces of public machines go, unless the site takes two.
        Case(interfaces: "0 1p", site: ["lan 10.0.0.0/24", "flat 198.51.100.0/24"], chosen: "1:flat(p)"),
        Case(interfaces: "0 1p", site: ["lan 10.0.0.0/24 two", "flat 198.51.100.0/24"], chosen: "0:lan 1:flat(p)"),
        // Only public networks.
        Case(interfaces: "0", site: ["flat 198.51.100.0/24"], chosen: "0:flat(p)"),
        Case(interfaces: "0", site: ["ext external shared 198.51.100.0/24"], chosen: "0:ext(p)"),
        Case(interfaces: "0p", site: ["ext external shared 198.51.100.0/24"], chosen: "0:ext(p)"),
        // Addresses of private ranges that lead outside all the same.
        Case(interfaces: "0p", site: ["lan 10.0.0.0/24", "ext external 172.24.4.0/24"], chosen: "0:lan f0=id-ext"),
        // One that names none takes the first pool that works.
        Case(
            interfaces: "0p", site: ["lan 10.0.0.0/24", "e1 external", "e2 external"], chosen: "0:lan f0=id-e1,id-e2"),
    ])
    func chosen(_ example: Case) throws {
        let parts = try example.site.map { try Self.site($0).sites[0] }
        let networks = SiteNetworks(parts.map(\.network), parts.flatMap(\.subnets))
        let choice = try NetworkChoice(Self.interfaces(example.interfaces), networks, field: "items[0]")
        #expect(Self.text(choice) == example.chosen)
    }

    @Test func portsOfThePublicNetworkAreOpenOnThePrivatePort() throws {
        let site = try Self.site("lan 10.0.0.0/24", "ext external 198.51.100.0/24")
        let choice = try NetworkChoice(Self.interfaces("0 1p"), site, field: "items[0]")
        #expect(choice.attachments.map(\.groups) == [["sg-0", "sg-1p"]])
        #expect(choice.attachments.allSatisfy { $0.takesGroups })
    }

    @Test func anOpenNetworkTakesNoGroups() throws {
        let choice = try NetworkChoice(Self.interfaces("0"), try Self.site("lan open 10.0.0.0/24"), field: "items[0]")
        #expect(!choice.attachments[0].takesGroups)
    }

    @Test func aFixedAddressIsOfItsSubnet() throws {
        let site = try Self.site("lan 10.0.0.0/24")
        let choice = try NetworkChoice([.init(index: 0, fixedAddress: "10.0.0.9")], site, field: "items[0]")
        #expect(choice.attachments[0].subnet == "sub-lan")
        let error = #expect(throws: ConnectorError.self) {
            try NetworkChoice([.init(index: 0, fixedAddress: "10.9.0.9")], site, field: "items[0]")
        }
        #expect(error?.message.contains("10.0.0.0/24") == true)
    }

    @Test(arguments: [
        ("0=nowhere", "lan 10.0.0.0/24", "Network with provider_id nowhere not found"),
        ("0=lan 1=lan", "lan 10.0.0.0/24", "Two different networks assigned to the same provider_id"),
        ("0 1", "lan 10.0.0.0/24", "no private network that another does not use already"),
        ("0p", "lan 10.0.0.0/24", "no public network and no pool"),
        ("0p", "ext external 198.51.100.0/24", "no private network that a floating address could lead to"),
        ("0", "ext external 198.51.100.0/24", "no network that a machine can be attached to"),
    ])
    func refused(_ interfaces: String, _ site: String, _ words: String) throws {
        let site = try Self.site(site)
        let error = #expect(throws: ConnectorError.self) {
            try NetworkChoice(Self.interfaces(interfaces), site, field: "items[3]")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.field == "items[3].interfaces")
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
