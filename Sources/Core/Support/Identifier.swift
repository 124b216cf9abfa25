import Foundation

/// An id of one kind of thing: a text that cannot be mistaken for the id of another kind.
package protocol Identifier: RawRepresentable, Sendable, Hashable, Codable, Comparable, CustomStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension Identifier {
    package init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var description: String { rawValue }

    /// A new random id (UUID version 4, lower case).
    package static func random() -> Self {
        Self(rawValue: UUID().uuidString.lowercased())
    }
}
