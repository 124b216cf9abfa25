import ConnectorAPI

extension ConnectorConfiguration {
    /// What a member may hold, in the words of messages.
    enum Kind {
        case text, truth, texts, textMap, object, isolation, digest
        /// A whole number from 1 on, and not above what a process can have.
        case number(UInt)

        var words: String {
            switch self {
            case .text: "a text"
            case .truth: "true or false"
            case .texts: "a list of texts"
            case .textMap: "an object whose values are texts"
            case .object: "an object"
            case .isolation: "\"connector\" or \"user\""
            case .digest: "64 hexadecimal digits"
            case .number: "a whole number from 1 on"
            }
        }

        fileprivate func fits(_ value: JSONValue) -> Bool {
            switch (self, value) {
            case (.text, .string(let text)): !text.isEmpty
            case (.truth, .bool), (.object, .object): true
            case (.texts, .array(let items)): items.allSatisfy { $0.stringValue != nil }
            case (.textMap, .object(let members)): members.values.allSatisfy { $0.stringValue != nil }
            case (.isolation, .string(let text)): ProcessConnector.Isolation(rawValue: text) != nil
            case (.digest, .string(let text)): text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
            case (.number(let most), .integer(let number)): number >= 1 && UInt(number) <= most
            default: false
            }
        }
    }

    /// The members of an entry.
    static let kinds: [String: Kind] = [
        "name": .text, "enabled": .truth, "path": .text, "sha256": .digest, "isolation": .isolation,
        "wrapper": .texts, "memoryMiB": .number(1 << 30), "openFiles": .number(1 << 30), "calls": .number(1 << 30),
        "callSeconds": .number(1 << 30), "environment": .textMap, "config": .object,
    ]

    /// What is wrong with a value: what it is, and what it should be; nil: nothing.
    static func problem(with value: JSONValue, _ kind: Kind) -> String? {
        kind.fits(value) || value == .null ? nil : "\(value.words) and must be \(kind.words)"
    }
}

extension JSONValue {
    /// What it is, for people; numbers and short texts as they are.
    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .string(let text): text.isEmpty ? "an empty text" : "\"\(text.prefix(80))\""
        case .array: "a list"
        case .object: "an object"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        }
    }
}
