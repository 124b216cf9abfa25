import Foundation
import Jinja
import Testing

@testable import Recipes

/// YAML and `k=v` texts with what PyYAML and ansible-core made of them, from `Vectors/record.py`.
@Suite struct VectorTests {
    /// Where this reader differs on purpose, with the reason. The test fails when one of them stops to differ.
    static let differences: [String: String] = [
        "v: 2001-13-01\n": "no date, but a good text", "[2001-13-01]\n": "no date, but a good text",
        "v: =\n": "PyYAML knows the type and cannot make it", "[=]\n": "PyYAML knows the type and cannot make it",
        "v: <<\n": "a merge key as a value is text", "[<<]\n": "a merge key as a value is text",
        "  a=1   b=2  ": "a space is no parameter",
    ]

    static func run(kind: String, source: String, inventory: String?) throws -> String {
        switch kind {
        case "yaml": return try RecipeYAML.value(source).repr
        case "inventory":
            let inventory = try Inventory.parse(source, name: "inventory")
            var result = JinjaDict()
            for host in inventory.hosts.map(\.name).sorted() {
                let variables = inventory.variables(ofHost: host).sorted { $0.key.text < $1.key.text }
                result[host] = [
                    .list(inventory.groupNames(ofHost: host).map(JinjaValue.string)),
                    .dict(JinjaDict(variables.map { ($0.key, $0.value) })),
                ]
            }
            return JinjaValue.dict(result).repr
        case "pattern":
            let inventory = try Inventory.parse(inventory ?? "", name: "inventory")
            return JinjaValue.list(try HostPattern(source).hosts(in: inventory).map(JinjaValue.string)).repr
        default:
            let options = kind == "command" ? Keywords.freeFormOptions : nil
            let parsed = try FreeForm.parse(source, options: options)
            var dict = JinjaDict()
            for (name, value) in parsed.parameters { dict[name] = .string(value) }
            if let text = parsed.text { dict["_raw_params"] = .string(text) }
            return JinjaValue.dict(dict).repr
        }
    }

    @Test func everyVectorIsReproduced() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/vectors.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count > 400)
        var wrong: [String] = []
        for (index, line) in lines.enumerated() {
            let value = try JinjaValue(json: String(line))
            let kind = try #require(value["kind"]?.stringValue)
            let source = try #require(value["source"]?.stringValue)
            let expected = value["result"]?.stringValue
            let actual = Result { try Self.run(kind: kind, source: source, inventory: value["inventory"]?.stringValue) }
            let isEqual: Bool
            switch (actual, expected) {
            case (.success(let text), let expected?): isEqual = text == expected
            case (.failure, nil): isEqual = true
            default: isEqual = false
            }
            guard isEqual == (Self.differences[source] != nil) else { continue }
            wrong.append(
                "line \(index + 1): \(kind) \(source.debugDescription)\n  expected \((expected ?? "an error").debugDescription)"
                    + "\n  actual   \(String(describing: actual))")
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(lines.count):\n\(wrong.joined(separator: "\n"))")
    }
}
