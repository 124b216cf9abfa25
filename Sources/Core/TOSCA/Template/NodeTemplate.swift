/// An input that a template declares.
package struct TOSCAInput: Sendable, Named {
    package var name: String
    package var type: TOSCATypeReference
    package var isRequired: Bool
    package var defaultValue: TOSCAValue?
    package var description: String?
    package var constraints: [TOSCAConstraint]
    var position: TOSCAPosition
    var path: DocumentPath

    /// Holds a secret by its name: not to be shown.
    package var isSecret: Bool { TOSCASecret.isSecret(name) }
}

/// An output that a template declares.
package struct TOSCAOutput: Sendable, Named {
    package var name: String
    package var value: TOSCAValue
    package var description: String?
    var path: DocumentPath
}

/// A node of a template, with its type.
package struct NodeTemplate: Sendable, Named {
    package var name: String
    package var type: TOSCAType
    /// What the template assigns; defaults are those of the type.
    package var properties: TOSCAMap
    package var capabilities: [String: TOSCAMap]
    package var requirements: [Requirement]
    package var interfaces: NamedList<TOSCAInterface>
    /// Those of the type, refined by the template.
    package var artifacts: NamedList<TOSCAArtifact>
    package var description: String?
    var position: TOSCAPosition
    var path: DocumentPath

    /// One requirement of a node, and what fulfils it.
    package struct Requirement: Sendable {
        package var name: String
        /// The node template that it leads to; nil where the template leaves it open.
        package var target: String?
        package var capability: String?
        /// Type of the relationship; nil where it is not known.
        package var relationship: TOSCAType?
        /// Name of the relationship template, where one was named.
        package var relationshipTemplate: String?
        package var properties: TOSCAMap
        var filter: TOSCAValue?
        /// The target was chosen by its type and the filter.
        var isChosen = false
        /// Type of the node to choose.
        var targetType: String?
        var position: TOSCAPosition
        var path: DocumentPath
    }
}

/// A relationship that has a name of its own.
package struct RelationshipTemplate: Sendable, Named {
    package var name: String
    package var type: TOSCAType
    package var properties: TOSCAMap
    package var interfaces: NamedList<TOSCAInterface>
    package var artifacts: NamedList<TOSCAArtifact>
    var position: TOSCAPosition
    var path: DocumentPath
}

/// A group of nodes.
package struct TOSCAGroup: Sendable, Named {
    package var name: String
    package var members: [String]
}

/// A policy over nodes or groups.
package struct TOSCAPolicy: Sendable, Named {
    package var name: String
    package var type: TOSCAType
    package var properties: TOSCAMap
    package var targets: [String]
    var position: TOSCAPosition
    var path: DocumentPath
}

/// A document that the template imported.
package struct TOSCAImport: Sendable, Hashable {
    /// As the template names it.
    package var reference: String
    /// Where the text came from.
    package var origin: Origin
    /// SHA-256 of the text in hexadecimal.
    package var checksum: String
    package var size: Int

    package enum Origin: String, Sendable, Hashable {
        /// Part of this program.
        case bundle
        /// A local folder that the caller allowed.
        case folder
        /// A host of the allow-list.
        case network
        /// Fetched earlier, when it could not be fetched now.
        case cache
    }
}
