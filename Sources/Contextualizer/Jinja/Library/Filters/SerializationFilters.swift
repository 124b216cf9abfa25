extension BuiltIns {
    static let serializationFilters: [String: JinjaFunction] = [
        "to_json": JinjaFunction(nil) { arguments, _ in
            let writer = JSONWriter(
                indent: try arguments.int(Int.max, "indent"), sortsKeys: arguments.flag(Int.max, "sort_keys"),
                escapesNonASCII: arguments.flag(Int.max, "ensure_ascii", default: true),
                itemSeparator: arguments["separators"]?.listValue?.first?.text,
                keySeparator: arguments["separators"]?.listValue?.last?.text)
            return .string(try writer.text(of: arguments.subject))
        },
        "to_nice_json": JinjaFunction(nil) { arguments, _ in
            let writer = JSONWriter(
                indent: try arguments.int(1, "indent") ?? 4,
                sortsKeys: arguments.flag(2, "sort_keys", default: true),
                escapesNonASCII: arguments.flag(Int.max, "ensure_ascii", default: true))
            return .string(try writer.text(of: arguments.subject))
        },
        "from_json": JinjaFunction(["data"]) { arguments, _ in
            guard case .string(let text) = arguments.subject else {
                throw JinjaError.type(
                    "the JSON object must be str, bytes or bytearray, not \(arguments.subject.typeName)")
            }
            return try JinjaValue(json: text)
        },
        "to_yaml": JinjaFunction(nil) { arguments, context in
            try yaml(arguments, context, style: .mixed, indent: nil)
        },
        "to_nice_yaml": JinjaFunction(nil) { arguments, context in
            try yaml(arguments, context, style: .block, indent: 4)
        },
    ]

    private static func yaml(
        _ arguments: JinjaArguments, _ context: JinjaContext, style: YAMLWriter.Style, indent: Int?
    ) throws -> JinjaValue {
        var writer = YAMLWriter()
        writer.style = style
        if let flow = arguments["default_flow_style"]?.boolValue { writer.style = flow ? .flow : .block }
        writer.indent = try arguments.int(1, "indent") ?? indent ?? 2
        writer.width = try arguments.int(Int.max, "width") ?? 80
        writer.sortsKeys = arguments.flag(Int.max, "sort_keys", default: true)
        writer.hasDocumentStart = arguments.flag(Int.max, "explicit_start")
        let text = try writer.text(of: arguments.subject)
        try context.checkSize(text.utf8.count)
        return .string(text)
    }
}
