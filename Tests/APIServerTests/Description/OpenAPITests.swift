import ConnectorAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// The description of the REST interface. That all answers of other tests are as described is checked where they are read
/// (``CheckedClient``).
@Suite struct OpenAPITests {
    private static let methods: Set<String> = ["get", "put", "post", "delete"]

    /// Path, method and description of every operation.
    private static func operations(_ document: JSONValue) throws -> [(String, String, JSONValue)] {
        guard case .object(let paths)? = document["paths"] else { throw Missing() }
        return paths.flatMap { path, item -> [(String, String, JSONValue)] in
            guard case .object(let members) = item else { return [] }
            return members.map { (path, $0.key, $0.value) }
        }
    }

    private struct Missing: Error {}

    private static func document(_ client: any TestClientProtocol) async throws -> JSONValue {
        let text = try await Served.ask(client, .get, "/openapi.json", Served.headers(nil)).text
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    // MARK: The document

    @Test func everythingInItLeadsSomewhere() async throws {
        try await Served.serve { client in
            let document = try await Self.document(client)
            #expect(document["openapi"] == "3.1.0")
            let checker = SchemaChecker(document: document)
            func walk(_ value: JSONValue, _ place: String) {
                #expect(checker.resolve(value) != nil, "\(place)")
                switch value {
                case .object(let members): for (name, member) in members { walk(member, "\(place)/\(name)") }
                case .array(let elements): for element in elements { walk(element, place) }
                default: break
                }
            }
            walk(document, "#")
        }
    }

    @Test func everyOperationIsWhole() async throws {
        try await Served.serve { client in
            let document = try await Self.document(client)
            let checker = SchemaChecker(document: document)
            let operations = try Self.operations(document)
            #expect(operations.count == 37, "\(operations.count)")
            let names = operations.compactMap { $0.2["operationId"]?.stringValue }
            #expect(names.count == operations.count && Set(names).count == names.count)
            for (path, method, operation) in operations {
                let place = "\(method) \(path)"
                #expect(Self.methods.contains(method), "\(place)")
                #expect(operation["summary"]?.stringValue?.isEmpty == false, "\(place)")
                var parameters: [JSONValue] = []
                if case .array(let list)? = operation["parameters"] { parameters = list.compactMap(checker.resolve) }
                let inPath = parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue }
                let inTemplate = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                    String($0.dropFirst().dropLast())
                }
                #expect(inPath == inTemplate, "\(place)")
                for parameter in parameters { #expect(parameter["schema"] != nil, "\(place)") }
                guard case .object(let answers)? = operation["responses"] else {
                    Issue.record("\(place) has no answers")
                    continue
                }
                for (status, answer) in answers {
                    guard case .object(let contents)? = checker.resolve(answer)?["content"] else {
                        Issue.record("\(place): \(status) has no content")
                        continue
                    }
                    #expect(!contents.isEmpty && contents.values.allSatisfy { $0["schema"] != nil }, "\(place)")
                }
                let isOpen = operation["security"] == .array([])
                #expect((answers["401"] == nil) == isOpen, "\(place)")
            }
        }
    }

    /// What is described is served, and what is served on a described path is described.
    @Test func itIsWhatIsServed() async throws {
        try await Served.serve { client in
            let operations = try Self.operations(try await Self.document(client))
            for (path, group) in Dictionary(grouping: operations, by: \.0) {
                let concrete = path.replacing("{", with: "a").replacing("}", with: "")
                let options = try await Served.ask(client, .options, concrete, Served.headers(nil))
                let allowed = Set((options.headers[.allow] ?? "").split(separator: ", ").map { $0.lowercased() })
                let described = Set(group.map(\.1))
                // On a path with open parts others are served, too.
                #expect(allowed.subtracting(["head"]).isSuperset(of: described), "\(path)")
                if !path.hasSuffix("}") {
                    #expect(allowed == described.union(described.contains("get") ? ["head"] : []), "\(path)")
                }
                for (_, name, operation) in group {
                    let method = try #require(HTTPRequest.Method(rawValue: name.uppercased()))
                    let answer = try await Served.ask(client, method, concrete, Served.headers(nil))
                    let expected = operation["security"] == .array([]) ? [200] : [400, 401]
                    #expect(expected.contains(answer.status.code), "\(name) \(path): \(answer.status)")
                }
            }
        }
    }

    @Test func theCheckerSeesWhatIsWrong() throws {
        let text = #"""
            {"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema":
            {"type": "object", "required": ["n"], "additionalProperties": false,
             "properties": {"n": {"type": "integer", "minimum": 1}, "s": {"enum": ["x"]}}}}}}}}}}}
            """#
        let checker = try AnswerChecker(text)
        func problems(_ method: HTTPRequest.Method, _ path: String, _ status: Int, _ body: String) -> [String] {
            checker.problems(
                method, path,
                Served.Answer(
                    status: .init(code: status), text: body, headers: [.contentType: "application/json"]))
        }
        #expect(problems(.get, "/a?x=1", 200, #"{"n": 1, "s": "x"}"#).isEmpty)
        for body in [#"{"n": 0}"#, #"{"n": "1"}"#, #"{}"#, #"{"n": 1, "s": "y"}"#, #"{"n": 1, "t": 1}"#, "[", "[]"] {
            #expect(!problems(.get, "/a", 200, body).isEmpty, "\(body)")
        }
        #expect(!problems(.get, "/a", 201, #"{"n": 1}"#).isEmpty)
        #expect(!problems(.post, "/a", 200, #"{"n": 1}"#).isEmpty)
        #expect(!problems(.get, "/b", 200, #"{"n": 1}"#).isEmpty)
    }

    // MARK: Pages

    @Test(arguments: ["/", "/docs"])
    func thePageNeedsNothingElse(_ path: String) async throws {
        try await Served.serve { client in
            let page = try await Served.ask(client, .get, path, Served.headers(nil, accept: "text/html,*/*"))
            #expect(page.status == .ok)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
            for word in ["<script", "src=", "@import", "url("] { #expect(!page.text.contains(word), "\(word)") }
            // The one address is that of the document.
            let links = page.text.split(separator: "href=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
            #expect(links.allSatisfy { $0.hasPrefix("#") || $0 == "/openapi.json" })
            for (_, _, operation) in try Self.operations(try await Self.document(client)) {
                let name = try #require(operation["operationId"]?.stringValue)
                #expect(page.text.contains("<article id=\"\(name)\">") && links.contains("#\(name)"), "\(name)")
            }
        }
    }

    @Test func programsGetTheDocumentAtTheRoot() async throws {
        try await Served.serve { client in
            let root = try await Served.ask(client, .get, "/", Served.headers(nil, accept: "application/json"))
            #expect(root.headers[.contentType] == "application/json")
            #expect(try await Served.ask(client, .get, "/openapi.json", Served.headers(nil)).text == root.text)
        }
    }
}
