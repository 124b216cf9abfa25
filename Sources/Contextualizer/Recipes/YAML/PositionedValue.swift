public import Jinja

/// A YAML value that knows where it stands.
public struct PositionedValue: Sendable, Hashable {
    public indirect enum Content: Sendable, Hashable {
        /// Anything but a collection.
        case scalar(JinjaValue)
        case list([PositionedValue])
        case dict([Entry])
    }

    /// A key with its value. Keys are unique: of equal ones the last was kept, with a warning.
    public struct Entry: Sendable, Hashable {
        public var key: JinjaValue
        public var keyPosition: RecipePosition
        public var value: PositionedValue

        public init(key: JinjaValue, keyPosition: RecipePosition, value: PositionedValue) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    public var content: Content
    public var position: RecipePosition

    public init(_ content: Content, at position: RecipePosition) {
        self.content = content
        self.position = position
    }

    /// The value without positions. Strings that were marked `!unsafe` come as templates that give the text back, so
    /// that rendering leaves it as it is.
    public var value: JinjaValue {
        switch content {
        case .scalar(let value): value
        case .list(let items): .list(items.map(\.value))
        case .dict(let entries): .dict(JinjaDict(entries.map { ($0.key, $0.value.value) }))
        }
    }

    public var entries: [Entry]? {
        if case .dict(let entries) = content { return entries }
        return nil
    }

    public var items: [PositionedValue]? {
        if case .list(let items) = content { return items }
        return nil
    }

    public var scalar: JinjaValue? {
        if case .scalar(let value) = content { return value }
        return nil
    }

    /// The value under a string key of a mapping.
    public subscript(key: String) -> PositionedValue? {
        entries?.last { $0.key == .string(key) }?.value
    }
}
