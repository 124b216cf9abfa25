import ContextualizationAPI
import Jinja

/// Truth of `when`, `until`, `changed_when`, `failed_when` and `assert`.
enum Conditions {
    /// Whether a condition holds. A text with `{{ … }}` in it is rendered first and its text evaluated, as Ansible 2.16
    /// does.
    static func holds(
        _ condition: String, _ scope: TaskScope, _ environment: JinjaEnvironment, isStrict: Bool
    ) throws -> Bool {
        switch condition {
        case "true", "True", "yes": return true
        case "false", "False", "no": return false
        case "": return true
        default: break
        }
        var value: JinjaValue
        if JinjaTemplate.isTemplate(condition) {
            value = try environment.render(condition, scope: scope)
            if case .string(let text) = value, !text.isEmpty {
                value = try environment.evaluate(expression: text, scope: scope)
            }
        } else {
            value = try environment.evaluate(expression: condition, scope: scope)
        }
        if case .bool(let flag) = value { return flag }
        if isStrict {
            throw JinjaError(
                .type,
                "Conditional result (\(value.isTrue ? "True" : "False")) was derived from value of type "
                    + "'\(value.typeName)'. Conditionals must have a boolean result.")
        }
        return value.isTrue
    }
}

/// The items of a loop.
enum LoopItems {
    static func items(
        of loop: ProgramTask.Loop, scope: TaskScope, environment: JinjaEnvironment
    ) throws -> [JinjaValue] {
        var value = loop.items
        // A bare name is an old way to write a variable.
        if case .string(let text) = value, !JinjaTemplate.isTemplate(text), loop.lookup != "items_literal",
            isPath(text), let found = try? environment.evaluate(expression: text, scope: scope), found.listValue != nil
        {
            value = found
        }
        // The alternatives that cannot be resolved are passed over.
        let resolved =
            loop.lookup == "first_found"
            ? try environment.resolveDroppingUndefined(value, scope: scope)
            : try environment.resolve(value, scope: scope)
        switch loop.lookup {
        case "loop":
            if let items = resolved.listValue { return items.compactMap { $0.removingOmitted() } }
            throw TaskFailure(message: "The `loop` value must resolve to a 'list', not '\(resolved.typeName)'.")
        case "items":
            guard let items = resolved.listValue else { return [resolved] }
            // with_items flattens one level.
            return items.flatMap { $0.listValue ?? [$0] }.compactMap { $0.removingOmitted() }
        default:
            return try environment.lookup(
                loop.lookup, terms: resolved.listValue ?? [resolved], scope: scope)
        }
    }

    private static func isPath(_ text: String) -> Bool {
        guard let first = text.utf8.first,
            first == 0x5f || (0x41...0x5a).contains(first) || (0x61...0x7a).contains(first)
        else { return false }
        return text.utf8.allSatisfy { byte in
            byte == 0x5f || byte == 0x2e || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte)
        }
    }
}

/// The one line that people see of a result.
enum TaskSummary {
    static func text(_ result: JinjaValue, status: TaskRecord.Status) -> String {
        let message = (result["msg"]?.text ?? "").split(separator: "\n").first.map(String.init) ?? ""
        let detail: String =
            switch status {
            case .skipped:
                result["false_condition"].map { "not \($0.text)" } ?? result["skipped_reason"]?.text ?? message
            case .failed, .rescued, .ignored: failure(result, message)
            default: message
            }
        return detail.count > 300 ? detail.prefix(297) + "..." : detail
    }

    private static func failure(_ result: JinjaValue, _ message: String) -> String {
        let items = result["results"]?.listValue ?? []
        if let failed = items.first(where: { $0["failed"] == .bool(true) }) {
            return failure(failed, failed["msg"]?.text ?? message)
        }
        let lines = (result["stderr"]?.text ?? "").split(separator: "\n")
        guard let rc = result["rc"], let line = lines.last, !message.contains(line) else { return message }
        return "\(message) (status \(rc.text)): \(line)"
    }
}
