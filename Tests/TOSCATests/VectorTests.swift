import RADL
import TOSCA
import Testing

/// What IM's translator answers to short templates.
@Suite struct VectorTests {
    /// Vectors where this module answers otherwise on purpose, with what it answers.
    private static let improved: [String: String] = [
        "plain Compute; note that cpu_frequency makes the RADL invalid": "the frequency is a number of hertz",
        "local storage without an image": "disk 0 has its operating system, so that the document is valid",
        "scalable {default_instances: 4}": "default_instances works alone",
        "shell implementation of two lines": "scripts of any text work",
        "comparison operators in a typed property": "comparisons work",
    ]

    @Test func vectorsAreThere() {
        #expect(Vector.all.count == 38)
        #expect(Self.improved.keys.allSatisfy { name in Vector.all.contains { $0.name == name } })
    }

    @Test(arguments: Vector.all.filter { improved[$0.name] == nil })
    func answersAsIM(_ vector: Vector) async throws {
        guard let expected = vector.radl else {
            #expect(await !errors(vector.template).isEmpty)
            return
        }
        let document = try await translate(vector.template).document
        #expect(document.comparable == (try RADLDocument(parsing: expected).comparable))
        #expect(document.check().isEmpty, "the document is valid")
    }

    @Test(arguments: Vector.all.filter { improved[$0.name] != nil })
    func improvesOnIM(_ vector: Vector) async throws {
        let document = try await translate(vector.template).document
        #expect(document.check().isEmpty, "the document is valid")
    }
}
