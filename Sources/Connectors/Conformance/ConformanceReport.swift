import ConnectorAPI
import Foundation

/// What a run of the kit found.
public struct ConformanceReport: Sendable {
    /// The end of one check.
    public enum Verdict: Sendable, Hashable {
        case passed
        /// Why, and what was sent and received.
        case failed(reason: String, transcript: String)
        case skipped(reason: String)
    }

    /// One check of the run.
    public struct Result: Sendable {
        public var id: String
        public var title: String
        public var level: ConformanceCheck.Level
        public var rules: [ContractRule]
        public var mend: String
        public var verdict: Verdict
        public var duration: Duration
    }

    public var connector: String
    public var version: String
    public var placement: String
    public var capabilities: [String]
    public var results: [Result]
    /// What checks made and what could not be removed: it is left at the provider.
    public var leftovers: [String] = []

    /// Whether nothing is left over, and nothing of a level failed that is at least as binding as the given one.
    public func passed(_ level: ConformanceCheck.Level) -> Bool {
        leftovers.isEmpty
            && !results.contains { result in
                guard case .failed = result.verdict else { return false }
                return result.level <= level
            }
    }

    /// The failed checks.
    public var failures: [Result] {
        results.filter { if case .failed = $0.verdict { true } else { false } }
    }

    private func count(_ matches: (Verdict) -> Bool) -> Int { results.count { matches($0.verdict) } }

    /// One line for all.
    public var summary: String {
        let passed = count { $0 == .passed }
        let skipped = count { if case .skipped = $0 { true } else { false } }
        return "\(results.count) checks: \(passed) passed, \(failures.count) failed, \(skipped) skipped"
    }

    /// A table for people, with the details of failures below it; valid Markdown.
    public func table() -> String {
        var lines = [
            "# Conformance of \(connector) \(version) (\(placement))", "",
            "Announces: \(capabilities.isEmpty ? "nothing beyond what is mandatory" : capabilities.joined(separator: ", ")).",
            "", "| Check | Level | Result | What it shows |", "| --- | --- | --- | --- |",
        ]
        for result in results {
            let verdict =
                switch result.verdict {
                case .passed: "passed"
                case .failed: "**failed**"
                case .skipped(let reason): "skipped: \(reason)"
                }
            lines.append("| \(result.id) | \(result.level.rawValue) | \(verdict) | \(result.title) |")
        }
        lines += ["", summary + "."]
        if !leftovers.isEmpty {
            lines += ["", "**Left at the provider**, for you to remove:", ""] + leftovers.map { "- \($0)" }
        }
        for result in failures {
            lines += ["", details(result)]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// All about a failed check.
    public func details(_ result: Result) -> String {
        guard case .failed(let reason, let transcript) = result.verdict else { return "" }
        return """
            ## \(result.id) failed: \(result.title)

            \(reason)

            \(advice(result))

            What was sent (>) and what came back (<):

            ```
            \(transcript.isEmpty ? "nothing" : transcript)
            ```
            """
    }

    private func advice(_ result: Result) -> String {
        let rules = result.rules.map { "Rule \($0.id) (\($0.link)): \($0.text)" }
        return (rules + ["To mend it: \(result.mend)"]).joined(separator: "\n\n")
    }

    /// JUnit's XML, as continuous integration reads it.
    public func junit() -> String {
        func seconds(_ duration: Duration) -> String {
            let milliseconds =
                duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
            return "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
        }
        let skipped = count { if case .skipped = $0 { true } else { false } }
        let total = results.reduce(Duration.zero) { $0 + $1.duration }
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            #"<testsuites name="connector-check" tests="\#(results.count)" failures="\#(failures.count)" "#
                + #"time="\#(seconds(total))">"#,
            #"<testsuite name="\#(Self.escape("\(connector) (\(placement))"))" tests="\#(results.count)" "#
                + #"failures="\#(failures.count)" errors="0" skipped="\#(skipped)" time="\#(seconds(total))">"#,
        ]
        for result in results {
            let head =
                #"  <testcase classname="\#(Self.escape(connector))" name="\#(Self.escape(result.id))" "#
                + #"time="\#(seconds(result.duration))""#
            switch result.verdict {
            case .passed:
                lines.append(head + "/>")
            case .skipped(let reason):
                lines.append(head + #"><skipped message="\#(Self.escape(reason))"/></testcase>"#)
            case .failed(let reason, let transcript):
                let details = "\(reason)\n\n\(advice(result))\n\n\(transcript)"
                let failure =
                    #"<failure type="\#(result.level.rawValue)" message="\#(Self.escape(reason))">"#
                    + Self.escape(details) + "</failure>"
                lines.append("\(head)>\(failure)</testcase>")
            }
        }
        return (lines + ["</testsuite>", "</testsuites>"]).joined(separator: "\n") + "\n"
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t", "\r": result += "&#\(scalar.value);"
            // Not a character of XML, whichever way it is written.
            case _ where scalar.value < 0x20 || scalar.value & 0xFFFE == 0xFFFE: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
