import Foundation
import Testing

@testable import Jinja

/// Expressions and templates with what real Jinja2 and ansible-core said, from `Vectors/record.py`.
@Suite struct VectorTests {
    struct Case {
        let line: Int
        let kind: String
        let source: String
        let result: String?
        let options: JinjaDict
    }

    struct Vectors {
        let variables: JinjaDict
        let loader: JinjaDict
        let cases: [Case]
    }

    static func load() throws -> Vectors {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/vectors.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let head = try JinjaValue(json: String(lines[0]))
        let cases = try lines.enumerated().dropFirst().map { index, line in
            let value = try JinjaValue(json: String(line))
            return Case(
                line: index + 1, kind: try #require(value["kind"]?.stringValue),
                source: try #require(value["source"]?.stringValue), result: value["result"]?.stringValue,
                options: value["options"]?.dictValue ?? [:])
        }
        return Vectors(
            variables: try #require(head["variables"]?.dictValue), loader: try #require(head["loader"]?.dictValue),
            cases: cases)
    }

    /// Where this engine differs on purpose, with the reason. The test fails when one of them stops to differ.
    static let differences: [String: String] = [
        "ansible {{ (\"a\" if no)|default(\"z\") }}": "an error since 2.19; 2.16 takes the default",
        "ansible {{ range(3) }}": "ansible-core has no type for ranges; here they are lists",
    ]

    static func environment(_ options: JinjaDict, _ loader: JinjaDict) -> JinjaEnvironment {
        var own = JinjaOptions()
        own.trimBlocks = options["trim_blocks"]?.isTrue ?? true
        own.lstripBlocks = options["lstrip_blocks"]?.isTrue ?? false
        own.trailingNewline = options["keep_trailing_newline"]?.isTrue ?? true ? .keep : .strip
        own.printsNoneAsEmpty = false
        own.usesNativeTypes = false
        own.keepsBackslashes = false
        own.dialect = .strict
        return JinjaEnvironment(options: own, loader: { loader[$0]?.stringValue })
    }

    static func run(_ test: Case, _ vectors: Vectors) throws(JinjaError) -> String {
        let environment = environment(test.options, vectors.loader)
        switch test.kind {
        case "expression":
            return try environment.evaluate(expression: test.source, scope: vectors.variables).repr
        case "ansible":
            let ansible = JinjaEnvironment(loader: { vectors.loader[$0]?.stringValue })
            return try ansible.render(test.source, scope: vectors.variables).repr
        default: return try environment.renderText(test.source, scope: vectors.variables)
        }
    }

    @Test func everyVectorIsReproduced() throws {
        let vectors = try Self.load()
        #expect(vectors.cases.count > 3000)
        var wrong: [String] = []
        var seen: Set<String> = []
        for test in vectors.cases {
            let actual: Result<String, JinjaError> = Result { () throws(JinjaError) in try Self.run(test, vectors) }
            let isEqual: Bool
            switch (actual, test.result) {
            case (.success(let text), let expected?): isEqual = text == expected
            case (.failure, nil): isEqual = true
            default: isEqual = false
            }
            // Nothing at all is None in ansible-core 2.19 and the empty text in 2.16, which recipes were written for.
            if test.kind == "ansible", test.result == "None", actual == .success("''") { continue }
            let isKnown = Self.differences["\(test.kind) \(test.source)"] != nil
            if isKnown { seen.insert("\(test.kind) \(test.source)") }
            guard isEqual == isKnown else { continue }
            let shown: String
            switch actual {
            case .success(let text): shown = text
            case .failure(let error): shown = "error: \(error)"
            }
            wrong.append(
                "line \(test.line): \(test.source.debugDescription)\n  expected \((test.result ?? "an error").debugDescription)"
                    + "\n  actual   \(shown.debugDescription)")
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(vectors.cases.count):\n\(wrong.joined(separator: "\n"))")
        #expect(seen == Set(Self.differences.keys))
    }
}
