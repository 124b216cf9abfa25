import RADL
import Testing

@Suite("Difference of two documents")
struct DifferenceTests {
    static let before = """
        description d (name = 'cluster')
        network public (outbound = 'yes' and outports = '22')
        network old ()
        system front (
          cpu.count >= 1 and memory.size >= 1000M and vault.password = 'marker' and
          disk.0.applications contains (name = 'nfs' and version = '1') and
          disk.0.applications contains (name = 'gone') and
          soft 10 (cpu.count >= 4)
        )
        system wn (cpu.count = 1)
        configure front (
        @begin
        - tasks:
          - one: 1
          - password: marker
        @end
        )
        contextualize 100 (system front configure front step 1)
        deploy front 1
        deploy wn 2 ost1
        deploy wn 1
        """

    static let after = """
        description other (name = 'cluster')
        deploy front 1
        deploy wn 5 ost1
        network public (outports = '22,80' and outbound = 'yes')
        network new ()
        system wn
        system front (
          memory.size >= 1G and cpu.count >= 2 and vault.password = 'marker2' and
          disk.0.applications contains (name = 'nfs' and version = '2') and
          disk.0.applications contains (name = 'added') and
          soft 10 (cpu.count >= 8)
        )
        configure front (
        @begin

        - tasks:
          - one: 2
          - token: marker
        @end
        )
        contextualize 200 (system front configure front step 2)
        """

    @Test func `tells what is added, removed and changed`() throws {
        let difference = RADLDifference(
            from: try RADLDocument(parsing: Self.before), to: try RADLDocument(parsing: Self.after))
        let lines = difference.entries.flatMap { entry in
            ["\(entry.change.rawValue) \(entry.kind.rawValue) \(entry.id)"]
                + entry.details.map { "  \($0.name): \($0.before ?? "nothing") to \($0.after ?? "nothing")" }
        }
        #expect(
            lines == [
                "changed network public", "  outports: '22' to '22,80'", "added network new", "removed network old",
                "changed system wn", "  definition: here to elsewhere, this is a reference",
                "changed system front", "  cpu.count: >= 1 to >= 2", "  vault.password: '***' to '***'",
                "  disk.0.applications 'nfs': (version = '1') to (version = '2')",
                "  disk.0.applications 'added': nothing to ()", "  soft 10: (cpu.count = >= 4) to (cpu.count = >= 8)",
                "  disk.0.applications 'gone': () to nothing", "changed configure front",
                "  recipe from line 2:   - one: 1\n*** to   - one: 2\n***", "changed contextualize ",
                "  time: 100 s to 200 s", "  system front configure front: step 1 to step 2",
                "changed deploy wn on ost1", "  machines: 2 to 5", "removed deploy wn", "  machines: 1 to nothing",
            ])
        #expect(difference.machines.map { "\($0.system) \($0.before) \($0.after)" } == ["front 1 1", "wn 3 5"])
        #expect(difference.entries.first?.source?.line == 4)
        #expect(!"\(difference.entries.map(\.details))".contains("marker"))
    }

    @Test(arguments: [
        ("system a (memory.size = 1G)", "system a (memory.size = 1000M)"),
        ("system a (x = 1 and y = 2)", "system a (y = 2 and x = 1)"),
        ("system a () network n ()", "network n () system a ()"),
        ("system a () deploy a 1 deploy a 1", "system a () deploy a 2"),
        ("configure c (\n@begin\nx: 1\n@end\n)", "configure c (\n@begin\n\nx: 1\n\n@end\n)"),
        ("system a (x = 'random(5)')", "system a (x = 'random(5)')"), ("system a", "system a"),
        ("system a (x = 'aB3-5')", "system a (x = 'random(5)')"),
    ])
    func `what asks for the same does not differ`(_ one: String, _ other: String) throws {
        #expect(RADLDifference(from: try RADLDocument(parsing: one), to: try RADLDocument(parsing: other)).isEmpty)
    }

    @Test(
        arguments: [
            ("system a (x = 1)", "system a", ["definition: here to elsewhere, this is a reference"]),
            (
                "network a", "network a (x = 1)",
                [
                    "definition: elsewhere, this is a reference to here", "x: nothing to 1",
                ]
            ),
            ("configure a ()", "configure a", ["recipe: none: the system is not contextualized to defined elsewhere"]),
            ("system a (x = 'random(5)')", "system a (x = 'random(6)')", ["x: 'random(5)' to 'random(6)'"]),
            ("system a (x = 'short')", "system a (x = 'random(6)')", ["x: 'short' to 'random(6)'"]),
            (
                "system a (environment.variables = 'A=1,DB_PASSWORD=marker,B=2' and u = 'https://me:marker@h/p')",
                "system a (environment.variables = ['A=2', 'TOKEN: marker'] and u = 'x')",
                [
                    "environment.variables: 'A=1,DB_PASSWORD=***,B=2' to ['A=2', 'TOKEN: ***']",
                    "u: 'https://me:***@h/p' to 'x'",
                ]
            ),
        ] as [(String, String, [String])])
    func `says what differs, without secrets`(_ one: String, _ other: String, _ lines: [String]) throws {
        let difference = RADLDifference(
            from: try RADLDocument(parsing: one), to: try RADLDocument(parsing: other))
        #expect(
            difference.entries.flatMap(\.details).map {
                "\($0.name): \($0.before ?? "nothing") to \($0.after ?? "nothing")"
            } == lines)
    }

    @Test func `what was drawn stays, and is never written down`() throws {
        let text = """
            system a (x = 'random(9)' and disk.0.os.credentials.new.password = 'random(12)' and
              c contains (name = 'n' and y = 'random(3)') and soft 1 (z = 'random(4)'))
            """
        let stored = try RADLDocument(parsing: text)
        var again = try RADLDocument(parsing: text)
        #expect(again != stored)
        again.keepDrawn(from: try RADLDocument(parsing: stored.text()))
        #expect(again == stored)
        let undrawn = again.undrawn.text()
        #expect(undrawn.contains("x = 'random(9)'") && undrawn.contains("z = 'random(4)'"), "\(undrawn)")
        #expect(undrawn.contains("y = 'random(3)'") && undrawn.contains("password = 'random(12)'"), "\(undrawn)")
        // Another length was not drawn by this.
        var longer = try RADLDocument(parsing: "system a (x = 'random(10)')")
        longer.keepDrawn(from: stored)
        #expect(longer.systems[0].features.string("x")?.count == 10)
    }

    @Test func `large documents take linear time`() throws {
        let document = try RADLDocument(parsing: HostileTests.large(2_000))
        var changed = document
        changed.systems[7].features.set("cpu.count", to: 9)
        let clock = ContinuousClock()
        var difference: RADLDifference?
        #expect(clock.measure { difference = RADLDifference(from: document, to: changed) } < .seconds(20))
        #expect(difference?.entries.map(\.id) == ["node7"])
    }
}
