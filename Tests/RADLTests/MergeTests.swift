import RADL
import Testing

@Suite("Later documents")
struct MergeTests {
    private func stored() throws -> RADLDocument {
        try RADLDocument(
            parsing: """
                description d (name = 'old')
                ansible h (host = '1.1.1.1' and credentials.username = 'u' and credentials.password = 'p')
                network n (outbound = 'yes')
                system a (net_interface.0.connection = 'n' and disk.0.applications contains (name = 'x,1')
                  and disk.0.applications contains (name = 'y'))
                system b (x = 1)
                configure a (\n@begin\n- old: 1\n@end\n)
                contextualize 10 (option o = 1 system a configure a step 1)
                deploy a 1
                deploy b 2
                """)
    }

    @Test func `references are replaced by what is stored`() throws {
        var new = try RADLDocument(parsing: "network n\nsystem a\nconfigure a\ndeploy a 3")
        try new.resolveReferences(in: stored())
        #expect(new.networks[0].isPublic)
        #expect(new.systems[0].interfaces.first?.connection == "n")
        #expect(new.configures[0].recipe == "\n- old: 1\n")
    }

    @Test func `unknown references are all told`() throws {
        var new = try RADLDocument(parsing: "network N\nsystem S\nconfigure C")
        let errors = try #require(throws: RADLErrors.self) { try new.resolveReferences(in: stored()) }
        #expect(
            errors.all.map(\.imText) == [
                "Unknown reference in RADL to <class 'radl.radl.network'> 'N'",
                "Unknown reference in RADL to <class 'radl.radl.system'> 'S'",
                "Unknown reference in RADL to <class 'radl.radl.configure'> 'C'",
            ])
        #expect(errors.all.compactMap { $0.range?.line } == [1, 2, 3])
    }

    @Test func `adding resources`() throws {
        var document = try stored()
        let new = try RADLDocument(
            parsing: """
                description e (name = 'new')
                network n (outbound = 'no')
                network m ()
                system a (x = 2)
                system c
                configure a ()
                configure z (\n@begin\n- z: 1\n@end\n)
                contextualize 5 (option o = 2 system b configure z)
                deploy a 5
                """)
        let warnings = document.update(with: new)
        #expect(warnings.map(\.severity) == [.warning])
        #expect(
            warnings.first?.message == "the infrastructure has a network 'n' already; the new definition is ignored")
        #expect(document.name == "new")
        #expect(document.networks.map(\.id) == ["n", "m"])
        #expect(document.network("n")?.isPublic == true)
        #expect(document.systems.map(\.id) == ["a", "b"])
        #expect(document.system("a")?.features.integer("x") == 2)
        #expect(document.system("a")?.interfaces.isEmpty == true)
        #expect(document.configures.map(\.content) == [.disabled, .recipe("\n- z: 1\n")])
        #expect(document.contextualize?.maximumSeconds == 10)
        #expect(document.contextualize?.items.map(\.configure) == ["a", "z"])
        #expect(document.contextualize?.options.integer("o") == 2)
        #expect(document.deploys == [RADLDeploy(system: "a", count: 5)])
        #expect(document.check().isEmpty)
    }

    @Test func `errors after adding point into the new text only`() throws {
        var document = try stored()
        document.update(with: try RADLDocument(parsing: "\n\ndeploy a 1\ndeploy zz 1"))
        document.systems[0].features.set("spot", to: "maybe")
        let errors = document.check()
        #expect(errors.map { $0.range?.line } == [nil, 4])
        #expect(errors.last?.excerpt?.line == "deploy zz 1")
    }

    @Test func `adding nothing changes nothing`() throws {
        var document = try stored()
        #expect(document.update(with: RADLDocument()).isEmpty)
        #expect(try document == stored())
        document.update(with: try stored())
        #expect(try document == stored())
        document.reconfigure(with: RADLDocument())
        #expect(try document == stored())
    }

    @Test func `reconfiguring takes recipes, credentials and applications only`() throws {
        var document = try stored()
        document.reconfigure(
            with: try RADLDocument(
                parsing: """
                    network other ()
                    system a (cpu.count = 9 and disk.0.os.credentials.new.password = 'Abcdef1!' and
                      disk.0.applications contains (name = 'x,2') and disk.0.applications contains (name = 'z'))
                    configure a (\n@begin\n- new: 1\n@end\n)
                    deploy a 50
                    """))
        let system = try #require(document.system("a"))
        #expect(document.networks.map(\.id) == ["n"])
        #expect(system.features["cpu.count"] == nil)
        #expect(system.newCredentials.password == "Abcdef1!")
        #expect(system.applications.map(\.name) == ["y", "x,2", "z"])
        #expect(document.configure("a")?.recipe == "\n- new: 1\n")
        #expect(document.deploys.map(\.count) == [1, 2])
    }
}

@Suite("Placement")
struct PlacementTests {
    private func system(_ features: String) throws -> RADLSystem {
        try #require(try RADLDocument(parsing: "system a (\(features))").systems.first)
    }

    @Test func `defaults fill what nobody mentions`() throws {
        let plain = try system("").addingDefaults()
        #expect(plain.text() == "system a (\ncpu.count >= 1 and\nmemory.size >= 512M and\ncpu.arch = 'x86_64'\n)\n")
        let asked = try system("cpu.count = 4 and soft 1 (soft 2 (memory.size >= 1G))").addingDefaults(
            RADLDefaults(architecture: "i386"))
        #expect(asked.features.integer("cpu.count") == 4)
        #expect(asked.features["memory.size"] == nil)
        #expect(asked.features.string("cpu.arch") == "i386")
    }

    @Test func `wishes count where they fit, heaviest first`() throws {
        let asked = try system(
            """
            cpu.count >= 1 and memory.size >= 1G and
            soft 10 (memory.size >= 2G) and soft 20 (memory.size >= 8G and zone = 'a') and
            soft 5 (disk.0.os.flavour = 'ubuntu' and soft 3 (disk.0.os.version = '22.04') and soft 4 (x = 1))
            """)
        let (alone, best) = asked.resolving()
        #expect(best == 42)
        #expect(alone.features.bytes("memory.size") == 8_000_000_000)
        #expect(alone.features.softs.isEmpty)

        let offer = try system("memory.size = 4G and disk.0.os.flavour = 'ubuntu' and disk.0.os.version = '20.04'")
        let (there, score) = asked.resolving(with: offer.features)
        #expect(score == 10 + 5 + 4)
        #expect(there.features.interval("memory.size")?.isExact == true)
        #expect(there.features["zone"] == nil)
    }

    @Test func `what the provider has wins over what is asked`() throws {
        let asked = try system("cpu.count >= 4 and disk.0.os.credentials.username = 'root'")
        let offer = try system("cpu.count = 2 and disk.0.os.credentials.username = 'ubuntu'")
        let (there, _) = asked.resolving(with: offer.features)
        #expect(there.features.integer("cpu.count") == 2)
        #expect(there.credentials.username == "ubuntu")
    }

    @Test func `deploys that share a private network go together`() throws {
        let document = try RADLDocument(
            parsing: """
                network public (outbound = 'yes')
                network n1 () network n2 () network n3 ()
                system a (net_interface.0.connection = 'n1' and net_interface.1.connection = 'public')
                system b (net_interface.0.connection = 'n1' and net_interface.1.connection = 'n2')
                system c (net_interface.0.connection = 'n2')
                system d (net_interface.0.connection = 'n3')
                system e (net_interface.0.connection = 'public')
                system f ()
                deploy a 1 deploy d 1 deploy e 5 deploy c 2 ost deploy b 1 deploy f 1 one deploy d 3
                """)
        let groups = document.deployGroups()
        #expect(groups.map { $0.deploys.map(\.system) } == [["a", "c", "b"], ["d", "d"], ["e"], ["f"]])
        #expect(groups.map(\.staysTogether) == [true, true, false, false])
        #expect(try groups.map { try $0.cloud() } == ["ost", nil, nil, "one"])
    }

    @Test func `one group cannot go to two clouds`() throws {
        let document = try RADLDocument(
            parsing: """
                network n ()
                system a (net_interface.0.connection = 'n')
                deploy a 1 one
                deploy a 1 two
                """)
        let error = try #require(throws: RADLError.self) { try document.deployGroups()[0].cloud() }
        #expect(error.imText.hasPrefix("Two deployments that have to be launched in the same cloud provider"))
        #expect(error.range?.line == 4)
    }
}
