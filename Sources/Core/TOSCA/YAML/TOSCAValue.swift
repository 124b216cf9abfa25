/// Where something stands in a document. Lines and columns count from 1; line 0 is nowhere.
package struct TOSCAPosition: Sendable, Hashable {
    /// Number of the document in the list that belongs to it.
    var file: UInt16
    package var line: UInt32
    package var column: UInt32

    static let none = TOSCAPosition(file: 0, line: 0, column: 0)
    /// The number of a document of inputs, which is none of the template's.
    static let inputs = UInt16.max
}

/// A value of a template: YAML with the place where it stood. Two are equal where they say the same, wherever they stand.
package struct TOSCAValue: Sendable {
    /// What it holds.
    package enum Content: Sendable, Hashable {
        case null
        case bool(Bool)
        case integer(Int)
        case real(Double)
        case text(String)
        case list([TOSCAValue])
        case map(TOSCAMap)
        /// A scalar with a tag of its own, such as `!vault`.
        case tagged(String, String)
    }

    package var content: Content
    package var position: TOSCAPosition
    /// A number or truth value as it was written: `22.10`, `yes`.
    var written: String?
    /// No message shows it.
    var isSecret = false

    init(_ content: Content, at position: TOSCAPosition = .none, written: String? = nil) {
        self.content = content
        self.position = position
        self.written = written
    }

    /// A text.
    package init(_ text: String) { self.init(.text(text)) }
    /// A whole number.
    package init(_ number: Int) { self.init(.integer(number)) }
    /// A truth value.
    package init(_ flag: Bool) { self.init(.bool(flag)) }
    /// A list.
    package init(_ list: [TOSCAValue]) { self.init(.list(list)) }
    /// A mapping.
    package init(_ map: TOSCAMap) { self.init(.map(map)) }

    static let null = TOSCAValue(.null)

    package var isNull: Bool {
        if case .null = content { return true }
        return false
    }

    /// The text of a text.
    package var string: String? {
        if case .text(let text) = content { return text }
        return nil
    }

    package var list: [TOSCAValue]? {
        if case .list(let list) = content { return list }
        return nil
    }

    package var map: TOSCAMap? {
        if case .map(let map) = content { return map }
        return nil
    }

    /// A whole number, also one that is written as text.
    package var integer: Int? {
        switch content {
        case .integer(let number): number
        case .real(let number): Int(exactly: number)
        case .text(let text): Int(text)
        default: nil
        }
    }

    var double: Double? {
        switch content {
        case .integer(let number): Double(number)
        case .real(let number): number
        case .text(let text): Double(text)
        default: nil
        }
    }

    /// Truth by the words of YAML 1.1, also where they are quoted.
    package var bool: Bool? {
        switch content {
        case .bool(let flag): flag
        case .text(let text):
            switch text.lowercased() {
            case "yes", "true", "on": true
            case "no", "false", "off": false
            default: nil
            }
        default: nil
        }
    }

    /// A scalar as text: numbers in their plain form, truth as `true` and `false`. Nil for null, lists and mappings.
    package var scalarText: String? {
        switch content {
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): number.description
        case .text(let text): text
        case .tagged(_, let text): text
        case .null, .list, .map: nil
        }
    }

    /// What kind of value it is, for messages.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .bool: "a truth value"
        case .integer: "a whole number"
        case .real: "a number"
        case .text: "a text"
        case .list: "a list"
        case .map: "a mapping"
        case .tagged(let tag, _): "a value with the tag \(tag)"
        }
    }

    /// The value itself in messages: short, on one line; never a long text.
    var brief: String {
        let text: String
        switch content {
        case .null: return "null"
        case _ where isSecret: return "a value that is not shown"
        case .list(let list): return "a list of \(list.count)"
        case .map(let map): return "a mapping with \(map.keys.prefix(4).joined(separator: ", "))"
        default: text = written ?? scalarText ?? ""
        }
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        return line.count > 60 || line != text ? "'\(line.prefix(60))…'" : "'\(line)'"
    }

    subscript(_ key: String) -> TOSCAValue? { map?[key] }
}

extension TOSCAValue: Hashable {
    package static func == (lhs: TOSCAValue, rhs: TOSCAValue) -> Bool { lhs.content == rhs.content }
    package func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

/// A mapping in the order in which it was written; keys are texts, found in constant time where there are many.
package struct TOSCAMap: Sendable {
    package struct Entry: Sendable, Hashable {
        package var key: String
        package var keyPosition: TOSCAPosition
        package var value: TOSCAValue

        package static func == (lhs: Entry, rhs: Entry) -> Bool { lhs.key == rhs.key && lhs.value == rhs.value }
        package func hash(into hasher: inout Hasher) { hasher.combine(key) }
    }

    private static let indexThreshold = 12

    package private(set) var entries: [Entry] = []
    private var index: [String: Int]?

    package init() {}

    init(_ entries: [Entry]) {
        self.entries = entries
        if entries.count > Self.indexThreshold { rebuild() }
    }

    /// - Parameter pairs: Later ones of the same key replace earlier ones.
    package init(_ pairs: [(String, TOSCAValue)]) {
        for (key, value) in pairs { self[key] = value }
    }

    package var keys: [String] { entries.map(\.key) }
    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }

    private mutating func rebuild() {
        index = Dictionary(entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func place(of key: String) -> Int? {
        if let index { return index[key] }
        return entries.firstIndex { $0.key == key }
    }

    func entry(_ key: String) -> Entry? { place(of: key).map { entries[$0] } }

    /// The value of a key. Setting nil removes the key, in linear time.
    package subscript(_ key: String) -> TOSCAValue? {
        get { place(of: key).map { entries[$0].value } }
        set {
            guard let newValue else {
                guard let place = place(of: key) else { return }
                entries.remove(at: place)
                if index != nil { rebuild() }
                return
            }
            set(key, newValue, at: newValue.position)
        }
    }

    mutating func set(_ key: String, _ value: TOSCAValue, at position: TOSCAPosition) {
        if let place = place(of: key) {
            entries[place].value = value
            return
        }
        index?[key] = entries.count
        entries.append(Entry(key: key, keyPosition: position, value: value))
        if index == nil, entries.count > Self.indexThreshold { rebuild() }
    }
}

extension TOSCAMap: Hashable {
    /// Order does not count.
    package static func == (lhs: TOSCAMap, rhs: TOSCAMap) -> Bool {
        guard lhs.count == rhs.count else { return false }
        return lhs.entries.allSatisfy { rhs[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
    }
}
