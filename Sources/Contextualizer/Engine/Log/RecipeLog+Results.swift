import ContextualizationAPI
import Jinja
import Modules

/// What stands below the title of a task.
extension RecipeLog {
    /// What a task included, and the item that it did so for; nil: it is none of those.
    static func include(_ record: TaskRecord) -> (what: String, label: String)? {
        guard record.status == .ok, record.task.module.hasPrefix("include"),
            let result = JSONText.parse(record.result), let what = result["_ansible_included"]
        else { return nil }
        let label = Self.label(result)
        return (what.text, label.isTrue ? " => (item=\(label.text))" : "")
    }

    mutating func resultLines(_ record: TaskRecord, host: String) -> [String] {
        let result = JSONText.parse(record.result) ?? .dict([:])
        var lines = warnings(of: result)
        if let items = result["results"]?.listValue {
            for item in items { lines += itemLines(item, of: record, host: host) }
            if record.status == .skipped { lines.append("skipping: [\(host)]") }
            if record.status == .unreachable { lines.append(fatal(host, "UNREACHABLE!", result)) }
        } else {
            let place = Self.place(host, result)
            lines += differenceLines(result)
            switch record.status {
            case .ok: lines.append("ok: [\(place)]" + shown(record, result))
            case .changed: lines.append("changed: [\(place)]" + shown(record, result))
            case .skipped: lines.append("skipping: [\(host)]" + shown(record, result))
            case .ignored where result["unreachable"] == .bool(true): lines.append(fatal(place, "UNREACHABLE!", result))
            case .failed, .rescued, .ignored: lines.append(fatal(place, "FAILED!", result))
            case .unreachable: lines.append(fatal(place, "UNREACHABLE!", result))
            }
        }
        if record.status == .ignored { lines.append("...ignoring") }
        return lines
    }

    private func itemLines(_ item: JinjaValue, of record: TaskRecord, host: String) -> [String] {
        let text = "(item=\(Self.label(item).text))"
        let place = Self.place(host, item)
        var lines = differenceLines(item)
        if TaskRun.isFailure(item) || item["unreachable"] == .bool(true) {
            lines.append("failed: [\(place)] \(text) => \(dump(item))")
        } else if item["skipped"] == .bool(true) {
            lines.append("skipping: [\(host)] => \(text) " + shown(record, item))
        } else {
            let word = item["changed"] == .bool(true) ? "changed" : "ok"
            lines.append("\(word): [\(place)] => \(text)" + shown(record, item))
        }
        return lines
    }

    /// What stands for an item.
    private static func label(_ item: JinjaValue) -> JinjaValue {
        if item["censored"] != nil { return .string("(censored due to no_log)") }
        return item["_ansible_item_label"] ?? item[item["ansible_loop_var"]?.text ?? "item"] ?? .none
    }

    /// The items for which nothing was included.
    static func passedOver(_ record: TaskRecord, host: String) -> [String] {
        (JSONText.parse(record.result)?["_ansible_passed_over"]?.listValue ?? []).map {
            "skipping: [\(host)] => (item=\(label($0).text)) "
        }
    }

    /// The machine, and the one that did the task for it, with its address where that is another word.
    private static func place(_ host: String, _ result: JinjaValue) -> String {
        guard let other = result["_ansible_delegated_vars"]?["ansible_delegated_host"]?.text else { return host }
        let address = result["_ansible_delegated_vars"]?["ansible_host"]?.text ?? other
        return "\(host) -> \(other)" + (address == other ? "" : "(\(address))")
    }

    private func fatal(_ host: String, _ word: String, _ result: JinjaValue) -> String {
        "fatal: [\(host)]: \(word) => \(dump(result))"
    }

    /// `debug` and `assert` show their values, others from one `v` on; facts that are gathered are never shown.
    private func shown(_ record: TaskRecord, _ result: JinjaValue) -> String {
        guard record.task.module == "debug", result["censored"] == nil, result["skipped"] != true,
            case .dict(let dict) = result
        else {
            if ["setup", "gather_facts"].contains(record.task.module) { return "" }
            guard verbosity > 0 || Self.isVerbose(result) else { return "" }
            var told = result.dictValue ?? JinjaDict()
            if record.task.module == "debug" { for key in ["changed", "skip_reason"] { told[key] = nil } }
            return " => " + dump(.dict(told))
        }
        // A message stands alone; a variable without what every result has.
        let kept =
            dict["msg"].map { ["msg": $0] }
            ?? JinjaDict(
                dict.filter { !["changed", "failed", "skipped", "ansible_loop_var"].contains($0.key.text) }
                    .map { ($0.key, $0.value) })
        return " => " + JSONText.indented(Self.withoutInternals(.dict(kept)))
    }

    private static func isVerbose(_ result: JinjaValue) -> Bool { result["_ansible_verbose_always"] == .bool(true) }

    /// The result as JSON, without what its line says anyway and what only the engine needs.
    private func dump(_ result: JinjaValue) -> String {
        var shown = Self.withoutInternals(result)
        if case .dict(var dict) = shown {
            for key in ["failed", "skipped", "exception", "warnings", "deprecations"] { dict[key] = nil }
            if verbosity < 3 { for key in ["invocation", "diff"] { dict[key] = nil } }
            shown = .dict(dict)
        }
        return Self.isVerbose(result) || verbosity > 2 ? JSONText.indented(shown) : JSONText.sorted(shown)
    }

    private static func withoutInternals(_ value: JinjaValue) -> JinjaValue {
        switch value {
        case .list(let items): return .list(items.map(withoutInternals))
        case .dict(let dict):
            return .dict(
                JinjaDict(
                    dict.filter { !$0.key.text.hasPrefix("_ansible_") }.map { ($0.key, withoutInternals($0.value)) }))
        default: return value
        }
    }

    /// What a module warns of, with its items; each warning once a run.
    private mutating func warnings(of result: JinjaValue) -> [String] {
        var lines: [String] = []
        for (key, word) in [("warnings", "WARNING"), ("deprecations", "DEPRECATION WARNING")] {
            let values = [result] + (result["results"]?.listValue ?? [])
            for value in values.flatMap({ $0[key]?.listValue ?? [] }) {
                let text = value["msg"]?.text ?? value.text
                let line = "[\(word)]: \(text)"
                if warned.insert(line).inserted { lines.append(line) }
            }
        }
        return lines
    }

    /// A module tells a difference where the run or its task wants one; it counts where there is a change.
    private func differenceLines(_ result: JinjaValue) -> [String] {
        guard showsDifference, result["changed"] == .bool(true), let value = result["diff"] else { return [] }
        return (value.listValue ?? [value]).flatMap { item -> [String] in
            guard let before = item["before"], let after = item["after"] else { return [] }
            func text(_ value: JinjaValue) -> String {
                value.stringValue ?? JSONText.indented(value) + "\n"
            }
            func title(_ word: String) -> String { item["\(word)_header"].map { "\(word): \($0.text)" } ?? word }
            let lines = UnifiedDifference.lines(
                before: text(before), after: text(after), beforeTitle: title("before"), afterTitle: title("after"))
            return lines.isEmpty ? [] : lines + [""]
        }
    }
}
