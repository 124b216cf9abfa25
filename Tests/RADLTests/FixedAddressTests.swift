import RADL
import Testing

@Suite("Fixed addresses in networks that are made")
struct FixedAddressTests {
    private static func told(_ network: String, _ systems: String) throws -> [String] {
        try RADLDocument(parsing: "network back (\(network))\nnetwork front ()\n\(systems)").check().map { error in
            "\(error.message); \(error.hint ?? "")"
        }
    }

    private static func system(_ id: String, _ address: String, network: String = "back") -> String {
        "system \(id) (net_interface.0.connection = '\(network)' and net_interface.0.ip = '\(address)')\n"
    }

    @Test(arguments: [
        ("10.1.0.0/24", "10.2.0.5", "is not in network 'back', which has 10.1.0.0/24", "10.1.0.2", "10.1.0.254"),
        ("10.1.0.0/24", "10.1.0.0", "is the address of network 'back' (10.1.0.0/24) itself", "10.1.0.2", "10.1.0.254"),
        ("10.1.0.0/24", "10.1.0.1", "is that of the gateway of network 'back' (10.1.0.0/24)", "10.1.0.2", "10.1.0.254"),
        (
            "10.1.0.0/24", "10.1.0.255", "is the broadcast address of network 'back' (10.1.0.0/24)", "10.1.0.2",
            "10.1.0.254"
        ),
        ("10.1.0.64/26", "10.1.0.130", "is not in network 'back', which has 10.1.0.64/26", "10.1.0.66", "10.1.0.126"),
        ("10.0.*.0/24", "10.1.3.7", "is not in network 'back', which has 10.0.*.0/24", "10.0.*.2", "10.0.*.254"),
        ("10.0.*.0/24", "10.0.3.1", "is that of the gateway of network 'back' (10.0.*.0/24)", "10.0.*.2", "10.0.*.254"),
    ])
    func `one that no machine can have is refused with those that it can`(
        _ range: String, _ address: String, _ problem: String, _ first: String, _ last: String
    ) throws {
        let told = try Self.told("create = 'yes' and cidr = '\(range)'", Self.system("web", address))
        #expect(
            told == [
                "'net_interface.0.ip' of system 'web': \(address) \(problem); write one from \(first) to \(last)"
            ])
    }

    @Test(arguments: [
        ("create = 'yes' and cidr = '10.1.0.0/24'", "10.1.0.2"), ("create = 'yes' and cidr = '10.1.0.0/24'", "fd00::5"),
        ("create = 'yes' and cidr = '10.0.*.0/24'", "10.0.77.3"), ("create = 'yes'", "192.0.2.7"),
        ("create = 'yes' and cidr = '10.1.0.0/16'", "10.1.1.0"), ("create = 'yes' and cidr = 'x'", "192.0.2.7"),
        ("provider_id = 'lab' and create = 'yes' and cidr = '10.1.0.0/24'", "192.0.2.7"),
        ("outbound = 'yes' and create = 'yes' and cidr = '10.1.0.0/24'", "192.0.2.7"), ("", "192.0.2.7"),
    ])
    func `one that may be is not`(_ network: String, _ address: String) throws {
        #expect(try Self.told(network, Self.system("web", address) + "deploy web 1") == [])
    }

    @Test func `the same address twice is refused, each system once`() throws {
        let network = "create = 'yes' and cidr = '10.1.0.0/24'"
        let two = Self.system("web", "10.1.0.5") + Self.system("db", "10.1.0.5")
        #expect(
            try Self.told(network, two + "deploy web 1\ndeploy db 1") == [
                "'net_interface.0.ip' of system 'db': 10.1.0.5 is that of system 'web' in network 'back', too; give each "
                    + "interface an address of its own"
            ])
        // Only one of them is made, they are in different networks, or at different clouds.
        #expect(try Self.told(network, two + "deploy web 1") == [])
        let apart = Self.system("web", "10.1.0.5") + Self.system("db", "10.1.0.5", network: "front")
        #expect(try Self.told(network, apart + "deploy web 1\ndeploy db 1") == [])
        #expect(try Self.told(network, two + "deploy web 1 here\ndeploy db 1 there") == [])
    }

    @Test func `several machines of one system cannot share an address`() throws {
        let told = try Self.told("create = 'yes'", Self.system("web", "10.1.0.5") + "deploy web 1\ndeploy web 2")
        #expect(
            told == [
                "'net_interface.0.ip' of system 'web': 10.1.0.5 would be that of all 3 machines that are deployed of it in "
                    + "network 'back'; make a system for each machine, or leave the address out: each gets one"
            ])
    }

    @Test func `it is told where it stands`() throws {
        let document = try RADLDocument(
            parsing: """
                network back (create = 'yes' and cidr = '10.1.0.0/24')
                system web (
                  net_interface.0.connection = 'back' and
                  net_interface.0.ip = '10.1.0.1'
                )
                """)
        #expect(document.check().map { "\($0.range?.line ?? 0):\($0.range?.column ?? 0)" } == ["4:24"])
    }
}
