import Foundation
import Testing

@testable import Jinja

/// The templates of Jinja2's own test suite, with what real Jinja2 made of them, from `Vectors/suite.py`.
@Suite struct SuiteTests {
    struct Case {
        let test: String
        let source: String
        let isExpression: Bool
        let result: String?
        let options: JinjaDict
        let variables: JinjaDict
        let loader: JinjaDict

        init(_ value: JinjaValue) throws {
            test = try #require(value["test"]?.stringValue)
            source = try #require(value["source"]?.stringValue)
            isExpression = value["kind"] == "expression"
            result = value["result"]?.stringValue
            options = value["options"]?.dictValue ?? [:]
            variables = value["variables"]?.dictValue ?? [:]
            loader = value["loader"]?.dictValue ?? [:]
        }

        /// What the difference is listed under.
        var key: String { "\(test): \(source)" }

        func run() throws(JinjaError) -> String {
            var own = JinjaOptions()
            own.trimBlocks = options["trim_blocks"]?.isTrue ?? false
            own.lstripBlocks = options["lstrip_blocks"]?.isTrue ?? false
            own.trailingNewline = options["keep_trailing_newline"]?.isTrue ?? false ? .keep : .strip
            own.printsNoneAsEmpty = false
            own.usesNativeTypes = false
            own.keepsBackslashes = false
            own.dialect = .strict
            func text(_ name: String, _ place: WritableKeyPath<JinjaOptions, String>) {
                if let value = options[name]?.stringValue { own[keyPath: place] = value }
            }
            text("variable_start_string", \.variableStart)
            text("variable_end_string", \.variableEnd)
            text("block_start_string", \.blockStart)
            text("block_end_string", \.blockEnd)
            text("comment_start_string", \.commentStart)
            text("comment_end_string", \.commentEnd)
            let environment = JinjaEnvironment(options: own, loader: { loader[$0]?.stringValue })
            return isExpression
                ? try environment.evaluate(expression: source, scope: variables).repr
                : try environment.renderText(source, scope: variables)
        }

        /// What went wrong; nil: the result is Jinja2's.
        var difference: String? {
            switch (Result { () throws(JinjaError) in try run() }, result) {
            case (.success(let text), let expected?) where text == expected: nil
            case (.failure, nil): nil
            case (.success(let text), let expected):
                "\(expected?.debugDescription ?? "an error"), here \(text.debugDescription)"
            case (.failure(let error), let expected): "\(expected.debugDescription), here error: \(error)"
            }
        }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// The cases, and the tests that were not recorded with the reason.
    static func load() throws -> (cases: [Case], skipped: [(test: String, reason: String)]) {
        var cases: [Case] = []
        var skipped: [(test: String, reason: String)] = []
        let text = try String(contentsOf: folder.appending(path: "Vectors/suite.jsonl"), encoding: .utf8)
        for line in text.split(separator: "\n") {
            let value = try JinjaValue(json: String(line))
            if let reason = value["skipped"]?.stringValue {
                skipped.append((try #require(value["test"]?.stringValue), reason))
            } else {
                cases.append(try Case(value))
            }
        }
        return (cases, skipped)
    }

    @Test func everyTemplateOfTheSuiteIsRendered() throws {
        let (cases, skipped) = try Self.load()
        #expect(cases.count > 500)
        var wrong: [String] = []
        var seen: Set<String> = []
        for test in cases {
            guard let difference = test.difference else { continue }
            seen.insert(test.test)
            if SuiteDifferences.reason(of: test) == nil {
                wrong.append("\(test.key.debugDescription)\n  \(difference)")
            }
        }
        let unused = SuiteDifferences.reasons.keys.filter { !seen.contains($0) }
        #expect(unused.isEmpty, "no difference any more: \(unused.sorted())")
        #expect(wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.joined(separator: "\n"))")
        try Self.compare(document: SuiteDifferences.document(cases, skipped))
    }

    /// The document in `docs` is what the vectors say; `GANTRY_WRITE_DOCS=1` writes it.
    private static func compare(document: String) throws {
        let file = folder.appending(path: "../../docs/jinja2-suite.md")
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try document.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == document, "docs/jinja2-suite.md is old: run JinjaTests with GANTRY_WRITE_DOCS=1")
    }
}
