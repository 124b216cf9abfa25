import Support

/// Names an infrastructure: a UUID, opaque to clients.
package struct InfrastructureID: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Whether it can stand in the path of a URL as it is, and be no step of one.
    package var canBePartOfPath: Bool {
        rawValue.utf8.count <= 128 && !rawValue.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
            && rawValue.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0))
            }
    }
}

/// Names a machine everywhere, at the provider too: `INFRASTRUCTURE.NUMBER`.
package struct MachineID: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// - Parameter number: Place within the infrastructure, from 0, never used again.
    package init(infrastructure: InfrastructureID, number: Int) {
        rawValue = "\(infrastructure.rawValue).\(number)"
    }

    /// The place within the infrastructure.
    package var number: Int {
        rawValue.lastIndex(of: ".").flatMap { Int(rawValue[rawValue.index(after: $0)...]) } ?? 0
    }

    /// The infrastructure it belongs to.
    package var infrastructure: InfrastructureID {
        InfrastructureID(rawValue: rawValue.lastIndex(of: ".").map { String(rawValue[..<$0]) } ?? rawValue)
    }
}

/// Names a stored credential.
package struct CredentialID: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

/// Identity of one launch call: stored before the call, a tag of what it creates.
package struct BatchToken: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}
