import Jinja

/// What a role or `validate_argument_spec` asks of arguments.
enum ArgumentSpec {
    /// All that is wrong with values, in Ansible's words.
    static func problems(_ values: JinjaDict, spec: JinjaDict, within parents: [String] = []) -> [String] {
        var problems: [String] = []
        let place = parents.isEmpty ? "" : " found in \(parents.joined(separator: " -> "))"
        var missing: [String] = []
        for (key, entry) in spec {
            let name = key.text
            guard let value = values[name], !value.isUndefined else {
                let hasDefault = entry["default"].map { !$0.isNone } ?? false
                if entry["required"]?.isTrue == true, !hasDefault { missing.append(name) }
                continue
            }
            if value.isNone { continue }
            problems += self.problems(value, name: name, entry: entry, place: place, parents: parents)
        }
        if !missing.isEmpty {
            problems.insert("missing required arguments: \(missing.sorted().joined(separator: ", "))\(place)", at: 0)
        }
        return problems
    }

    private static func problems(
        _ value: JinjaValue, name: String, entry: JinjaValue, place: String, parents: [String]
    ) -> [String] {
        let type = entry["type"]?.text ?? "str"
        guard let converted = convert(value, to: type) else {
            return [
                "argument '\(name)' is of type \(value.typeName)\(place) and we were unable to convert to \(type): "
                    + reason(value, type)
            ]
        }
        var problems: [String] = []
        if let choices = entry["choices"]?.listValue, !choices.isEmpty {
            let items = type == "list" ? converted.listValue ?? [] : [converted]
            let wrong = items.filter { item in !choices.contains { $0.isEqual(to: item) } }
            if !wrong.isEmpty {
                let list = choices.map(\.text).joined(separator: ", ")
                problems.append(
                    type == "list"
                        ? "value of \(name) must be one or more of: \(list). Got no match for: "
                            + wrong.map(\.text).joined(separator: ", ") + place
                        : "value of \(name) must be one of: \(list), got: \(converted.text)\(place)")
            }
        }
        if type == "list", let inner = entry["elements"]?.text {
            for item in converted.listValue ?? [] where convert(item, to: inner) == nil {
                problems.append(
                    "Elements value for option '\(name)' is of type \(item.typeName)\(place) and we were unable to "
                        + "convert to \(inner): " + reason(item, inner))
            }
        }
        if let options = entry["options"]?.dictValue {
            for item in converted.listValue ?? [converted] {
                guard let dict = item.dictValue else { continue }
                let inside = parents + [name]
                let unknown = dict.keys.map(\.text).filter { options[$0] == nil }.sorted()
                if !unknown.isEmpty {
                    problems.append(
                        unknown.map { (inside + [$0]).joined(separator: ".") }.joined(separator: ", ")
                            + ". Supported parameters include: "
                            + options.keys.map(\.text).sorted()
                            .joined(separator: ", ") + ".")
                }
                problems += self.problems(dict, spec: options, within: inside)
            }
        }
        return problems
    }

    private static func reason(_ value: JinjaValue, _ type: String) -> String {
        switch type {
        case "bool":
            "The value '\(value.text)' is not a valid boolean.  Valid booleans include: 0, 1, '0', '1', 'f', 'false', "
                + "'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
        case "int", "float": "\"\(value.repr)\" cannot be converted to an \(type)"
        default: "'\(value.text)' is no \(type)"
        }
    }

    private static func convert(_ value: JinjaValue, to type: String) -> JinjaValue? {
        switch type {
        case "str", "string", "path": return .string(value.text)
        case "int":
            if case .bool = value { return nil }
            return value.intValue.map { .int($0) } ?? Int(value.text).map { .int($0) }
        case "float": return Double(value.text).map { .double($0) }
        case "bool":
            if value.boolValue != nil { return value }
            switch value.text.lowercased() {
            case "y", "yes", "on", "1", "true", "t", "1.0": return true
            case "n", "no", "off", "0", "false", "f", "0.0": return false
            default: return nil
            }
        case "list":
            if value.listValue != nil { return value }
            if case .string(let text) = value { return .list(text.split(separator: ",").map { .string(String($0)) }) }
            return value.dictValue == nil ? .list([.string(value.text)]) : nil
        case "dict": return value.dictValue != nil ? value : nil
        default: return value
        }
    }
}
