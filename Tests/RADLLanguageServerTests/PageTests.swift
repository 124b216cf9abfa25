import Foundation
import RADL
import Testing

@testable import RADLLanguageServer

/// `docs/radl.md`: its tables are what the checks use, its examples are good documents in the usual layout, and its mistakes
/// are told as it says. After a change: `GANTRY_WRITE_DOCS=1 make test`.
@Suite struct PageTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/radl.md")

    /// A block of the page.
    struct Block: Sendable, CustomTestStringConvertible {
        var language: String
        var line: Int
        var text: String

        var testDescription: String { "\(language), line \(line)" }
    }

    static let blocks: [Block] = {
        let page = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var blocks: [Block] = []
        var open: Block?
        for (number, line) in page.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.hasPrefix("```") else {
                open?.text += line + "\n"
                continue
            }
            if let block = open {
                blocks.append(block)
                open = nil
            } else {
                open = Block(language: String(line.dropFirst(3)), line: number + 1, text: "")
            }
        }
        return blocks
    }()

    private static func source(_ block: Block) -> RADLSource {
        RADLSource(text: block.text, file: "cluster.radl")
    }

    @Test(arguments: blocks.filter { $0.language.hasPrefix("radl") && $0.language != "radl wrong" })
    func examplesAreGood(block: Block) throws {
        let reading = RADLDocument.read(Self.source(block))
        #expect(reading.errors.isEmpty && reading.warnings.isEmpty, "\(reading.errors + reading.warnings)")
        #expect(try RADLFormatter.format(Self.source(block)) == block.text)
        guard block.language == "radl" else { return }
        let found = RADLDocument.analyze(Self.source(block)).diagnostics
        #expect(found.isEmpty, "\(found)")
    }

    /// The parts of the first document together.
    @Test func theFirstDocumentIsWhole() throws {
        let parts = Self.blocks.filter { $0.language == "radl part" }
        let first = try #require(Self.blocks.first { $0.language == "radl" })
        #expect(parts.count == 2)
        let text = ([first] + parts).map(\.text).joined(separator: "\n")
        let found = RADLDocument.analyze(RADLSource(text: text)).diagnostics
        #expect(found.isEmpty, "\(found)")
        let explanation = RADLExplanation(try RADLDocument(parsing: text))
        #expect(explanation.machineCount == 2 && explanation.steps.map { $0.runs.map(\.system) } == [["db"], ["web"]])
    }

    @Test func jsonIsRead() throws {
        let json = try #require(Self.blocks.first { $0.language == "json" })
        let document = try RADLDocument(parsingJSON: json.text)
        #expect(document.check().isEmpty && document.deploys.count == 1)
    }

    private static let start =
        "<!-- features: made from the table that the checks use; GANTRY_WRITE_DOCS=1 writes it -->\n"
    private static let end = "<!-- end of features -->\n"

    @Test func thePageIsWhatTheCodeSays() throws {
        let page = try String(contentsOf: Self.file, encoding: .utf8)
        var text = page
        let wrong = try #require(Self.blocks.first { $0.language == "radl wrong" })
        let told =
            RADLDocument.analyze(Self.source(wrong)).diagnostics.map(\.description).joined(separator: "\n") + "\n"
        #expect(told.split(separator: "\n").count { $0.hasPrefix("cluster.radl:") } == 4, "\(told)")
        text = try Self.replacing(in: text, from: "```text\n", to: "```\n", with: told)
        text = try Self.replacing(in: text, from: Self.start, to: Self.end, with: Self.tables)
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        #expect(page == text, "docs/radl.md is not what the code says: GANTRY_WRITE_DOCS=1 writes it")
    }

    private static func replacing(in page: String, from start: String, to end: String, with text: String) throws
        -> String
    {
        let first = try #require(page.range(of: start))
        let last = try #require(page.range(of: end, range: first.upperBound..<page.endIndex))
        return page[..<first.upperBound] + text + page[last.lowerBound...]
    }

    // MARK: - Tables

    private static let titles: [(FeatureRule.Section, String)] = [
        (.description, "Of `description`"), (.network, "Of `network`"), (.system, "Of `system`"),
        (.application, "Of an application, within `disk.N.applications contains (…)`"),
        (.ansible, "Of `ansible`: a host outside that runs the contextualization"),
        (.option, "Options of `contextualize`"),
    ]

    static var tables: String {
        titles.map { section, title in
            let rules = FeatureRule.rules(in: section)
            let groups = section == .system ? systemGroups(rules) : [("", rules)]
            return groups.map { name, rules in
                let head =
                    "\n#### \(title)\(name)\n\n| Feature | Value | Meaning | Example |\n| --- | --- | --- | --- |\n"
                return head + rules.map(row).joined()
            }.joined()
        }.joined() + "\n"
    }

    private static func systemGroups(_ rules: [FeatureRule]) -> [(String, [FeatureRule])] {
        func group(_ rule: FeatureRule) -> Int {
            if rule.isOutput { return 5 }
            if rule.name.hasPrefix("disk.") { return 1 }
            if rule.name.hasPrefix("net_interface.") { return 2 }
            if rule.meaning.hasPrefix("EC3:") { return 4 }
            return rule.meaning.prefix(while: { $0 != "." }).contains(":") && !rule.isEnforced ? 3 : 0
        }
        let names = [
            "", ": disks", ": network interfaces", ": of one kind of provider", ": for EC3",
            ": set by the service, on what a machine has become",
        ]
        return names.enumerated().map { number, name in (name, rules.filter { group($0) == number }) }
    }

    private static func row(_ rule: FeatureRule) -> String {
        var value = rule.kind.words
        if !rule.units.isEmpty { value += ": " + rule.units.map { "`\($0)`" }.joined(separator: " ") }
        let star = rule.isEnforced ? " ∗" : ""
        let normal = rule.defaultValue.map { " Where it is not set: \($0)." } ?? ""
        func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
        return
            "| `\(cell(rule.name))`\(star) | \(cell(value)) | \(cell(rule.meaning))\(cell(normal)) | `\(cell(rule.example))` |\n"
    }
}
