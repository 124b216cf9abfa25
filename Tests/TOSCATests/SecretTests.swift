import RADL
import Testing

@testable import TOSCA

/// What is secret by its name is in no message.
@Suite struct SecretTests {
    private static let text = template(
        """
        topology_template:
          inputs:
            db_password: { type: string, default: SECRET1, constraints: [ { max_length: 3 } ] }
            token: { type: integer, default: SECRET2 }
            api-key: { type: string, default: SECRET3 }
            plain: { type: string, default: SHOWN }
          node_templates:
            a:
              type: tosca.nodes.indigo.Compute
              capabilities:
                os: { properties: { credential: { user: u, token: { get_input: api-key }, token_type: password } } }
                host: { properties: { num_cpus: { get_input: api-key }, num_gpus: { concat: [ x, { get_input: api-key } ] } } }
                scalable: { properties: { count: { token: [ { get_input: api-key }, 'x', 0 ] } } }
            b:
              type: tosca.nodes.indigo.Compute
              capabilities: { host: { properties: { num_cpus: { get_input: plain } } } }
            d: { type: tosca.nodes.DBMS, properties: { root_password: [ SECRET4 ], port: 5 }, requirements: [ { host: a } ] }
            e: { type: tosca.nodes.DBMS, properties: { root_password: { SECRET5: 1 }, port: x }, requirements: [ { host: b } ] }

        """)

    @Test func noMessageHoldsOne() async throws {
        let found = await everything(Self.text)
        #expect(found.count >= 5)
        for diagnostic in found { #expect(!"\(diagnostic)".contains("SECRET"), "\(diagnostic)") }
    }

    @Test func whatInputsGiveIsHiddenWhereItIsUsed() async throws {
        let text = Self.text.replacing("default: SECRET1", with: "default: abc").replacing("SECRET2", with: "2")
            .replacing("[ SECRET4 ]", with: "y").replacing("{ SECRET5: 1 }", with: "y").replacing(
                "port: x", with: "port: 6")
        for value in [TOSCAValue("SECRET6"), nil] {
            let found = await everything(text, inputs: value.map { ["api-key": $0] } ?? [:])
            let errors = found.filter { $0.severity == .error }
            #expect(errors.count == 4)
            #expect(errors.count { $0.message.contains("not shown") } == 3)
            #expect(errors.contains { $0.message.contains("SHOWN") })
            for diagnostic in found { #expect(!"\(diagnostic)".contains("SECRET"), "\(diagnostic)") }
        }
    }

    @Test func valuesOfTheRequestAreHidden() async throws {
        let text = Self.text.replacing("default: SECRET2", with: "required: false")
        let found = await everything(
            text, inputs: ["token": TOSCAValue("SECRET7"), "db_password": TOSCAValue("SECRET8")])
        for diagnostic in found { #expect(!"\(diagnostic)".contains("SECRET"), "\(diagnostic)") }
    }

    @Test func noneIsInATextThatWasMadeOfIt() async {
        let text = template(
            """
            topology_template:
              inputs: { my_token: { type: string, default: a-SECRET-b } }
              node_templates:
                a: { type: tosca.nodes.indigo.Compute }
              policies:
                - p: { type: tosca.policies.indigo.Placement, properties: { cloud_id: { concat: [ 'x ', { get_input: my_token } ] } }, targets: [ a ] }

            """)
        let found = await everything(text)
        #expect(found.count == 1 && !"\(found)".contains("SECRET"), "\(found)")
    }

    @Test func linesAreShownUpToASecret() {
        func excerpt(_ line: String, column: Int, path: String = "topology_template.node_templates.a") -> String? {
            TOSCADiagnostic(
                code: .type, severity: .error, message: "", expected: nil, nearest: nil, file: nil, line: 1,
                column: column, path: path
            ).excerpt(of: line)
        }
        #expect(excerpt("a: {cpus: x, password: SECRET}", column: 4) == "a: {cpus: x, password: …")
        #expect(excerpt("a: {'password': SECRET, cpus: x}", column: 25) == nil)
        #expect(excerpt("    default: SECRET", column: 14, path: "topology_template.inputs.admin_token.default") == nil)
        #expect(excerpt("    password:  # a comment", column: 5) == "    password:  # a comment")
        #expect(excerpt("token_type: password", column: 1) == "token_type: password")
    }
}

/// All that is found in a text, also where it is taken.
func everything(_ text: String, inputs: [String: TOSCAValue] = [:]) async -> [TOSCADiagnostic] {
    do {
        return try await translate(text, inputs: inputs).warnings
    } catch let errors as TOSCAErrors {
        return errors.diagnostics
    } catch {
        return []
    }
}
