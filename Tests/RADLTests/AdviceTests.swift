import RADL
import Testing

@Suite("Advice")
struct AdviceTests {
    @Test(
        arguments: [
            ("memory = 2G", "memory.size"), ("cpu >= 2", "cpu.count"), ("vcpus = 2", "cpu.count"),
            ("cpu_count = 2", "cpu.count"), ("Memory.Size = 2G", "memory.size"),
            ("image.url = 'x'", "disk.0.image.url"),
            ("disk.1.image = 'x'", "disk.1.image.url"), ("disk.2.mount_point = '/x'", "disk.2.mount_path"),
            ("os.flavour = 'x'", "disk.0.os.flavour"), ("username = 'x'", "disk.0.os.credentials.username"),
            ("instance.type = 'x'", "instance_type"), ("flavor = 'x'", "instance_type"),
            ("hostname = 'x'", "net_interface.0.dns_name"), ("net_interface.1 = 'x'", "net_interface.1.connection"),
            ("mine = 1", nil), ("type = 'x'", nil), ("my.own.feature = 1", nil), ("ec3_max_instances_max = 3", nil),
        ] as [(String, String?)])
    func `words of other tools, and beginnings of names, are told`(_ feature: String, _ nearest: String?) throws {
        let document = try RADLDocument(parsing: "system a (\(feature))")
        #expect(document.misspellings().map(\.hint) == (nearest.map { ["did you mean '\($0)'?"] } ?? []))
    }

    @Test func `networks and options, too`() throws {
        let document = try RADLDocument(
            parsing: "network n (ports = '22')\nsystem a ()\ncontextualize (option ansible_versin = '2')")
        #expect(
            document.advice().map(\.description) == [
                """
                radl:1:12: warning: nothing reads 'ports'
                    network n (ports = '22')
                               ^^^^^^^^^^^^
                    did you mean 'outports'?
                """,
                """
                radl:3:16: warning: nothing reads the option 'ansible_versin'
                    contextualize (option ansible_versin = '2')
                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    did you mean 'ansible_version'?
                """,
            ])
    }

    @Test(arguments: [
        ("network n ()\nsystem a (libvirt.firmwre = 'uefi')", "libvirt.firmwre", "did you mean 'libvirt.firmware'?"),
        ("network n (libvirt.forwrad = 'nat')\nsystem a ()", "libvirt.forwrad", "did you mean 'libvirt.forward'?"),
        ("network n (libvirt.firmware = 'uefi')", "libvirt.firmware", "'libvirt.firmware' stands in a system"),
        (
            "system a (libvirt.machine = 'q35')", "libvirt.machine",
            "there is 'libvirt.forward' of a network, 'libvirt.firmware' of a system"
        ),
    ])
    func `features of libvirt that it has not are told`(_ text: String, _ name: String, _ hint: String) throws {
        let advice = try RADLDocument(parsing: text).advice()
        #expect(advice.map(\.message) == ["nothing reads '\(name)'"])
        #expect(advice.map(\.hint) == [hint])
    }

    @Test(arguments: [
        ("system a (libvirt.firmware = 'uefii')", "'libvirt.firmware' cannot be 'uefii'", "did you mean 'uefi'?"),
        ("network n (libvirt.forward = 'route')", "'libvirt.forward' cannot be 'route'", "write one of 'nat', 'none'"),
    ])
    func `values that libvirt's features cannot have are refused`(
        _ text: String, _ message: String, _ hint: String
    ) throws {
        let errors = try RADLDocument(parsing: text).check()
        #expect(errors.map(\.message) == [message])
        #expect(errors.map(\.hint) == [hint])
    }

    @Test(
        arguments: [
            (
                "create = 'yes' and provider_id = 'lab'",
                "network 'n' is not made: provider_id names 'lab', which is taken"
            ),
            (
                "create = 'yes' and outbound = 'yes'",
                "network 'n' is not made: machines with public addresses (outbound = 'yes') are on networks that are there"
            ),
            ("create = 'no' and provider_id = 'lab'", nil), ("create = 'yes'", nil), ("provider_id = 'lab'", nil),
        ] as [(String, String?)])
    func `a network that is not made although it says so is told`(_ features: String, _ message: String?) throws {
        let advice = try RADLDocument(parsing: "network n (\(features))").advice()
        #expect(advice.map(\.message) == [message].compactMap { $0 })
    }

    private static func recipe(_ id: String, _ text: String = "- tasks: []") -> String {
        "configure \(id) (\n@begin\n\(text)\n@end\n)\n"
    }

    @Test(
        arguments: [
            (recipe("wbe") + "system web ()", ["nothing runs the recipe 'wbe': there is no such system"]),
            (
                recipe("other") + "system web ()\ndeploy web 1",
                ["nothing runs the recipe 'other': there is no such system"]
            ),
            // A part of a cluster.
            (recipe("other") + "system web ()", []), (recipe("web"), []), (recipe("web") + "system web", []),
            (recipe("wbe") + "system web ()\ncontextualize ()", []),
            (recipe("wbe") + "system web ()\ninclude x", []),
            ("configure wbe ()\nsystem web ()\ndeploy web 1", []),
            (
                recipe("web") + recipe("x") + "system web ()\ncontextualize (system web configure x)",
                ["nothing runs the recipe 'web': contextualize does not list it"]
            ),
            (recipe("wbe") + recipe("web", "- tasks: [{include: wbe.yml}]") + "system web ()\ndeploy web 1", []),
        ])
    func `recipes that nothing runs are told`(_ text: String, _ messages: [String]) throws {
        let advice = try RADLDocument(parsing: text).advice()
        #expect(advice.map(\.message) == messages)
        #expect(advice.allSatisfy { $0.code == .unused && $0.severity == .warning && $0.hint != nil })
    }

    @Test func `hints of unused recipes`() throws {
        let text = Self.recipe("wbe") + "system web ()\nsystem db ()"
        #expect(try RADLDocument(parsing: text).advice().map(\.hint) == ["did you mean 'web'?"])
        let listed = Self.recipe("db") + Self.recipe("x") + "system db ()\ncontextualize (system db configure x)"
        #expect(
            try RADLDocument(parsing: listed).advice().map(\.hint) == [
                "add to contextualize: system db configure db"
            ])
    }

    @Test(arguments: [("7", true), ("12", true), ("1000", true), ("6", false), ("1", false)])
    func `a drawn password is as strong as it has to be`(_ length: String, _ isStrong: Bool) throws {
        for _ in 0..<20 {
            let text = "system a (disk.0.os.credentials.new.password = 'random(\(length))')"
            let document = try RADLDocument(parsing: text)
            #expect(document.systems[0].newCredentials.password?.count == Int(length))
            let errors = document.check()
            #expect(errors.map(\.hint) == (isStrong ? [] : ["write 'random(7)' or more"]))
            // Also where it has been written down.
            #expect(try RADLDocument(parsing: document.text()).check().isEmpty == isStrong)
        }
    }

    @Test(arguments: [("x = 1e3", "e3"), ("x >= 0x10", "x10"), ("x = 1.2.3", ".3"), ("price <= 1e3", nil)])
    func `exponents are no units`(_ feature: String, _ unit: String?) throws {
        let document = try RADLDocument(parsing: "system a (\(feature) and y = 5zz)")
        #expect(
            document.advice().map(\.message)
                == (unit.map { ["'\($0)' is taken for a unit, which changes nothing"] } ?? []))
        // What has a unit of its own refuses others.
        #expect(document.check().count == (unit == nil ? 1 : 0))
    }

    @Test func `JSON that would have drawn in the text form is warned of`() throws {
        let json = #"[{"class":"system","id":"a","disk.0.os.credentials.new.password":"Arandom(12)","x":"random(12)"}]"#
        let advice = try RADLDocument(parsingJSON: json).advice()
        #expect(advice.map(\.message) == ["system 'a': 'x' is the text 'random(12)' itself: JSON draws nothing"])
        #expect(advice.first?.range?.column == 84)
        #expect(try RADLDocument(parsing: "system a (x = 'random(12)'\\ and y = 'random(12)')").advice().isEmpty)
    }

    @Test(
        arguments: [
            ("memory.size >= 9000000000T", "is larger than any size"),
            ("disk.0.size = 9223372036854775807", "is larger"),
            ("memory.size >= 8000000TiB", nil),
        ] as [(String, String?)])
    func `sizes that nobody counts are refused`(_ feature: String, _ message: String?) throws {
        let errors = try RADLDocument(parsing: "system a (\(feature))").check()
        #expect(errors.count == (message == nil ? 0 : 1))
        #expect(errors.allSatisfy { $0.message.contains(message ?? "") && $0.range != nil })
    }

    @Test func `an indented end within a recipe is told`() {
        let text =
            "system a ()\nconfigure a (\n@begin\n- tasks: []\n  @end\n)\nconfigure b (\n@begin\n- tasks: []\n@end\n)"
        let reading = RADLDocument.read(RADLSource(text: text))
        #expect(reading.errors.isEmpty)
        #expect(
            reading.warnings.map { "\($0.range?.line ?? 0): \($0.message)" } == [
                "5: this @end is indented, so it belongs to the recipe of 'a'"
            ])
    }
}
