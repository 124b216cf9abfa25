import RADL

/// A `configure` section to be written, and where it runs.
struct PlannedRecipe {
    var id: String
    var system: String
    var step: Int
    var node: NodeTemplate
    /// Nil for systems that are not contextualized.
    var operations: [PlannedOperation]?
}

/// One operation with its variables.
struct PlannedOperation {
    var name: String
    /// The reference of its implementation; nil where the plays are known.
    var implementation: String?
    /// The place that a relative reference is seen from.
    var base: String?
    var variables = TOSCAMap()
    var plays: [TOSCAValue] = []
    var position: TOSCAPosition = .none
    var path: DocumentPath = .root
    /// Files that have to be on the machine.
    var files: [(path: String, reference: String)] = []
}

extension Planner {
    private static let before = ["create"]
    private static let own = ["create", "configure", "start"]
    private static let sourceBefore = ["pre_configure_source"]
    private static let targetBefore = ["pre_configure_target"]
    private static let sourceAfter = ["post_configure_source", "add_source"]
    private static let targetAfter = ["post_configure_target", "add_target", "target_changed"]

    func level(of node: NodeTemplate) -> Int {
        topology.place(of: node.name).map { template.levels[$0] } ?? 1
    }

    /// Recipes of nodes and of relationships, in the order of the template: what precedes the configuration of a node,
    /// its own operations, what follows.
    mutating func planRecipes() {
        let made = recipes
        usedRecipeNames = Set(made.map(\.id))
        var byNode: [String: [PlannedRecipe]] = [:]
        for recipe in made { byNode[recipe.node.name, default: []].append(recipe) }
        recipes = []
        let incoming = incomingRelationships()
        for node in template.nodes {
            recipes += byNode[node.name] ?? []
            guard let compute = topology.compute(of: node) else { continue }
            let relations = self.relations(of: node, incoming)
            for relation in relations { add(relation, node, compute, isBefore: true) }
            ownRecipe(node, compute)
            for relation in relations { add(relation, node, compute, isBefore: false) }
        }
    }

    private mutating func ownRecipe(_ node: NodeTemplate, _ compute: NodeTemplate) {
        var operations: [PlannedOperation] = []
        let context = Evaluator.Context(node: node)
        for name in Self.own {
            for interface in ["Standard", "Configure"] {
                guard let operation = node.interfaces[interface]?.operations[name], operation.implementation != nil
                else { continue }
                let path = node.path.key("interfaces").key(interface).key(name)
                operations += planned(operation, context, node.artifacts, node, path)
            }
        }
        guard !operations.isEmpty else { return }
        let id = node.name == compute.name ? "\(node.name)_conf" : "\(node.name)_\(compute.name)_conf"
        append(RADLName.of(id), operations, node, compute, "operations of the node")
    }

    private mutating func append(
        _ name: String, _ operations: [PlannedOperation], _ node: NodeTemplate, _ compute: NodeTemplate,
        _ reason: String
    ) {
        // 'a' on 'b_c' and 'a_b' on 'c' would be one.
        var id = name
        var number = 1
        while !usedRecipeNames.insert(id).inserted {
            number += 1
            id = "\(name)_\(number)"
        }
        recipes.append(
            PlannedRecipe(
                id: id, system: RADLName.of(compute.name), step: level(of: node), node: node, operations: operations))
        let names = operations.map(\.name).joined(separator: ", ")
        explain("configure \(id)", "\(reason) on '\(compute.name)': \(names)", node)
    }

    // MARK: Relationships

    private struct RelationOfNode {
        var relation: Evaluator.Relation
        var interfaces: NamedList<TOSCAInterface>
        var artifacts: NamedList<TOSCAArtifact>
        var isSource: Bool
        var path: DocumentPath
    }

    private func incomingRelationships() -> [String: [(node: NodeTemplate, requirement: NodeTemplate.Requirement)]] {
        var result: [String: [(node: NodeTemplate, requirement: NodeTemplate.Requirement)]] = [:]
        for node in template.nodes {
            for requirement in node.requirements {
                guard let target = requirement.target, hasOperations(requirement) else { continue }
                result[target, default: []].append((node, requirement))
            }
        }
        return result
    }

    func hasOperations(_ requirement: NodeTemplate.Requirement) -> Bool {
        let interfaces =
            requirement.relationshipTemplate.flatMap { template.relationships[$0]?.interfaces }
            ?? requirement.relationship?.interfaces
        return interfaces?.elements.contains { $0.operations.elements.contains { $0.implementation != nil } } ?? false
    }

    private func relations(
        of node: NodeTemplate,
        _ incoming: [String: [(node: NodeTemplate, requirement: NodeTemplate.Requirement)]]
    ) -> [RelationOfNode] {
        let outgoing = node.requirements.filter { hasOperations($0) }.compactMap { requirement -> RelationOfNode? in
            guard let target = requirement.target.flatMap({ topology[$0] }) else { return nil }
            return relation(requirement, from: node, to: target, isSource: true)
        }
        return outgoing
            + (incoming[node.name] ?? []).compactMap { relation($1, from: $0, to: node, isSource: false) }
    }

    private func relation(
        _ requirement: NodeTemplate.Requirement, from source: NodeTemplate, to target: NodeTemplate, isSource: Bool
    ) -> RelationOfNode? {
        guard let type = requirement.relationship else { return nil }
        let named = requirement.relationshipTemplate.flatMap { template.relationships[$0] }
        let name = named?.name ?? "\(source.name)_\(requirement.name)"
        return RelationOfNode(
            relation: Evaluator.Relation(
                name: name, type: type, properties: requirement.properties, source: source, target: target),
            interfaces: named?.interfaces ?? type.interfaces, artifacts: named?.artifacts ?? type.artifacts,
            isSource: isSource, path: named?.path ?? requirement.path.key("relationship"))
    }

    private mutating func add(
        _ item: RelationOfNode, _ node: NodeTemplate, _ compute: NodeTemplate, isBefore: Bool
    ) {
        let names =
            switch (item.isSource, isBefore) {
            case (true, true): Self.sourceBefore
            case (true, false): Self.sourceAfter
            case (false, true): Self.targetBefore
            case (false, false): Self.targetAfter
            }
        var operations: [PlannedOperation] = []
        let context = Evaluator.Context(node: nil, relationship: item.relation)
        for name in names {
            for interface in item.interfaces.elements {
                guard let operation = interface.operations[name], operation.implementation != nil else { continue }
                let path = item.path.key("interfaces").key(interface.name).key(name)
                operations += planned(operation, context, item.artifacts, node, path)
            }
        }
        guard !operations.isEmpty else { return }
        var id = RADLName.of("\(item.relation.name)_\(compute.name)_\(node.name)_conf")
        if usedRecipeNames.contains(id) {
            let other = item.isSource ? item.relation.target : item.relation.source
            id = RADLName.of(
                "\(item.relation.name)_\(compute.name)_\(node.name)_\(other.name)_\(isBefore ? "pre" : "post")_conf")
        }
        append(id, operations, node, compute, "operations of the relationship '\(item.relation.name)'")
    }

    // MARK: Operations

    /// An operation with its variables; nothing after an error.
    private func planned(
        _ operation: TOSCAOperation, _ context: Evaluator.Context, _ artifacts: NamedList<TOSCAArtifact>,
        _ node: NodeTemplate, _ path: DocumentPath
    ) -> [PlannedOperation] {
        guard var reference = operation.implementation else { return [] }
        var base = base(of: operation.position)
        if let artifact = artifacts[reference] ?? node.artifacts[reference] {
            let file = values.evaluate(
                artifact.file, Evaluator.Context(node: node), node.path.key("artifacts").key(artifact.name))
            reference = file.scalarText ?? reference
            base = self.base(of: artifact.position)
            if let repository = artifact.repository, let url = template.repositories[repository] {
                reference = TOSCAResolver.absolute(reference, from: url.hasSuffix("/") ? url : url + "/")
            }
        }
        var planned = PlannedOperation(
            name: operation.name, implementation: reference, base: base, position: operation.position, path: path)
        let known = Set(variables.neededArtifacts.keys)
        for input in operation.inputs {
            let place = input.path(in: path)
            let mistakes = report.mistakes
            let value = variables.evaluate(input.value, context, place)
            if value.isNull {
                if report.mistakes == mistakes { missing(input, of: operation, node, place) }
                continue
            }
            planned.variables[input.name] = value
        }
        for (file, owner) in variables.neededArtifacts.sorted(by: { $0.key < $1.key }) where !known.contains(file) {
            let source = values.evaluate(
                owner.artifact.file, Evaluator.Context(node: owner.node),
                owner.node.path.key("artifacts").key(owner.artifact.name))
            guard let text = source.scalarText else { continue }
            let url = TOSCAResolver.absolute(text, from: self.base(of: owner.artifact.position))
            guard url.contains("://") else {
                report.error(
                    .import,
                    "the artifact '\(owner.artifact.name)' of '\(owner.node.name)' is a file of the template's "
                        + "folder, which machines cannot reach",
                    at: owner.artifact.position, owner.node.path.key("artifacts").key(owner.artifact.name),
                    expected: "a URL that machines download it from, or a task 'copy' in the recipe")
                continue
            }
            planned.files.append((file, url))
        }
        return [planned]
    }

    private func missing(
        _ input: TOSCAOperation.Input, of operation: TOSCAOperation, _ node: NodeTemplate, _ path: DocumentPath
    ) {
        let message = "the input '\(input.name)' of '\(operation.name)' of '\(node.name)' has no value"
        if let type = input.requiredType {
            report.error(
                .missing, message, at: node.position, path, expected: "a value of type \(type), which the type asks for"
            )
        } else if !input.value.isNull, input.value.position.file == 0 {
            // An optional property without a value: the recipe's own default shall count.
            report.warning(.missing, message, at: input.value.position, path)
        }
    }

    /// The document that something stands in: relative references start there.
    private func base(of position: TOSCAPosition) -> String? {
        guard position.file > 0, template.files.indices.contains(Int(position.file)) else { return template.base }
        let file = template.files[Int(position.file)]
        return file.contains("/") ? file : template.base
    }

    // MARK: Writing

    /// Implementations that have to be read, each once, with the place that asks for it first.
    var neededImplementations: [RecipeBook.Request] {
        var seen: Set<String> = []
        var result: [RecipeBook.Request] = []
        for operation in recipes.flatMap({ $0.operations ?? [] }) {
            guard let reference = operation.implementation else { continue }
            let request = RecipeBook.Request(
                reference: reference, base: operation.base, position: operation.position, path: operation.path)
            if seen.insert(request.key).inserted { result.append(request) }
        }
        return result
    }

    mutating func writeRecipes(_ book: RecipeBook) {
        var items: [RADLContextualize.Item] = []
        for recipe in recipes {
            items.append(RADLContextualize.Item(system: recipe.system, configure: recipe.id, step: recipe.step))
            guard let operations = recipe.operations else { continue }
            var plays: [TOSCAValue] = []
            for operation in operations { plays += book.plays(of: operation, nodeName: recipe.node.name) }
            let text = "\n---\n" + YAMLWriter.text(of: TOSCAValue(plays))
            document.configures.append(RADLConfigure(id: recipe.id, content: .recipe(text)))
            origins[recipe.id] = RecipeOrigin(
                position: operations.first?.position ?? recipe.node.position,
                path: (operations.first?.path ?? recipe.node.path).text,
                sources: operations.compactMap { book.source(of: $0) })
        }
        let order = Dictionary(recipes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        document.configures.sort { (order[$0.id] ?? 0) < (order[$1.id] ?? 0) }
        document.contextualize = RADLContextualize(items: items)
    }
}
