extension BuiltIns {
    static let selectionFilters: [String: JinjaFunction] = [
        "map": JinjaFunction(nil, map),
        "select": JinjaFunction(nil) { arguments, context in
            try select(arguments, context, byAttribute: false, keeps: true)
        },
        "reject": JinjaFunction(nil) { arguments, context in
            try select(arguments, context, byAttribute: false, keeps: false)
        },
        "selectattr": JinjaFunction(nil) { arguments, context in
            try select(arguments, context, byAttribute: true, keeps: true)
        },
        "rejectattr": JinjaFunction(nil) { arguments, context in
            try select(arguments, context, byAttribute: true, keeps: false)
        },
    ]

    private static func map(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let items = try context.items(of: arguments.subject)
        var results: [JinjaValue] = []
        results.reserveCapacity(items.count)
        if arguments.positional.count == 1, let attribute = arguments["attribute"] {
            if let unknown = arguments.named.first(where: { $0.name != "attribute" && $0.name != "default" }) {
                throw JinjaError.type("Unexpected keyword argument '\(unknown.name)'")
            }
            let path = AttributePath(attribute, fallback: arguments["default"])
            for item in items {
                try context.count()
                results.append(try path.get(item, context))
            }
            return .list(results)
        }
        guard arguments.positional.count > 1, case .string(let filter) = arguments.positional[1] else {
            throw JinjaError.type("map requires a filter argument")
        }
        for item in items {
            results.append(
                try context.applyFilter(
                    filter, JinjaArguments([item] + arguments.positional.dropFirst(2), named: arguments.named)))
        }
        return .list(results)
    }

    private static func select(
        _ arguments: JinjaArguments, _ context: JinjaContext, byAttribute: Bool, keeps: Bool
    ) throws -> JinjaValue {
        var rest = arguments.positional.dropFirst()
        var path: AttributePath?
        if byAttribute {
            guard let attribute = rest.popFirst() else {
                throw JinjaError.type("Missing parameter for attribute name")
            }
            path = AttributePath(attribute)
        }
        let test = rest.popFirst()
        var kept: [JinjaValue] = []
        for item in try context.items(of: arguments.subject) {
            try context.count()
            let value = try path?.get(item, context) ?? item
            let holds: Bool
            if let test {
                holds = try context.applyTest(test.text, JinjaArguments([value] + rest, named: arguments.named))
            } else {
                holds = try context.isTrue(value)
            }
            if holds == keeps { kept.append(item) }
        }
        return .list(kept)
    }
}
