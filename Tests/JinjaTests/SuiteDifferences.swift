import Foundation

@testable import Jinja

/// Where this engine renders a template of Jinja2's own suite otherwise, on purpose.
enum SuiteDifferences {
    /// By the test of the suite. Of several templates of a test some may be equal.
    static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        func add(_ reason: String, _ file: String, _ tests: String...) {
            for test in tests { reasons["test_\(file).py::\(test)"] = reason }
        }
        add(
            "undefined values print as None or Undefined: Python's interface", "api",
            "TestExtendedAPI::test_expressions")
        let python = "the environment is changed by classes in Python, or the template by functions that it is given"
        add(
            python, "api", "TestLowLevel::test_custom_code_generator", "TestLowLevel::test_custom_context")
        add(
            python, "imports", "TestImports::test_import_with_globals",
            "TestImports::test_import_with_globals_override",
            "TestImports::test_from_import_with_globals")
        add(
            python, "regression", "TestBug::test_pass_context_scoped_loop_vars", "TestBug::test_pass_context_in_blocks",
            "TestBug::test_pass_context_block_and_loop", "TestBug::test_cached_extends[extends]",
            "TestBug::test_cached_extends[include]")
        let escape = "autoescape is read and does nothing: recipes write no HTML"
        add(
            escape, "ext", "TestExtensions::test_extend_late", "TestAutoEscape::test_scoped_setting",
            "TestAutoEscape::test_scoping")
        add("what is drawn is another", "filters", "TestFilter::test_random")
        add("policies of an environment are Python's", "filters", "TestFilter::test_urlize_rel_policy")
        add(
            "the values are named tuples of Python, recorded as lists", "filters", "TestFilter::test_groupby_multidot",
            "TestFilter::test_attribute_map", "TestFilter::test_map_default", "TestFilter::test_simple_select_attr",
            "TestFilter::test_simple_reject_attr", "TestFilter::test_func_select_attr",
            "TestFilter::test_func_reject_attr")
        add("map of none is refused, as a loop over it is", "filters", "TestFilter::test_empty_map")
        add(
            "not yet: macros beside the blocks of a template that extends another", "inheritance",
            "TestBugFix::test_fixed_macro_scoping_bug")
        add("not yet: a comment's mark with a minus before blocks", "lexnparse", "TestLexer::test_comments")
        add("newlines stay as they are written", "lexnparse", "TestLexer::test_normalizing")
        add(
            "an inline if without else is empty, whatever follows", "lexnparse",
            "TestSyntax::test_short_conditional_expression")
        add("another mark of the end of an address", "regression", "TestBug::test_urlize_filter_closing_punctuation")
        return reasons
    }()

    static func reason(of test: SuiteTests.Case) -> String? {
        if test.options["line_statement_prefix"] != nil || test.options["line_comment_prefix"] != nil {
            return test.difference == nil ? nil : "line statements: Ansible never turns them on"
        }
        guard let reason = reasons[test.test] else { return nil }
        // What is drawn may be the same by chance.
        return test.difference == nil && !test.source.contains("|random") ? nil : reason
    }

    /// The list as a document.
    static func document(_ cases: [SuiteTests.Case], _ skipped: [(test: String, reason: String)]) -> String {
        let differing = cases.compactMap { test in reason(of: test).map { (test.test, $0) } }
        let tests = Set(cases.map(\.test))
        var lines = [
            "# Jinja2's own test suite", "",
            "Written by the tests of `Jinja` (`GANTRY_WRITE_DOCS=1`); nobody edits it.", "",
            "`Tests/JinjaTests/Vectors/suite.py` runs the test suite of Jinja2 3.1.6 and records each template that a test "
                + "renders, with its options, variables and result. Of \(tests.count + skipped.count) tests "
                + "\(tests.count) render templates over plain data: \(cases.count) templates, of which "
                + "\(cases.count - differing.count) give the same text or are refused as well, and \(differing.count) "
                + "differ. The others look at Python.", "",
            "Undefined values are strict in all of them, as in Ansible, unless a test asks for another kind.", "",
            "## Differences", "",
        ]
        lines += table(differing.map { (test: $0.0, reason: $0.1) }, "Template of")
        lines += ["", "## Not recorded", ""]
        lines += table(skipped, "Test")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func table(_ entries: [(test: String, reason: String)], _ title: String) -> [String] {
        let groups = Dictionary(grouping: entries) { $0.reason }
        var lines = ["| Reason | Number | \(title) |", "| --- | --- | --- |"]
        for (reason, members) in groups.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            let names = Set(members.map { $0.test.split(separator: "[")[0].replacing("tests/", with: "") }).sorted()
            let files = Dictionary(grouping: names) { $0.split(separator: "::")[0] }
            let text = files.sorted { $0.key < $1.key }.map { file, names in
                "`\(file)`: "
                    + names.map { "`\($0.split(separator: "::").dropFirst().joined(separator: "::"))`" }
                    .joined(separator: ", ")
            }.joined(separator: "; ")
            lines.append("| \(reason) | \(members.count) | \(text) |")
        }
        return lines
    }
}
