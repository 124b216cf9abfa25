extension BuiltIns {
    static let globals: [String: JinjaValue] = [
        "omit": .omit,
        "range": .function("range", JinjaFunction(["start", "stop", "step"], range)),
        "dict": .function(
            "dict",
            JinjaFunction(nil) { arguments, context in
                var dict = JinjaDict()
                if let first = arguments.positional.first { dict = try Methods.pairs(of: first, context) }
                for (name, value) in arguments.named { dict[name] = value }
                return .dict(dict)
            }),
        "namespace": .function(
            "namespace",
            JinjaFunction(nil, acceptsUndefined: true) { arguments, context in
                var names = JinjaDict()
                if let first = arguments.positional.first {
                    names = try Methods.pairs(of: try context.plain(first), context)
                }
                for (name, value) in arguments.named { names[name] = value }
                return context.makeNamespace(names)
            }),
        "cycler": .function(
            "cycler",
            JinjaFunction(nil) { arguments, context in
                guard !arguments.positional.isEmpty else {
                    throw JinjaError.type("at least one item has to be provided")
                }
                return context.makeSequence(arguments.positional, isJoiner: false)
            }),
        "joiner": .function(
            "joiner",
            JinjaFunction(["sep"]) { arguments, context in
                context.makeSequence([arguments.value(0, "sep") ?? ", "], isJoiner: true)
            }),
        "lipsum": .function(
            "lipsum",
            JinjaFunction(["n", "html", "min", "max"]) { arguments, context in
                let count = min(max(try arguments.int(0, "n") ?? 5, 0), 100)
                let text = "Lorem ipsum dolor sit amet, consectetur adipiscing elit."
                let isHTML = arguments.flag(1, "html", default: true)
                let paragraphs = Array(repeating: isHTML ? "<p>\(text)</p>" : text, count: count)
                return .string(paragraphs.joined(separator: isHTML ? "\n" : "\n\n"))
            }),
        "lookup": .function(
            "lookup", JinjaFunction(nil) { arguments, context in try lookup(arguments, context, wantsList: false) }),
        "query": query, "q": query,
        "undef": .function(
            "undef",
            JinjaFunction(["hint"]) { arguments, _ in .undefined(try arguments.text(0, "hint") ?? "undefined") }),
        "now": .function(
            "now",
            JinjaFunction(["utc", "fmt"]) { arguments, _ in
                let now = DateTimeObject.now(isUTC: arguments.flag(0, "utc"))
                return try arguments.text(1, "fmt").map { .string(now.format($0)) } ?? .python(now)
            }),
    ]

    private static let query = JinjaValue.function(
        "query", JinjaFunction(nil) { arguments, context in try lookup(arguments, context, wantsList: true) })

    private static func range(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        var bounds: [Int] = []
        for value in arguments.positional {
            guard case .int(let number)? = value.number else {
                throw JinjaError.type("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            bounds.append(number)
        }
        guard !bounds.isEmpty else { throw JinjaError.type("range expected at least 1 argument, got 0") }
        let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw JinjaError.value("range() arg 3 must not be zero") }
        guard step > 0 ? start < stop : start > stop else {
            return .python(RangeObject(start: start, stop: stop, step: step, count: 0))
        }
        let distance = (step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop))
        let count = distance.overflow ? Int.max : (distance.partialValue - 1) / Int(step.magnitude) + 1
        try context.count(min(count, Int.max / 2))
        try context.checkSize(count)
        return .python(RangeObject(start: start, stop: stop, step: step, count: count))
    }

    private static func lookup(
        _ arguments: JinjaArguments, _ context: JinjaContext, wantsList: Bool
    ) throws -> JinjaValue {
        guard case .string(let name)? = arguments.positional.first else {
            throw JinjaError.type("lookup() needs the name of a lookup")
        }
        var options = JinjaDict()
        var wantsList = wantsList
        var errors = "strict"
        for (name, value) in arguments.named {
            switch name {
            case "wantlist": wantsList = value.isTrue
            case "errors": errors = value.text
            default: options[name] = value
            }
        }
        let items: [JinjaValue]
        do {
            items = try context.lookup(name, terms: Array(arguments.positional.dropFirst()), options: options)
        } catch {
            guard errors == "ignore" || errors == "warn", error.code != .refused else { throw error }
            if errors == "warn" { context.environment.warn?("lookup '\(name)' failed: \(error.message)") }
            return wantsList ? .list([]) : .none
        }
        if wantsList { return .list(items) }
        if items.count == 1 { return items[0] }
        guard items.allSatisfy({ $0.stringValue != nil }) else { return .list(items) }
        return .string(items.map(\.text).joined(separator: ","))
    }
}

extension JinjaContext {
    func makeSequence(_ values: [JinjaValue], isJoiner: Bool) -> JinjaValue {
        cyclers.append(0)
        return .object(
            JinjaReference(
                SequenceObject(values: values, isJoiner: isJoiner, slot: cyclers.count - 1, token: token)))
    }
}
