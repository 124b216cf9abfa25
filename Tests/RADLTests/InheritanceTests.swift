import RADL
import Testing

@Suite("Inheritance in checks and explanations")
struct InheritanceTests {
    @Test(
        arguments: [
            (
                "system a (ec3_inherit_from = system b and disk.1.size=10GB)\nsystem b (disk.0.image.url='dummy://x/1')",
                []
            ),
            (
                "system a (ec3_inherit_from = system b and net_interface.1.connection = 'n')\n"
                    + "system b (net_interface.0.connection = 'n')\nnetwork n ()", []
            ), ("system a (ec3_inherit_from = system a)", ["1:11: systems inherit from each other in a circle"]),
            (
                "system a (ec3_inherit_from = system b)\nsystem b (ec3_inherit_from = system a)",
                ["1:11: systems inherit from each other in a circle"]
            ), ("system a (ec3_inherit_from = system c)", ["1:11: there is no system 'c' to inherit from"]),
            ("network b ()\nsystem a (ec3_inherit_from = network b)", ["2:11: a system cannot inherit from a network"]),
            (
                "network a (ec3_inherit_from = network b)\nnetwork b (ec3_inherit_from = network a)",
                ["1:12: networks inherit from each other in a circle"]
            ),
            (
                "system a (ec3_inherit_from = system b)\nsystem b (cpu.count = 'x' and memory.size = 512)",
                ["2:23: 'cpu.count' has to be a number", "2:45: 'memory.size' is 512 bytes"]
            ),
            (
                "system a (ec3_inherit_from = system b and disk.0.size = 'x')\nsystem b (disk.2.size = 1G)",
                [
                    "1:57: 'disk.0.size' has to be a number", "2:11: system 'a' has disk.2 but no disk.1",
                ]
            ),
        ] as [(String, [String])])
    func `a check looks at what is carried out`(_ text: String, _ findings: [String]) {
        let analysis = RADLDocument.analyze(RADLSource(text: text))
        let found = analysis.diagnostics.map { "\($0.range?.line ?? 0):\($0.range?.column ?? 0): \($0.message)" }
        #expect(found == findings)
    }

    @Test func `an explanation says what is inherited`() throws {
        let document = try RADLDocument(
            parsing: """
                network n (outbound = 'yes')
                system b (memory.size >= 2GB and cpu.count >= 2 and disk.0.image.url = 'dummy://x/1' and
                  net_interface.0.connection = 'n')
                system a (ec3_inherit_from = system b and cpu.count >= 4)
                deploy a 2
                """)
        let machines = try #require(RADLExplanation(document).machines.first)
        #expect(machines.memory == "at least 2 GB")
        #expect(machines.processors == "4 or more")
        #expect(machines.images == ["dummy://x/1"])
        #expect(machines.networks == ["n"])
    }
}
