/// Evaluates values of a template: functions, inputs, defaults of types.
///
/// Each property is evaluated once; what functions make is bounded in size and number, so that values that refer to each
/// other take a time that is linear in the template. Belongs to one pass; not shared between tasks.
final class Evaluator {
    /// What is known when.
    enum Mode {
        /// Before anything is deployed: attributes are not known.
        case plan
        /// For the variables of a recipe: attributes are expressions that Ansible evaluates on the machines.
        case recipe
        /// Attributes are those of the machines.
        case deployed(TOSCADeployment)
    }

    /// Where a value stands: what SELF, HOST, SOURCE and TARGET mean.
    struct Context {
        var node: NodeTemplate?
        var relationship: Relation?
    }

    /// A relationship whose operations are looked at.
    struct Relation {
        var name: String
        var type: TOSCAType?
        var properties: TOSCAMap
        var source: NodeTemplate
        var target: NodeTemplate
    }

    /// Each level takes some of the stack.
    private static let maximumDepth = 200

    let topology: Topology
    let declared: [String: TOSCAInput]
    let inputs: [String: TOSCAValue]
    let mode: Mode
    let report: Report
    let limits: TOSCALimits
    /// Artifacts that recipes need on the machine, by the path that `get_artifact` gave.
    private(set) var neededArtifacts: [String: (node: NodeTemplate, artifact: TOSCAArtifact)] = [:]
    private var cache: [String: TOSCAValue] = [:]
    private var visiting: Set<String> = []
    private var remaining: Int
    private var depth = 0

    init(
        topology: Topology, declared: [TOSCAInput], inputs: [String: TOSCAValue], mode: Mode, report: Report,
        limits: TOSCALimits
    ) {
        self.topology = topology
        self.declared = Dictionary(declared.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.inputs = inputs
        self.mode = mode
        self.report = report
        self.limits = limits
        remaining = limits.maximumEvaluations
    }

    /// The value with all functions replaced by what they give; null where that is nothing. Errors are in the report.
    func evaluate(_ value: TOSCAValue, _ context: Context, _ path: DocumentPath) -> TOSCAValue {
        remaining -= 1
        guard remaining > 0, depth < Self.maximumDepth else {
            if remaining >= 0 {
                let isDeep = remaining > 0
                remaining = -1
                report.error(
                    .limit,
                    isDeep
                        ? "values refer to each other more than \(Self.maximumDepth) levels deep"
                        : "the functions of the template make too many values",
                    at: value.position, path, expected: isDeep ? "shorter chains of 'get_property' and lists" : nil)
            }
            return TOSCAValue(.null, at: value.position)
        }
        switch value.content {
        case .null, .bool, .integer, .real, .text, .tagged: return value
        case .list(let list):
            depth += 1
            defer { depth -= 1 }
            var items: [TOSCAValue] = []
            items.reserveCapacity(list.count)
            for (number, item) in list.enumerated() { items.append(evaluate(item, context, path.index(number))) }
            return made(.list(items), of: value)
        case .map(let map):
            depth += 1
            defer { depth -= 1 }
            if let function = TOSCAFunction(value) {
                var result = call(function, context, path.key(function.name.rawValue))
                result.position = value.position
                return result
            }
            var entries: [TOSCAMap.Entry] = []
            entries.reserveCapacity(map.count)
            for entry in map.entries {
                entries.append(
                    TOSCAMap.Entry(
                        key: entry.key, keyPosition: entry.keyPosition,
                        value: evaluate(entry.value, context, path.key(entry.key))))
            }
            return made(.map(TOSCAMap(entries)), of: value)
        }
    }

    /// What was made of a value is a secret where that is one.
    private func made(_ content: TOSCAValue.Content, of value: TOSCAValue) -> TOSCAValue {
        var result = TOSCAValue(content, at: value.position)
        result.isSecret = value.isSecret
        return result
    }

    private func call(_ function: TOSCAFunction, _ context: Context, _ path: DocumentPath) -> TOSCAValue {
        let arguments = function.arguments
        switch function.name {
        case .getInput: return input(arguments, function, path)
        case .getProperty:
            guard arguments.count >= 2 else { return .null }
            return property(arguments, function, context, path)
        case .getAttribute:
            guard arguments.count >= 2 else { return .null }
            return attribute(arguments, function, context, path)
        case .getArtifact: return artifact(arguments, function, context, path)
        case .concat: return concat(arguments, context, path)
        case .join:
            return join(arguments, function, context, path)
        case .token: return token(arguments, function, context, path)
        case .getOperationOutput, .getNodesOfType: return .null
        }
    }

    // MARK: Texts

    private func bounded(
        _ text: String, _ position: TOSCAPosition, _ path: DocumentPath, isSecret: Bool
    ) -> TOSCAValue {
        guard text.utf8.count <= limits.maximumText else {
            report.error(
                .limit, "the text that functions make is longer than \(limits.maximumText) bytes", at: position, path)
            return .null
        }
        var value = TOSCAValue(text)
        value.isSecret = isSecret
        return value
    }

    /// `[ LIST, SEPARATOR ]`. A list that only the machines know is joined there.
    private func join(
        _ arguments: [TOSCAValue], _ function: TOSCAFunction, _ context: Context, _ path: DocumentPath
    ) -> TOSCAValue {
        guard let first = arguments.first else { return .null }
        let value = evaluate(first, context, path.index(0))
        let separator = arguments.count > 1 ? evaluate(arguments[1], context, path.index(1)).scalarText ?? "" : ""
        if let list = value.list {
            return bounded(
                list.compactMap(\.scalarText).joined(separator: separator), function.position, path,
                isSecret: list.contains(where: \.isSecret))
        }
        if case .recipe = mode, let text = value.string, let expression = AnsibleExpression.of(text) {
            return TOSCAValue("{{ \(expression) | join(\(AnsibleExpression.quote(separator))) }}")
        }
        if case .deployed = mode { return .null }
        if !value.isNull {
            report.error(
                .function, "'join' joins the elements of a list, and this is \(value.kind)", at: first.position,
                path.index(0), expected: "a list; texts are joined by 'concat'")
        }
        return .null
    }

    private func concat(_ arguments: [TOSCAValue], _ context: Context, _ path: DocumentPath) -> TOSCAValue {
        var text = ""
        var texts: [String] = []
        var lists: [TOSCAValue]?
        var isSecret = false
        for (number, argument) in arguments.enumerated() {
            let part = evaluate(argument, context, path.index(number))
            if part.isSecret { isSecret = true }
            if let list = part.list {
                lists = (lists ?? []) + list
            } else if let scalar = part.scalarText {
                text += scalar
                texts.append(scalar)
            } else if part.isNull {
                // Nothing is known yet of what a machine will tell.
                if case .deployed = mode { return .null }
            } else {
                report.error(
                    .function, "'concat' cannot join \(part.kind)", at: argument.position, path.index(number),
                    expected: "texts and numbers")
                return .null
            }
            if text.utf8.count > limits.maximumText { break }
        }
        if let lists, text.isEmpty { return TOSCAValue(lists) }
        if case .recipe = mode, let list = AnsibleExpression.joined(texts) { return TOSCAValue(list) }
        if lists != nil {
            if case .deployed = mode { return .null }
            report.error(
                .function, "'concat' cannot join a list and texts", at: arguments.first?.position, path,
                expected: "'join' for the list")
            return .null
        }
        return bounded(text, arguments.first?.position ?? .none, path, isSecret: isSecret)
    }

    private func token(
        _ arguments: [TOSCAValue], _ function: TOSCAFunction, _ context: Context, _ path: DocumentPath
    ) -> TOSCAValue {
        guard arguments.count == 3 else { return .null }
        let values = arguments.enumerated().map { evaluate($1, context, path.index($0)) }
        guard let text = values[0].scalarText, let separator = values[1].scalarText, let place = values[2].integer
        else { return .null }
        if case .recipe = mode, let expression = AnsibleExpression.of(text) {
            let quoted = AnsibleExpression.quote(separator)
            return TOSCAValue("{{ (\(expression)).split(\(quoted))[\(place)] }}")
        }
        guard !separator.isEmpty else { return TOSCAValue(text) }
        let parts = text.splitting(separator)
        guard parts.indices.contains(place) else {
            if case .deployed = mode { return .null }
            report.error(
                .function, "'token' finds no part \(place): there are \(parts.count)", at: function.position, path,
                expected: "a number from 0 to \(parts.count - 1)")
            return .null
        }
        var part = TOSCAValue(parts[place])
        part.isSecret = values[0].isSecret
        return part
    }

    // MARK: Inputs, artifacts

    private func input(_ arguments: [TOSCAValue], _ function: TOSCAFunction, _ path: DocumentPath) -> TOSCAValue {
        guard let name = arguments.first?.scalarText else { return .null }
        guard let value = inputs[name] else {
            if let input = declared[name], input.isRequired, input.defaultValue == nil {
                if case .deployed = mode { return .null }
                report.error(
                    .missing, "the input '\(name)' has no value", at: input.position, input.path,
                    expected: "a value of type \(input.type.name) in the request, or a default")
            }
            return .null
        }
        return Self.element(of: value, arguments.dropFirst())
    }

    /// As ``element(of:_:)``; of what only the machines know, an expression that takes it there.
    func part(of value: TOSCAValue, _ path: ArraySlice<TOSCAValue>) -> TOSCAValue {
        guard case .recipe = mode, !path.isEmpty else { return Self.element(of: value, path) }
        var current = value
        var rest = path
        while current.list != nil || current.map != nil, let step = rest.popFirst() {
            current = Self.element(of: current, [step])
        }
        guard !rest.isEmpty, let text = current.string, var expression = AnsibleExpression.of(text) else {
            return Self.element(of: current, rest)
        }
        for step in rest {
            guard let key = step.scalarText else { return .null }
            if let number = step.integer, number < 0 { return .null }
            expression = "(\(expression))[\(step.integer == nil ? AnsibleExpression.quote(key) : key)]"
        }
        return TOSCAValue("{{ \(expression) }}")
    }

    static func element(of value: TOSCAValue, _ path: some Sequence<TOSCAValue>) -> TOSCAValue {
        var current = value
        for step in path {
            if let list = current.list, let number = step.integer {
                guard list.indices.contains(number) else { return .null }
                current = list[number]
            } else if let map = current.map, let key = step.scalarText, let next = map[key] {
                current = next
            } else {
                return .null
            }
        }
        return current
    }

    private func artifact(
        _ arguments: [TOSCAValue], _ function: TOSCAFunction, _ context: Context, _ place: DocumentPath
    ) -> TOSCAValue {
        guard arguments.count >= 2, let name = arguments[1].scalarText,
            let node = node(arguments[0].scalarText ?? "", context)
        else { return .null }
        guard let artifact = node.artifacts[name] else {
            // Of HOST, SOURCE and TARGET, and of what types say: what the template itself says was looked at.
            report.warning(
                .unknownName, "'\(node.name)' has no artifact '\(name.prefix(80))'", at: function.position, place)
            return .null
        }
        if arguments.count > 2, let location = arguments[2].scalarText, location != "LOCAL_FILE" {
            neededArtifacts[location] = (node, artifact)
            return TOSCAValue(location)
        }
        let file = evaluate(artifact.file, Context(node: node), node.path.key("artifacts").key(name)).scalarText ?? name
        let path = artifact.deployPath ?? "/tmp/" + (file.split(separator: "/").last.map(String.init) ?? name)
        neededArtifacts[path] = (node, artifact)
        return TOSCAValue(path)
    }

    // MARK: Nodes

    /// The node of a name or of SELF, SOURCE, TARGET; HOST is what hosts the node.
    func node(_ name: String, _ context: Context) -> NodeTemplate? {
        switch name {
        case "SELF": return context.node
        case "HOST": return context.node.flatMap { topology.host(of: $0) }
        case "SOURCE": return context.relationship?.source
        case "TARGET": return context.relationship?.target
        default: return topology[name]
        }
    }

    // MARK: Memory

    /// Evaluates what belongs to a key once; a key that is being evaluated already is a cycle.
    func once(
        _ key: String, _ position: TOSCAPosition, _ path: DocumentPath, _ make: () -> TOSCAValue
    ) -> TOSCAValue {
        if let known = cache[key] { return known }
        guard visiting.insert(key).inserted else {
            report.error(.cycle, "the value of '\(key)' refers to itself", at: position, path)
            return .null
        }
        let value = make()
        visiting.remove(key)
        cache[key] = value
        return value
    }
}

extension String {
    /// The parts between the occurrences of a separator, which is not empty.
    func splitting(_ separator: String) -> [String] {
        let bytes = Array(utf8)
        let mark = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var place = 0
        while place + mark.count <= bytes.count {
            if bytes[place] == mark[0], bytes[place..<(place + mark.count)].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
                place += mark.count
                start = place
            } else {
                place += 1
            }
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }
}
