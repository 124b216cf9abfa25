/// A call of one of TOSCA's functions, found in a value.
package struct TOSCAFunction: Sendable {
    package enum Name: String, Sendable, CaseIterable {
        case getInput = "get_input"
        case getProperty = "get_property"
        case getAttribute = "get_attribute"
        case getArtifact = "get_artifact"
        case getOperationOutput = "get_operation_output"
        case getNodesOfType = "get_nodes_of_type"
        case concat, token, join
    }

    package let name: Name
    package let argument: TOSCAValue
    let position: TOSCAPosition

    /// Nil where the value is no call. A mapping with only `token` or `join` is one with the right number of arguments
    /// only: credentials have a field of that name.
    package init?(_ value: TOSCAValue) {
        guard case .map(let map) = value.content, map.count == 1, let entry = map.entries.first,
            let name = Name(rawValue: entry.key)
        else { return nil }
        if name == .token || name == .join, entry.value.list == nil { return nil }
        self.name = name
        argument = entry.value
        position = value.position
    }

    /// The arguments: a single one may stand without a list.
    var arguments: [TOSCAValue] { argument.list ?? [argument] }
}

/// Looks at calls of functions before anything is evaluated: names that nothing defines, wrong numbers of arguments,
/// places where they mean nothing.
struct FunctionChecker {
    /// Where a value stands.
    struct Place {
        /// The node template that SELF and HOST mean.
        var node: String?
        /// SOURCE and TARGET mean something.
        var hasRelationship = false
        /// An input that nothing declares gives nothing, as in IM.
        var isOutput = false
    }

    let report: Report
    let inputs: Set<String>
    let inputNames: [String]
    let nodes: Set<String>
    let relationships: Set<String>
    let nodeNames: [String]
    /// Those that could be read.
    let index: [String: NodeTemplate]

    /// - Parameters:
    ///   - nodes: Those that could be read.
    ///   - names: Of all nodes.
    init(
        report: Report, inputs: [TOSCAInput], nodes: [NodeTemplate], names: [String], relationships: [String]
    ) {
        self.report = report
        inputNames = inputs.map(\.name)
        self.inputs = Set(inputNames)
        self.nodes = Set(names)
        self.relationships = Set(relationships)
        nodeNames = names
        index = Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func check(_ value: TOSCAValue, _ place: Place, _ path: DocumentPath) {
        switch value.content {
        case .list(let list):
            for (number, item) in list.enumerated() { check(item, place, path.index(number)) }
        case .map(let map):
            if let function = TOSCAFunction(value) {
                check(function, place, path.key(function.name.rawValue))
                return
            }
            for entry in map.entries {
                if entry.key.hasPrefix("get_"), map.count == 1 {
                    report.unknown(
                        .function, "'\(entry.key.prefix(80))' is no function", entry.key,
                        among: TOSCAFunction.Name.allCases.map(\.rawValue), at: entry.keyPosition, path)
                }
                check(entry.value, place, path.key(entry.key))
            }
        default: break
        }
    }

    private func check(_ function: TOSCAFunction, _ place: Place, _ path: DocumentPath) {
        let arguments = function.arguments
        switch function.name {
        case .getInput:
            guard let name = arguments.first?.scalarText else {
                wrong(function, "the name of an input", path)
                return
            }
            if inputs.contains(name) { return }
            let message = "the input '\(name.prefix(80))' is not declared"
            guard !place.isOutput else {
                report.warning(.unknownName, message, at: function.argument.position, path)
                return
            }
            report.unknown(
                .unknownName, message, name, among: inputNames, at: function.argument.position, path)
        case .getProperty, .getAttribute:
            guard arguments.count >= 2, function.argument.list != nil else {
                wrong(function, "a list: [ NODE, NAME ] or [ NODE, CAPABILITY OR REQUIREMENT, NAME ]", path)
                return
            }
            checkEntity(arguments[0], function, place, path)
            for argument in arguments.dropFirst() { check(argument, place, path) }
            if function.name == .getAttribute { checkAttribute(arguments, place, path) }
        case .getArtifact:
            guard arguments.count >= 2, function.argument.list != nil else {
                wrong(function, "a list: [ NODE, ARTIFACT ]", path)
                return
            }
            checkEntity(arguments[0], function, place, path)
            checkArtifact(arguments, place, path)
        case .concat:
            guard let parts = function.argument.list else {
                wrong(function, "a list of values", path)
                return
            }
            for (number, part) in parts.enumerated() { check(part, place, path.index(number)) }
        case .token:
            guard arguments.count == 3 else {
                wrong(function, "three arguments: [ TEXT, SEPARATOR, NUMBER ]", path)
                return
            }
            for (number, part) in arguments.enumerated() { check(part, place, path.index(number)) }
        case .join:
            guard (1...2).contains(arguments.count) else {
                wrong(function, "one or two arguments: [ LIST, SEPARATOR ]", path)
                return
            }
            for (number, part) in arguments.enumerated() { check(part, place, path.index(number)) }
        case .getOperationOutput, .getNodesOfType:
            report.error(
                .function, "'\(function.name.rawValue)' has no translation", at: function.position, path,
                expected: "get_attribute, or an output of the recipe")
        }
    }

    private func wrong(_ function: TOSCAFunction, _ expected: String, _ path: DocumentPath) {
        report.error(
            .function, "the arguments of '\(function.name.rawValue)' are wrong", at: function.argument.position, path,
            expected: expected)
    }

    /// Of nodes that are named, could be read and are in the template.
    private func checkArtifact(_ arguments: [TOSCAValue], _ place: Place, _ path: DocumentPath) {
        let entity = arguments[0].scalarText
        guard let node = (entity == "SELF" ? place.node : entity).flatMap({ index[$0] }) else { return }
        guard let name = arguments[1].scalarText else {
            report.error(
                .function, "the arguments of 'get_artifact' are wrong", at: arguments[1].position, path,
                expected: "the name of an artifact second")
            return
        }
        guard node.artifacts[name] == nil else { return }
        report.unknown(
            .unknownName, "'\(node.name)' has no artifact '\(name.prefix(80))'", name,
            among: node.artifacts.elements.map(\.name), at: arguments[1].position, path)
    }

    private func checkEntity(_ entity: TOSCAValue, _ function: TOSCAFunction, _ place: Place, _ path: DocumentPath) {
        guard let name = entity.scalarText else {
            wrong(function, "the name of a node first", path)
            return
        }
        switch name {
        case "SELF", "HOST":
            if place.node == nil, !(place.hasRelationship && name == "SELF") {
                report.error(
                    .function, "'\(name)' means nothing here: no node is at hand", at: entity.position, path,
                    expected: "the name of a node")
            }
        case "SOURCE", "TARGET":
            if !place.hasRelationship {
                report.error(
                    .function, "'\(name)' means nothing outside of a relationship", at: entity.position, path,
                    expected: "SELF, HOST or the name of a node")
            }
        default:
            guard !nodes.contains(name), !relationships.contains(name) else { return }
            report.unknown(
                .unknownName, "the node '\(name.prefix(80))' is not in the template", name, among: nodeNames,
                at: entity.position, path)
        }
    }
}
