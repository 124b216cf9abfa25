/// Anything with a name within its list.
protocol Named {
    var name: String { get }
}

/// A list whose elements are found by their names; a later element takes the place of an earlier one of its name.
package struct NamedList<Element: Sendable>: Sendable {
    package private(set) var elements: [Element] = []
    private var index: [String: Int] = [:]

    init() {}

    package var isEmpty: Bool { elements.isEmpty }
    package var names: [String] { index.sorted { $0.value < $1.value }.map(\.key) }

    package subscript(name: String) -> Element? { index[name].map { elements[$0] } }

    mutating func set(_ element: Element, _ name: String) {
        if let place = index[name] {
            elements[place] = element
        } else {
            index[name] = elements.count
            elements.append(element)
        }
    }
}

/// The kinds of types, each with the section of a document that defines them.
package enum TOSCATypeKind: String, Sendable, Hashable, CaseIterable {
    case artifact = "artifact_types"
    case capability = "capability_types"
    case data = "data_types"
    case group = "group_types"
    case interface = "interface_types"
    case node = "node_types"
    case policy = "policy_types"
    case relationship = "relationship_types"

    /// `tosca.nodes.` and so on.
    var prefix: String {
        switch self {
        case .artifact: "tosca.artifacts."
        case .capability: "tosca.capabilities."
        case .data: "tosca.datatypes."
        case .group: "tosca.groups."
        case .interface: "tosca.interfaces."
        case .node: "tosca.nodes."
        case .policy: "tosca.policies."
        case .relationship: "tosca.relationships."
        }
    }

    /// `node`, for messages.
    package var word: String { rawValue.replacingSuffix("_types") }
}

/// A type with all that it inherits.
package final class TOSCAType: Sendable {
    package let kind: TOSCATypeKind
    package let name: String
    package let parent: TOSCAType?
    package let description: String?
    /// Where it is defined: `normative`, `grycap`, `indigo`, or the name of a document.
    package let origin: String
    package let properties: NamedList<TOSCAProperty>
    package let attributes: NamedList<TOSCAProperty>
    package let capabilities: NamedList<TOSCACapabilityDefinition>
    package let requirements: [TOSCARequirementDefinition]
    /// Operations by interface and name; of a node or relationship type.
    package let interfaces: NamedList<TOSCAInterface>
    package let artifacts: NamedList<TOSCAArtifact>
    /// Of data types that derive from a simple type: its name.
    package let simpleType: String?
    package let constraints: [TOSCAConstraint]
    /// Types of capabilities that a relationship may lead to; empty for any.
    package let validTargets: [String]

    init(
        kind: TOSCATypeKind, name: String, parent: TOSCAType?, description: String?, origin: String,
        properties: NamedList<TOSCAProperty>, attributes: NamedList<TOSCAProperty>,
        capabilities: NamedList<TOSCACapabilityDefinition>, requirements: [TOSCARequirementDefinition],
        interfaces: NamedList<TOSCAInterface>, artifacts: NamedList<TOSCAArtifact>, simpleType: String?,
        constraints: [TOSCAConstraint], validTargets: [String]
    ) {
        self.kind = kind
        self.name = name
        self.parent = parent
        self.description = description
        self.origin = origin
        self.properties = properties
        self.attributes = attributes
        self.capabilities = capabilities
        self.requirements = requirements
        self.interfaces = interfaces
        self.artifacts = artifacts
        self.simpleType = simpleType
        self.constraints = constraints
        self.validTargets = validTargets
    }

    /// The type itself, then what it derives from, the root last.
    package var lineage: [TOSCAType] {
        var result = [self]
        while let next = result[result.count - 1].parent { result.append(next) }
        return result
    }

    /// Whether it is a type of this name or derives from it.
    package func isA(_ name: String) -> Bool {
        var current: TOSCAType? = self
        while let type = current {
            if type.name == name { return true }
            current = type.parent
        }
        return false
    }
}

/// A reference to a type of values: its name, and what a list or mapping holds.
package struct TOSCATypeReference: Sendable {
    package var name: String
    package var entry: TOSCAEntrySchema?
}

/// What the elements of a list or mapping are.
package final class TOSCAEntrySchema: Sendable {
    package let type: TOSCATypeReference
    package let constraints: [TOSCAConstraint]

    init(type: TOSCATypeReference, constraints: [TOSCAConstraint]) {
        self.type = type
        self.constraints = constraints
    }
}

/// A property, attribute, or input of an operation.
package struct TOSCAProperty: Sendable, Named {
    package var name: String
    package var type: TOSCATypeReference
    package var isRequired: Bool
    package var defaultValue: TOSCAValue?
    package var description: String?
    package var constraints: [TOSCAConstraint]
    var position: TOSCAPosition
}

/// A capability of a node type.
package struct TOSCACapabilityDefinition: Sendable, Named {
    package var name: String
    package var type: TOSCAType
    /// Those of the type, refined by the node type.
    package var properties: NamedList<TOSCAProperty>
}

/// A requirement of a node type.
package struct TOSCARequirementDefinition: Sendable, Named {
    package var name: String
    package var capability: String?
    package var node: String?
    package var relationship: String?
    package var minimum: Int
    /// `occurrences` says that there has to be one.
    var isDemanded = false
    /// Nil: any number.
    package var maximum: Int?
}

/// The operations of one interface.
package struct TOSCAInterface: Sendable, Named {
    package var name: String
    package var operations: NamedList<TOSCAOperation>
    /// Inputs of all operations.
    var inputs: [TOSCAOperation.Input] = []
}

/// An operation with its implementation and inputs.
package struct TOSCAOperation: Sendable, Named {
    package var name: String
    /// A URL, a path, or the name of an artifact; nil where nothing implements it.
    package var implementation: String?
    package var inputs: [Input]
    var position: TOSCAPosition

    /// An input: a value, or a declaration with a default.
    package struct Input: Sendable, Hashable {
        package var name: String
        /// Null where a declaration gives none.
        package var value: TOSCAValue
        /// The type that an operation cannot do without; nil where a value may be missing.
        var requiredType: String?
        /// Given for all operations of the interface.
        var isShared = false
    }
}

/// An artifact of a node: a file, an image, a role.
package struct TOSCAArtifact: Sendable, Named {
    package var name: String
    package var type: String?
    /// A text or a function.
    package var file: TOSCAValue
    package var repository: String?
    package var deployPath: String?
    var position: TOSCAPosition
}

extension String {
    func replacingSuffix(_ suffix: String, with text: String = "") -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) + text : self
    }
}

extension TOSCAOperation.Input {
    /// Where it stands, by the path of an operation that has it.
    func path(in operation: DocumentPath) -> DocumentPath {
        (isShared ? operation.parent ?? operation : operation).key("inputs").key(name)
    }
}
