import ContextualizationAPI
import Jinja

/// `debug`: shows a text or a value.
package enum DebugModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "debug", summary: "Shows a text or the value of an expression.",
        parameters: [
            ModuleParameter("msg", .raw, "The text; by default a greeting.").takingNull,
            ModuleParameter("var", .expression, "The expression."),
            ModuleParameter("verbosity", .integer, default: 0, "Shown at this verbosity only."),
        ],
        exclusive: [["msg", "var"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if (arguments.int("verbosity") ?? 0) > 0 {
            return .finish(.skipped(reason: "Verbosity threshold not met."))
        }
        var result = ModuleResult()
        if let evaluated = arguments.expressions["var"]?.first {
            var count = 0
            result[evaluated.text] = shown(evaluated.value, &count)
        } else {
            result["msg"] = arguments.value("msg") ?? .string("Hello world!")
        }
        return .finish(result)
    }

    /// The value with the reason in the place of what is undefined.
    private static func shown(_ value: JinjaValue, _ count: inout Int) -> JinjaValue {
        switch value {
        case .undefined(let reason):
            count += 1
            return .string("<< error \(count) - \(reason) >>")
        case .list(let items): return .list(items.map { shown($0, &count) })
        case .dict(let dict):
            var result = JinjaDict()
            for (key, item) in dict { result[key] = shown(item, &count) }
            return .dict(result)
        default: return value
        }
    }
}

/// `set_fact`: variables of the machine from here on.
package enum SetFactModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "set_fact", summary: "Sets variables of the machine.",
        parameters: [ModuleParameter("cacheable", .boolean, default: false, "Accepted: facts last for the run.")],
        acceptsAnything: true)

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        var variables = JinjaDict()
        for (key, value) in arguments.values where key.text != "cacheable" {
            let name = key.text
            guard isIdentifier(name) else {
                throw ModuleError(
                    code: .invalidArgument,
                    message: "The variable name '\(name)' is not valid. Variables must start with a letter or "
                        + "underscore character, and contain only letters, numbers and underscores.")
            }
            variables[name] = value
        }
        guard !variables.isEmpty else {
            throw ModuleError(
                code: .missingParameter,
                message: "No key/value pairs provided, at least one is required for this action")
        }
        var result = ModuleResult()
        result["ansible_facts"] = .dict(variables)
        result.variables = variables
        return .finish(result)
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else { return false }
        return name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0) }
    }
}

/// `fail`: ends the machine's run with a text.
package enum FailModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "fail", summary: "Fails with a text.",
        parameters: [ModuleParameter("msg", .string, default: "Failed as requested from task", "The text.")])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        .finish(.failure(arguments.string("msg") ?? ""))
    }
}

/// `assert`: fails unless conditions hold.
package enum AssertModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "assert", summary: "Fails unless all conditions hold.",
        parameters: [
            ModuleParameter("that", .conditions, required: true, "Condition or list of them."),
            ModuleParameter("fail_msg", .raw, aliases: ["msg"], "Text of the failure."),
            ModuleParameter("success_msg", .raw, "Text otherwise."),
            ModuleParameter("quiet", .boolean, default: false, "Say less."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        // Told whole, over several lines.
        let isVerbose: JinjaValue? = arguments.bool("quiet") == true ? nil : true
        for condition in arguments.expressions["that"] ?? [] where condition.value.boolValue != true {
            var result = ModuleResult.failure("Assertion failed")
            result["_ansible_verbose_always"] = isVerbose
            result["assertion"] = .string(condition.text)
            result["evaluated_to"] = .bool(false)
            if let message = arguments.value("fail_msg") {
                result.message = message.listValue?.map(\.text).joined(separator: "\n") ?? message.text
            }
            return .finish(result)
        }
        var result = ModuleResult(message: "All assertions passed")
        result["_ansible_verbose_always"] = isVerbose
        if let message = arguments.value("success_msg") { result.message = message.text }
        return .finish(result)
    }
}

/// `ping`: shows that programs run on the machine.
package enum PingModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "ping", summary: "Shows that programs run on the machine.",
        parameters: [ModuleParameter("data", .string, default: "pong", "What comes back; `crash` fails.")])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let data = arguments.string("data") ?? "pong"
        return .run(
            ModuleInvocation(script: ":") { output in
                guard output.status == 0 else { return .finish(.failure("the shell answered \(output.status)")) }
                // As real modules fail that come to no end.
                guard data != "crash" else { return .finish(.failure("Task failed: Module failed: boom")) }
                return .finish(ModuleResult(values: ["ping": .string(data)]))
            })
    }
}

/// `pause`: waits; the machine need not be there yet.
package enum PauseModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "pause", summary: "Waits some time.",
        parameters: [
            ModuleParameter("seconds", .integer, "How long."),
            ModuleParameter("minutes", .integer, "How long."),
            ModuleParameter("prompt", .string, "Accepted: nobody is asked."),
            ModuleParameter("echo", .boolean, "Accepted."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let seconds = (arguments.int("seconds") ?? 0) + 60 * (arguments.int("minutes") ?? 0)
        guard seconds > 0, !context.isCheckMode else { return .finish(ModuleResult()) }
        return .sleep(.seconds(seconds), then: ModuleResult(values: ["delta": .int(seconds)]))
    }
}
