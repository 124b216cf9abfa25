package import Jinja

/// The arguments of a task, templated, checked and converted by the module's table of parameters.
package struct ModuleArguments: Sendable {
    /// An expression of a parameter with its value.
    package struct Evaluated: Sendable {
        package var text: String
        package var value: JinjaValue

        package init(text: String, value: JinjaValue) {
            self.text = text
            self.value = value
        }
    }

    /// By canonical name, defaults included; `_raw_params` too.
    package private(set) var values = JinjaDict()
    /// Values of parameters of kind expression and conditions.
    package private(set) var expressions: [String: [Evaluated]]
    /// Texts that must be masked in every output.
    package private(set) var secrets: [String] = []

    /// - Throws: ``ModuleError`` with Ansible's text for an unknown, missing or wrong parameter.
    package init(
        _ given: JinjaDict, for documentation: ModuleDocumentation, expressions: [String: [Evaluated]] = [:]
    ) throws(ModuleError) {
        self.expressions = expressions
        if let problem = documentation.problem(ofNames: given.keys.map(\.text)) {
            throw ModuleError(code: .unsupportedParameter, message: problem)
        }
        for (key, value) in given {
            let name = key.text
            guard let parameter = documentation.parameter(name) else {
                values[name] = value
                continue
            }
            guard !value.isNone || parameter.takesNull else { continue }
            let converted = try Self.convert(value, parameter)
            if parameter.isSecret { secrets.append(converted.text) }
            values[parameter.name] = converted
        }
        try checkGroups(documentation)
        for parameter in documentation.parameters where values[parameter.name] == nil {
            if let defaultValue = parameter.defaultValue { values[parameter.name] = defaultValue }
        }
        for rule in documentation.requirements where values[rule.parameter] == rule.value {
            let missing = rule.names.filter { values[$0] == nil }
            guard rule.isAny ? missing.count == rule.names.count : !missing.isEmpty else { continue }
            throw ModuleError(
                code: .missingParameter,
                message: "\(rule.parameter) is \(rule.value.text) but \(rule.isAny ? "any" : "all") of the following "
                    + "are missing: \(missing.joined(separator: ", "))")
        }
    }

    /// The value as it was converted; nil when not given and without default.
    package func value(_ name: String) -> JinjaValue? { values[name] }

    package func string(_ name: String) -> String? { values[name]?.text }

    package func bool(_ name: String) -> Bool? { values[name]?.boolValue }

    package func int(_ name: String) -> Int? { values[name]?.intValue }

    /// The items of a list parameter as texts.
    package func list(_ name: String) -> [String]? { values[name]?.listValue?.map(\.text) }

    private func checkGroups(_ documentation: ModuleDocumentation) throws(ModuleError) {
        let given = { (name: String) in
            let name = documentation.parameter(name)?.name ?? name
            return values[name] != nil || expressions[name] != nil
        }
        let missing = documentation.parameters.filter { $0.isRequired && !given($0.name) }.map(\.name)
        if !missing.isEmpty {
            throw ModuleError(
                code: .missingParameter,
                message: "missing required arguments: \(missing.sorted().joined(separator: ", "))")
        }
        for group in documentation.exclusive where group.filter(given).count > 1 {
            throw ModuleError(
                code: .invalidArgument,
                message: "parameters are mutually exclusive: \(group.joined(separator: "|"))")
        }
        for group in documentation.oneOf where !group.contains(where: given) {
            throw ModuleError(
                code: .missingParameter,
                message: "one of the following is required: \(group.joined(separator: ", "))")
        }
    }

    // MARK: - Conversion

    private static func convert(
        _ value: JinjaValue, _ parameter: ModuleParameter
    ) throws(ModuleError) -> JinjaValue {
        let converted: JinjaValue?
        switch parameter.kind {
        case .string, .path: converted = .string(value.contentText)
        case .mode:
            // A number is the mode itself: YAML has read its octal digits already.
            converted = .string(value.intValue.map { String($0, radix: 8) } ?? value.text)
        case .boolean: converted = bool(value)
        case .integer: converted = value.intValue.map { .int($0) } ?? trimmedInt(value).map { .int($0) }
        case .number: converted = Double(value.text).map { .double($0) }
        case .list: converted = list(value)
        case .dictionary: converted = dictionary(value)
        case .raw, .expression, .conditions: converted = value
        }
        guard let converted else {
            throw ModuleError(
                code: .invalidArgument,
                message: "argument '\(parameter.name)' is of type \(value.typeName) and we were unable to convert to "
                    + "\(parameter.kind.word)"
                    + (parameter.isSecret ? "" : ": '\(value.text)' is not a valid \(parameter.kind.word)"))
        }
        if !parameter.choices.isEmpty,
            !(converted.listValue ?? [converted]).allSatisfy({
                parameter.choices.contains($0.text)
            })
        {
            throw ModuleError(
                code: .invalidArgument,
                message: "value of \(parameter.name) must be one of: \(parameter.choices.joined(separator: ", ")), "
                    + "got: \(converted.text)")
        }
        return converted
    }

    private static func bool(_ value: JinjaValue) -> JinjaValue? {
        if let flag = value.boolValue { return .bool(flag) }
        switch value.text.lowercased() {
        case "y", "yes", "on", "1", "true", "t", "1.0": return .bool(true)
        case "n", "no", "off", "0", "false", "f", "0.0": return .bool(false)
        default: return nil
        }
    }

    private static func trimmedInt(_ value: JinjaValue) -> Int? {
        if case .double(let number) = value { return Int(exactly: number) }
        guard case .string(let text) = value else { return nil }
        return Int(text.filter { !$0.isWhitespace })
    }

    private static func list(_ value: JinjaValue) -> JinjaValue? {
        if let items = value.listValue { return .list(items) }
        switch value {
        case .string(let text):
            return .list(
                text.split(separator: ",", omittingEmptySubsequences: false)
                    .map { .string(String($0.trimmingBlanks())) })
        case .int, .double, .bool: return .list([.string(value.text)])
        default: return nil
        }
    }

    private static func dictionary(_ value: JinjaValue) -> JinjaValue? {
        if value.dictValue != nil { return value }
        guard case .string(let text) = value else { return nil }
        if text.trimmingBlanks().hasPrefix("{") {
            return JSONText.parse(text).flatMap { $0.dictValue == nil ? nil : $0 }
        }
        var dict = JinjaDict()
        for pair in text.split(separator: ",") {
            guard let equals = pair.firstIndex(of: "=") else { return nil }
            dict[String(pair[..<equals].trimmingBlanks())] =
                .string(String(pair[pair.index(after: equals)...].trimmingBlanks()))
        }
        return .dict(dict)
    }
}

extension ModuleParameter.Kind {
    /// Python's name of the type, for messages.
    package var word: String {
        switch self {
        case .string, .expression: "str"
        case .path: "path"
        case .boolean: "bool"
        case .integer: "int"
        case .number: "float"
        case .list, .conditions: "list"
        case .dictionary: "dict"
        case .mode, .raw: "raw"
        }
    }
}

extension StringProtocol {
    /// Without blanks and newlines at both ends.
    package func trimmingBlanks() -> SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}

extension JinjaValue {
    /// The text of a content: a dict or list becomes JSON in ASCII, as `copy: content` does.
    package var contentText: String {
        switch self {
        case .dict, .list, .tuple: (try? json(escapesNonASCII: true)) ?? JSONText.text(self)
        default: text
        }
    }
}
