import ConnectorConformance
import Foundation
import Testing

/// The page for authors, the list of its rules, and the checks of the kit say the same.
@Suite struct ContractRuleTests {
    private static let page: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appending(path: "docs/connector-authors.md"), encoding: .utf8)) ?? ""
    }()

    private static func words(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Entries of lists as `(number, text)`.
    private static let written: [(id: String, text: String)] = {
        var found: [(String, String)] = []
        for block in page.components(separatedBy: "\n\n") {
            for entry in ("\n" + block).components(separatedBy: "\n- ").dropFirst() {
                guard let match = entry.wholeMatch(of: /\*\*([A-Z]\d+)\*\* <a id="([a-z]\d+)"><\/a>((?s).*)/) else {
                    continue
                }
                #expect(match.1.lowercased() == match.2)
                found.append((String(match.1), words(match.3)))
            }
        }
        return found
    }()

    @Test func thePageHasTheRulesOfTheKit() {
        #expect(Self.written.count > 50)
        #expect(Self.written.map(\.id) == ContractRule.all.map(\.id))
        for (written, rule) in zip(Self.written, ContractRule.all) {
            #expect(written.text == rule.text, "\(rule.id)")
        }
    }

    @Test("nothing is demanded without a number")
    func whatIsDemandedHasANumber() {
        var rest = Self.words(Self.page)
        for rule in ContractRule.all { rest = rest.replacingOccurrences(of: rule.text, with: "") }
        let left = rest.matches(of: /.{0,60}(MUST|SHOULD).{0,60}/).map { String($0.0) }
        #expect(left.count == 1 && left[0].contains("(as in RFC 2119)"), "\(left)")
        for rule in ContractRule.all { #expect(rule.text.contains(/MUST|SHOULD/), "\(rule.id)") }
    }

    @Test func eachRuleHasACheckOrAReasonWhyNone() {
        let checked = Set(ConformanceSuite.checks.flatMap(\.rules).map(\.id))
        for rule in ContractRule.all {
            #expect(checked.contains(rule.id) == (rule.unchecked == nil), "\(rule.id): \(rule.text)")
            if let reason = rule.unchecked { #expect(Self.words(Self.page).contains("- **\(rule.id)**: \(reason)")) }
        }
    }

    @Test(arguments: ConformanceSuite.checks.map(\.id))
    func aCheckSaysWhatToDo(id: String) throws {
        let check = try #require(ConformanceSuite.checks(named: [id])?.first)
        #expect(!check.rules.isEmpty, "its rules are not on the page")
        #expect(check.mend.count > 20 && check.mend.hasSuffix("."), "\(check.mend)")
        #expect(!check.title.isEmpty && !check.title.hasSuffix("."))
        let binding: Set<ConformanceCheck.Level> = Set(
            check.rules.map { $0.text.contains("MUST") ? .must : .should })
        #expect(binding.contains(check.level), "\(check.level.rawValue) by \(check.rules.map(\.id))")
    }
}
